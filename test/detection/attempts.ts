import { flags, headerNames, variables } from './names.ts';
import { issuers } from './issuers.ts';
import { Random } from './random.ts';

/** Something a person writes: a header, a variable, arguments of a process, a URL, or a prompt. */
export type Written =
  | { readonly header: readonly [name: string, value: string] }
  | { readonly variable: readonly [name: string, value: string] }
  | { readonly args: readonly string[] }
  | { readonly url: string }
  | { readonly prompt: string };

export interface Case {
  readonly category: string;
  readonly written: Written;
  /** What a person reads when it is not judged as it should be: a name, never a value. */
  readonly label: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const neutral = ['X-Setting', 'X-Context', 'X-Data', 'X-Upstream-Config', 'X-Value'];

/** Credentials that no form gives away: passwords and keys as generators make them. */
const opaque = (r: Random, i: number): string =>
  [
    r.mixed(32),
    r.hex(32),
    r.uuid(),
    r.hex(40),
    r.url(24),
    r.mixed(20),
    r.lower(16),
    `${r.letters(7)}!${r.digits(3)}`,
  ][i % 8]!;

export function attempts(seed: number): Case[] {
  const r = new Random(seed);
  const cases: Case[] = [];
  const add = (category: string, label: string, written: Written) => cases.push({ category, label, written });
  const header = (name: string, value: string) => ({ header: [name, value] as const });
  const variable = (name: string, value: string) => ({ variable: [name, value] as const });

  for (const [i, [issuer, make]] of Object.entries(issuers).entries()) {
    add('issuer token, neutral header', issuer, header(neutral[i % neutral.length]!, make(r)));
    if (i % 2 === 0) add('issuer token, neutral variable', issuer, variable('SETTING', make(r)));
    if (i % 3 === 0) add('issuer token as an argument', issuer, { args: ['serve', make(r)] });
    if (i % 4 === 0) add('in base64', issuer, header('X-Data', base64(make(r))));
    if (i % 5 === 0 && !/\s|[%#?]/.test(make(r)))
      add('URL query', `${issuer} under an unknown parameter`, {
        url: `https://mcp.example.com/mcp?lang=en&x=${encodeURIComponent(make(r))}`,
      });
    if (i % 5 === 1)
      add('URL path', issuer, { url: `https://mcp.example.com/${encodeURIComponent(make(r))}/mcp` });
  }

  for (const [i, name] of headerNames.entries()) {
    const scheme = /authorization$/i.test(name) ? 'Bearer ' : '';
    add('sensitive header', name, header(name, scheme + opaque(r, i)));
  }
  for (const [i, name] of variables.entries()) add('variable', name, variable(name, opaque(r, i)));
  for (const [i, name] of variables.entries())
    if (i % 8 === 0) add('default in a placeholder', name, variable(name, `\${${name}:-${opaque(r, i)}}`));

  for (const [i, flag] of flags.entries()) {
    add('argument', `${flag} X`, { args: ['serve', flag, opaque(r, i)] });
    add('argument', `${flag}=X`, { args: [`${flag}=${opaque(r, i + 3)}`] });
  }
  const env = variables.filter((_, i) => i % 5 === 0);
  for (const [i, name] of env.entries()) {
    add('argument', `-e ${name}=X`, {
      args: ['run', '-i', '--rm', '-e', `${name}=${opaque(r, i)}`, 'mcp/server'],
    });
    add('script', `export ${name}=X`, {
      args: ['-c', `export ${name}=${opaque(r, i)} && exec node server.js`],
    });
    if (i % 2 === 0)
      add('script', `${name}=X cmd`, { args: ['-c', `${name}='${opaque(r, i)}' npx -y server`] });
  }
  for (const [i, name] of headerNames.filter((_, at) => at % 6 === 0).entries()) {
    const value = `${/authorization$/i.test(name) ? 'Bearer ' : ''}${opaque(r, i)}`;
    const remote = ['mcp-remote', 'https://mcp.example.com/mcp'];
    add('argument', `--header "${name}: X"`, { args: [...remote, '--header', `${name}: ${value}`] });
    add('argument', `--header=${name}: X`, { args: [...remote, `--header=${name}: ${value}`] });
    add('argument', `--header ${name}:X`, { args: [...remote, '--header', `${name}:${value}`] });
    add('script', `curl -H "${name}: X"`, {
      args: ['-c', `curl -H "${name}: ${value}" https://api.example.com`],
    });
    add('script', `npx mcp-remote --header "${name}: X"`, {
      args: ['-c', `npx mcp-remote https://mcp.example.com/sse --header "${name}: ${value}"`],
    });
  }
  add('argument', '-u user:password', { args: ['-u', `admin:${r.mixed(14)}`] });
  add('script', 'curl -u user:password', {
    args: ['-c', `curl -u admin:${r.mixed(14)} https://api.example.com`],
  });
  for (const [i, parameter] of parameters.entries()) {
    add('URL query', parameter, {
      url: `https://mcp.example.com/mcp?${parameter}=${opaque(r, i).replace('!', '')}`,
    });
    if (i % 2 === 0)
      add('argument', `URL with ?${parameter}=X`, {
        args: ['mcp-remote', `https://mcp.example.com/sse?${parameter}=${opaque(r, i).replace('!', '')}`],
      });
  }
  for (const [label, make] of Object.entries(urls)) add('URL path', label, { url: make(r) });
  for (const [label, make] of Object.entries(urls))
    if (!label.includes('user')) add('argument', label, { args: ['--url', make(r)] });
  add('URL query', 'fragment', { url: `https://mcp.example.com/mcp#access_token=${r.mixed(30)}` });
  add('URL path', 'user and password', { url: `https://app:${r.mixed(12)}@mcp.example.com/mcp` });
  add('URL path', 'user alone', { url: `https://${r.mixed(24)}@mcp.example.com/mcp` });
  for (const [label, text] of encoded(r)) add('in base64', label, header('X-Data', base64(text)));
  for (const name of [
    'X-Acme-Key',
    'X-Tool-Key',
    'SESSION',
    'X-Session',
    'X-Signature',
    'APP_KEY_7',
    'AUTH',
    'SIG_KEY',
  ])
    add('random value, ambiguous name', name, variable(name, r.mixed(32)));
  for (const flag of ['-k', '-p', '-a', '--sig', '--tool-key'])
    add('random value, ambiguous name', flag, { args: [flag, r.mixed(32)] });
  for (const [i, parameter] of parameters.entries()) {
    const url = `https://mcp.example.com/mcp?lang=en&${parameter}=${random(r, i)}`;
    add('URL in a prompt', parameter, { prompt: prompts[i % prompts.length]!(url) });
  }
  return cases;
}

/** What generators of keys make, as people paste it into a text. */
const random = (r: Random, i: number): string =>
  [r.mixed(32), r.hex(32), r.uuid(), r.hex(40), r.mixed(20), r.mixed(44)][i % 6]!;

const prompts: readonly ((url: string) => string)[] = [
  (url) => `Read the orders from ${url}.`,
  (url) => `Call the server (${url}), then summarize what it says.`,
  (url) => `Sources:\n- [the wiki](${url})\n- the code`,
  (url) => `Use "${url}", and nothing else.`,
  (url) => `curl -s '${url}' | jq .`,
];

const parameters = `
  api_key apiKey apikey api-key key token access_token accessToken auth_token authToken auth secret client_secret
  password passwd exaApiKey tavilyApiKey browserbaseApiKey githubToken notionToken appid_token code sig signature
  x-api-key subscription-key jwt session_token refresh_token user_token wkt_token profile_secret private_key
`
  .trim()
  .split(/\s+/);

/** URLs whose path is the credential, by the documentation of each service. */
const urls: Readonly<Record<string, (r: Random) => string>> = {
  'Zapier actions': (r) => `https://actions.zapier.com/mcp/sk-ak-${r.mixed(24)}/sse`,
  'Zapier MCP': (r) => `https://mcp.zapier.com/api/mcp/s/${base64(`${r.uuid()}:${r.uuid()}`)}/mcp`,
  'Zapier MCP, other account': (r) => `https://mcp.zapier.com/api/mcp/a/${r.digits(8)}${r.mixed(20)}/mcp`,
  'Zapier hook': (r) => `https://hooks.zapier.com/hooks/catch/${r.digits(7)}/${r.lower(7)}/`,
  Composio: (r) => `https://mcp.composio.dev/gmail/${r.mixed(24)}`,
  'Composio server': (r) => `https://mcp.composio.dev/composio/server/${r.uuid()}/mcp`,
  'Composio v3': (r) => `https://backend.composio.dev/v3/mcp/${r.uuid()}/mcp`,
  Pipedream: (r) => `https://mcp.pipedream.net/${r.uuid()}/slack`,
  'Pipedream v2': (r) => `https://mcp.pipedream.net/v2/${r.uuid()}`,
  'Pipedream trigger': (r) => `https://eo${r.lower(12)}.m.pipedream.net/`,
  'n8n webhook': (r) => `https://n8n.example.com/webhook/${r.uuid()}`,
  'n8n MCP trigger': (r) => `https://acme.app.n8n.cloud/mcp/${r.uuid()}/sse`,
  'n8n test webhook': (r) => `https://n8n.example.com/webhook-test/${r.uuid()}`,
  'Slack webhook': (r) => `https://hooks.slack.com/services/T${r.upper(8)}/B${r.upper(10)}/${r.mixed(24)}`,
  'Slack workflow': (r) =>
    `https://hooks.slack.com/workflows/T${r.upper(8)}/A${r.upper(8)}/${r.digits(18)}/${r.mixed(24)}`,
  'Discord webhook': (r) => `https://discord.com/api/webhooks/${r.digits(18)}/${r.url(68)}`,
  'Teams webhook': (r) =>
    `https://acme.webhook.office.com/webhookb2/${r.uuid()}@${r.uuid()}/IncomingWebhook/${r.hex(32)}/${r.uuid()}`,
  'Make hook': (r) => `https://hook.eu1.make.com/${r.lower(32)}`,
  'Make MCP': (r) => `https://eu1.make.com/mcp/api/v1/u/${r.uuid()}/sse`,
  'Telegram bot': (r) => `https://api.telegram.org/bot${r.digits(10)}:AA${r.url(33)}/getUpdates`,
  IFTTT: (r) => `https://maker.ifttt.com/trigger/mcp/with/key/${r.url(43)}`,
  Alchemy: (r) => `https://eth-mainnet.g.alchemy.com/v2/${r.url(32)}`,
  Infura: (r) => `https://mainnet.infura.io/v3/${r.hex(32)}`,
  QuickNode: (r) => `https://example-name.quiknode.pro/${r.hex(40)}/`,
  Activepieces: (r) => `https://cloud.activepieces.com/api/v1/mcp/${r.mixed(21)}/sse`,
  viaSocket: (r) => `https://mcp.viasocket.com/mcp/${r.hex(24)}`,
  Firecrawl: (r) => `https://mcp.firecrawl.dev/fc-${r.hex(32)}/v2/mcp`,
  Gumloop: (r) => `https://mcp.gumloop.com/gmail/${r.mixed(32)}`,
};

const encoded = (r: Random): (readonly [string, string])[] => [
  ['a PEM key', `${'-'.repeat(5)}BEGIN PRIVATE KEY${'-'.repeat(5)}\n${r.mixed(64)}\n`],
  ['a connection string', `postgres://app:${r.mixed(12)}@db.example.com/tools`],
  ['a header', `Authorization: Bearer ${r.mixed(30)}`],
  ['JSON with a token', JSON.stringify({ user: 'app', token: r.mixed(30) })],
  ['JSON with a password', JSON.stringify({ host: 'db', password: r.mixed(16) })],
  ['an env file', `HOST=db\nPASSWORD=${r.mixed(16)}\n`],
];
