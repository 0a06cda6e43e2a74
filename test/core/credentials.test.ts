import { describe, expect, it } from 'vitest';
import {
  argumentCredentials,
  credentialParameters,
  credentialReason,
} from '../../src/core/credentials/index.ts';

const none = { sensitive: [], harmless: [] };
const lines = (text: string) => text.trim().split(/\s*\n\s*/);
const rows = (text: string) =>
  lines(text).map((line): [name: string, value: string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });

// Values are put together here, so that no scanner takes this file for a leak.
const mixed = (length: number) => 'aB3dE5fG7hJ9'.repeat(20).slice(0, length);
const hex = (length: number) => '0f1e2d3c4b5a6978'.repeat(20).slice(0, length);
const upper = (length: number) => 'A2B4C6D7E3'.repeat(20).slice(0, length);
const digits = (length: number) => '1234567890'.repeat(3).slice(0, length);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const begin = '-----BEGIN ';
const uuid = '3f2b8c1e-9d4a-4b6f-8e2d-1a5c7b9d0e3f';
const jwt = ['eyJ' + mixed(30), 'eyJ' + mixed(60), mixed(43)].join('.');

describe('a harmless header', () => {
  it.each(
    rows(`
      X-Max-Tokens: 4096
      X-Max-Token: 4096
      X-Token-Count: 17
      X-Token-Type: bearer
      X-Token-Budget: 100000
      X-Token-Limit: 8192
      X-Token-Bucket: default
      X-Token-Endpoint: https://login.example.com/oauth/token
      X-Page-Token: CAUQAA
      X-Continuation-Token: 200
      X-Tokenizer: cl100k_base
      X-Auth-Mode: oauth
      X-Auth-Type: none
      X-Auth-Scheme: Bearer
      X-Auth-Scopes: repo read:org
      X-Auth-Note: Bearer authentication
      X-Authorization-Mode: rbac
      X-Require-Authorization: true
      X-Author: jane.doe
      X-Authority: eu-west-1.example.com
      X-Secretariat: brussels
      X-Secret-Name: github-pat
      X-Secret-Scanning: true
      X-Password-Policy: strict
      X-Cookie-Consent: granted
      X-Credential-Provider: vault
      Access-Control-Allow-Credentials: true
      bearer_methods_supported: header
      token_endpoint_auth_methods_supported: client_secret_basic
      X-JWT-Issuer: https://login.example.com/
      X-JWT-Audience: mcp
      X-Api-Key-Id: prod-7
      X-Api-Key-Name: team-blue
      X-Api-Version: 2026-11-01
      X-Cache-Key: tenant-456/tools
      X-Idempotency-Key: ${uuid}
      X-Partition-Key: customer-77
      X-Routing-Key: orders.created
      X-Public-Key-Pins: max-age=0
      X-Keyboard: de
      X-Monkey: capuchin
      X-Tenant-ID: tenant-456
      X-Workspace-Id: wrk_01HZX3J8Q5T7V9B2C4D6F8G0AB
      X-Session-Affinity: sticky
      X-MCP-Toolsets: repos,issues,pull_requests,secret_protection
      X-MCP-Readonly: true
      X-Feature-Flags: new-search,dark-mode=off,task-planner-v2
      X-Flag-Set: sk-learn-pipeline-two
      X-Locale: sk-SK
      X-Skill: risk-assessment-and-desk-research-2026
      X-Rollout: npm_config_registry_mirror_enabled
      X-Env: hf_hub_download_timeout_seconds_60
      X-Policy: secret_scanning_non_provider_patterns
      X-Tier: basic subscription
      X-Plan: Basic Subscription
      X-Limiter: token bucket with refill every 10 seconds
      X-Scheme: Bearer token
      Accept-Language: de-CH,de;q=0.9,en;q=0.5
      X-Request-Id: ${uuid}
      X-Correlation-ID: ${hex(32)}
      traceparent: 00-${hex(32)}-${hex(16)}-01
      X-Cloud-Trace-Context: ${hex(32)}/${digits(19)};o=1
      X-Amzn-Trace-Id: Root=1-${hex(8)}-${hex(24)}
      X-Trace: ${mixed(88)}==
      X-Span: ${base64('span 4711 of the nightly import into the warehouse')}
      Digest: SHA-256=${mixed(43)}=
      ETag: W/"${hex(40)}"
      X-Content-Sha256: ${hex(64)}
      X-Image: registry.example.com/mcp/github@sha256:${hex(64)}
      X-Git-Commit: ${hex(40)}
      X-Ulid: 01HZX3J8Q5T7V9B2C4D6F8G0AB
      User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0
      X-Client: kagent/0.9.12 (go1.25; linux/amd64)
      X-Callback: https://example.com:8443/hooks?tenant=456&lang=en
      X-Upstream: postgres://db.example.com:5432/tools
      X-Mail: jane.doe@example.com
      X-Contact: mailto:ops@example.com
      X-Build: 2026-11-20T12:00:00Z
      X-Anthropic-Beta: mcp-client-2026-04-04,token-counting-2024-11-01
      OpenAI-Organization: org-example
      X-GitHub-Api-Version: 2022-11-28
      Notion-Version: 2022-06-28
      X-Goog-User-Project: my-project-123456
      X-Auth-Email: ops@example.com
    `),
  )('%s: %s is let through', (name, value) => {
    expect(credentialReason(name, value, none)).toBeUndefined();
  });
});

describe('a credential under a harmless name', () => {
  it.each([
    ['GitHub personal', 'ghp_' + mixed(36)],
    ['GitHub OAuth', 'gho_' + mixed(36)],
    ['GitHub app', 'ghs_' + mixed(36)],
    ['GitHub fine-grained', 'github_pat_' + mixed(22) + '_' + mixed(59)],
    ['GitLab personal', 'glpat-' + mixed(20)],
    ['GitLab deploy', 'gldt-' + mixed(20)],
    ['Slack bot', 'xoxb-' + digits(12) + '-' + digits(12) + '-' + mixed(24)],
    ['Slack app', 'xapp-1-' + upper(11) + '-' + digits(13) + '-' + hex(64)],
    ['Slack webhook', 'https://hooks.slack.com/services/' + [upper(9), upper(9), mixed(24)].join('/')],
    ['OpenAI', 'sk-' + mixed(48)],
    ['OpenAI project', 'sk-proj-' + mixed(60) + '_' + mixed(40)],
    ['Anthropic', 'sk-ant-api03-' + mixed(93) + 'AA'],
    ['OpenRouter', 'sk-or-v1-' + hex(64)],
    ['Langfuse', 'sk-lf-' + uuid],
    ['Stripe live', 'sk_live_' + mixed(24)],
    ['Stripe restricted', 'rk_live_' + mixed(24)],
    ['Stripe webhook', 'whsec_' + mixed(32)],
    ['AWS key id', 'AKIA' + upper(16)],
    ['AWS temporary key id', 'ASIA' + upper(16)],
    ['AWS session token', 'IQoJb3JpZ2lu' + mixed(200)],
    ['AWS signature', 'AWS4-HMAC-SHA256 Credential=' + upper(20) + '/20261120/eu-west-1/execute-api'],
    ['GCP API key', 'AIza' + mixed(35)],
    ['GCP access token', 'ya29.' + mixed(60)],
    ['GCP client secret', 'GOCSPX-' + mixed(28)],
    ['GCP refresh token', '1//0' + mixed(60)],
    ['Azure client secret', mixed(3) + '8Q~' + mixed(34)],
    ['Azure storage', 'DefaultEndpointsProtocol=https;AccountKey=' + mixed(86) + '=='],
    ['Azure shared access', 'sv=2024-11-04&ss=b&sig=' + mixed(43) + '%3D'],
    ['Azure DevOps', mixed(52) + 'JQQJ99' + mixed(18) + 'AZDO' + mixed(4)],
    ['npm', 'npm_' + mixed(36)],
    ['PyPI', 'pypi-AgEIcHlwaS5vcmc' + mixed(60)],
    ['RubyGems', 'rubygems_' + hex(48)],
    ['Docker Hub', 'dckr_pat_' + mixed(27)],
    ['Hugging Face', 'hf_' + mixed(34)],
    ['Linear', 'lin_api_' + mixed(40)],
    ['Notion', 'ntn_' + mixed(46)],
    ['Notion, old', 'secret_' + mixed(43)],
    ['SendGrid', 'SG.' + mixed(22) + '.' + mixed(43)],
    ['Twilio', 'SK' + hex(32)],
    ['DigitalOcean', 'dop_v1_' + hex(64)],
    ['Vault', 'hvs.' + mixed(90)],
    ['Vault, old', 's.' + mixed(24)],
    ['Atlassian', 'ATATT3' + mixed(180) + '=' + upper(8)],
    ['Bitbucket', 'ATBB' + mixed(32)],
    ['Airtable', 'pat' + mixed(14) + '.' + hex(64)],
    ['Asana', '1/' + digits(16) + ':' + hex(32)],
    ['ClickUp', 'pk_' + digits(8) + '_' + upper(32)],
    ['Figma', 'figd_' + mixed(40)],
    ['Grafana', 'glsa_' + mixed(32) + '_' + hex(8)],
    ['Grafana, old', base64('{"k":"' + mixed(32) + '","n":"ci","id":1}')],
    ['Tavily', 'tvly-dev-' + mixed(32)],
    ['Perplexity', 'pplx-' + mixed(48)],
    ['Groq', 'gsk_' + mixed(52)],
    ['Replicate', 'r8_' + mixed(37)],
    ['Databricks', 'dapi' + hex(32) + '-2'],
    ['Postman', 'PMAK-' + hex(24) + '-' + hex(34)],
    ['Shopify', 'shpat_' + hex(32)],
    ['Square', 'sq0csp-' + mixed(43)],
    ['Square access', 'EAAA' + mixed(60)],
    ['Mailgun', 'key-' + hex(32)],
    ['Mailchimp', hex(32) + '-us21'],
    ['Resend', 're_' + mixed(8) + '_' + mixed(24)],
    ['HubSpot', 'pat-na1-' + uuid],
    ['Telegram', digits(10) + ':AA' + mixed(33)],
    ['Discord bot', 'M' + mixed(25) + '.' + mixed(6) + '.' + mixed(38)],
    ['Discord webhook', 'https://discord.com/api/webhooks/' + digits(18) + '/' + mixed(68)],
    ['Sentry', 'sntrys_' + mixed(60)],
    ['New Relic', 'NRAK-' + upper(27)],
    ['Supabase', 'sbp_' + hex(40)],
    ['PlanetScale', 'pscale_tkn_' + mixed(43)],
    ['Terraform', mixed(14) + '.atlasv1.' + mixed(67)],
    ['Dynatrace', 'dt0c01.' + upper(24) + '.' + upper(64)],
    ['Pinecone', 'pcsk_' + mixed(70)],
    ['LangSmith', 'lsv2_pt_' + hex(32) + '_' + hex(10)],
    ['xAI', 'xai-' + mixed(80)],
    ['OpenShift', 'sha256~' + mixed(43)],
    ['Firecrawl', 'fc-' + hex(32)],
    ['age', 'AGE-SECRET-KEY-1' + upper(58)],
    ['JWT', jwt],
    ['JWT in a sentence', 'use ' + jwt + ' until Friday'],
    ['Bearer', 'Bearer ' + mixed(20)],
    ['bearer in lower case', 'bearer ' + mixed(20)],
    ['BEARER with spaces around', '  BEARER   ' + mixed(20) + ' '],
    ['a whole header', 'Authorization: Bearer ' + mixed(20)],
    ['Bearer JWT', 'Bearer ' + jwt],
    ['Basic', 'Basic ' + base64('user:hunter2')],
    ['basic in lower case', 'basic ' + base64('svc-mcp:correct horse')],
    ['Token', 'Token ' + hex(40)],
    ['Token token=', 'Token token="' + hex(32) + '"'],
    ['PEM key', begin + 'PRIVATE KEY-----\n' + mixed(64) + '\n-----END'],
    ['PEM key of a type', begin + 'RSA PRIVATE KEY-----' + mixed(64)],
    ['OpenSSH key', begin + 'OPENSSH PRIVATE KEY-----' + mixed(64)],
    ['PGP key', begin + 'PGP PRIVATE KEY BLOCK-----' + mixed(64)],
    ['a password in a URL', 'postgres://app:' + mixed(8) + '@db.example.com:5432/tools'],
    ['a password in a connection string', 'Server=db;User Id=app;Password=' + mixed(12)],
    ['a default in a placeholder', '${GITHUB_TOKEN:-ghp_' + mixed(36) + '}'],
  ])('of %s is found by its shape', (_issuer, value) => {
    expect(credentialReason('X-Setting', value, none)).toBe('shape');
  });
});

describe('a sensitive name', () => {
  it.each(
    `
      Authorization authorization X-Authorization X-Forwarded-Authorization Proxy-Authorization
      Authentication Cookie Set-Cookie X-Auth X-Auth-Key X-Auth-Token X-AuthToken X-Access-Token
      X-AccessToken X-Api-Key x_api_key X-APIKEY Api-Key apikey api-token xi-api-key X-Goog-Api-Key
      X-Goog-IAP-JWT-Assertion X-Amz-Security-Token X-Vault-Token X-Figma-Token X-GitLab-Token PRIVATE-TOKEN
      X-GitHub-Pat X-Shopify-Access-Token X-Postmark-Server-Token Circle-Token DD-API-KEY DD-APPLICATION-KEY
      Ocp-Apim-Subscription-Key x-functions-key X-RapidAPI-Key X-Parse-Master-Key X-License-Key X-Secret
      X-Client-Secret Client_Secret X-Secret-Key X-Password X-User-Passwd X-Signing-Key X-Session-Token
      X-Refresh-Token X-CSRF-Token X-JWT X-Credentials X-Honeycomb-Team Fastly-Key
    `
      .trim()
      .split(/\s+/),
  )('%s is enough, whatever the value', (name) => {
    expect(credentialReason(name, 'hello', none)).toBe('name');
  });
});

describe('a placeholder is no credential', () => {
  it.each([
    '',
    '   ',
    '${GITHUB_TOKEN}',
    '$(GITHUB_TOKEN)',
    '{{ .Values.githubToken }}',
    '{{ .Values.token | default "{}" }}',
    '<token>',
    '<your token here>',
    'Bearer ${GITHUB_TOKEN}',
    'bearer $(GITHUB_TOKEN)',
    'Bearer {{ .Values.githubToken }}',
    'Bearer <token>',
    'Token token=${TOKEN}',
    'Basic ${USER}:${PASSWORD}',
    ' ${TOKEN} ',
  ])('%j', (value) => {
    expect(credentialReason('Authorization', value, none)).toBeUndefined();
    expect(credentialReason('X-Setting', value, none)).toBeUndefined();
  });

  it('unless something stands beside it', () => {
    expect(credentialReason('Authorization', '${PREFIX}hunter2', none)).toBe('name');
  });
});

it('may be as short as a shape can be', () => {
  expect(credentialReason('X-Setting', 'ab://:x@', none)).toBe('shape');
});

describe("a team's own lists", () => {
  const own = { sensitive: ['X-Tenant-ID'], harmless: ['X-Api-Key', 'X-Setting', 'key'] };

  it('add a sensitive name, in any case', () => {
    expect(credentialReason('x-tenant-id', 'tenant-456', own)).toBe('name');
  });
  it('take one away, in any case', () => {
    expect(credentialReason('x-api-key', 'public', own)).toBeUndefined();
  });
  it('take the shape away with the name', () => {
    expect(credentialReason('X-Setting', 'ghp_' + mixed(36), own)).toBeUndefined();
    expect(credentialReason('X-Other', 'ghp_' + mixed(36), own)).toBe('shape');
  });
  it('hold for query parameters too', () => {
    const url = new URL('https://example.com/mcp?key=public&X-Tenant-ID=456');
    expect(credentialParameters(url, own)).toEqual(['X-Tenant-ID']);
  });
});

describe('query parameters', () => {
  it.each([
    ['api_key=hello', ['api_key']],
    ['apiKey=hello&lang=en', ['apiKey']],
    ['access_token=hello', ['access_token']],
    ['key=hello', []],
    ['key=eu', []],
    ['code=en-US', []],
    ['key=' + mixed(12), ['key']],
    ['sig=hello', ['sig']],
    ['q=ghp_' + mixed(36), ['q']],
    ['token=%24%7BTOKEN%7D', []],
    ['key=', []],
    ['lang=en&toolsets=repos&page=2', []],
    ['max_tokens=4096', []],
  ])('?%s names %j', (query, names) => {
    expect(credentialParameters(new URL(`https://example.com/mcp?${query}`), none)).toEqual(names);
  });
});

describe('an argument of a process', () => {
  it.each([
    ['--api-key=made-up', 'api-key'],
    ['--token made-up', 'token'],
    ['-password:made-up', 'password'],
    ['Authorization: Bearer made-up', 'Authorization'],
    ['X-Api-Key: made-up', 'X-Api-Key'],
    ['  --client-secret = made-up', 'client-secret'],
  ])('%j names the credential it gives', (text, name) => {
    expect(argumentCredentials([text], none)).toEqual([{ index: 0, reason: 'name', name }]);
  });

  it.each([
    '--api-key=${API_KEY}',
    '--api-key=$(API_KEY)',
    '--token-file=/var/run/token',
    '--max-tokens=4096',
    '--token',
    '--port=8080',
    'token of the day',
    'run the secret santa script',
    'https://example.com/authorization',
    '',
  ])('%j gives none', (text) => {
    expect(argumentCredentials([text], none)).toEqual([]);
  });
});

describe('a name in camelCase, or joined, or with its issuer', () => {
  it.each(
    `
      githubToken exaApiKey browserbaseApiKey hookSecret secretAccessKey storageKey PGPASSWORD OPENAI_KEY REDIS_PASS
      BASIC_AUTH HMAC_KEY SSH_KEY X-Brave-Key X-Cloudflare-Key XApiKey oauth2Token TOKEN_1 dbpass
    `
      .trim()
      .split(/\s+/),
  )('%s is sensitive', (name) => {
    expect(credentialReason(name, 'hello', none)).toBe('name');
  });

  it.each(
    'maxTokens tokenType secretName useToken keyboard monkeyBars X-Cache-Key secretKeyRef bypass compass'.split(
      ' ',
    ),
  )('%s is harmless', (name) => {
    expect(credentialReason(name, 'hello', none)).toBeUndefined();
  });
});

describe('a value that is something else than a credential', () => {
  it.each(
    rows(`
      USE_TOKEN: true
      AUTH: none
      GOOGLE_APPLICATION_CREDENTIALS: /var/run/gcp/key.json
      Authorization: Bearer
      X-Token: $TOKEN
      X-Token-Streaming: on
      API_KEY: OPENAI_API_KEY
      API_KEY: op://tools/openai/key
      PASSWORD: {vault://env/redis-password}
      CLIENT_SECRET: {vault://hcv/tools/login?prefix=KONG&ttl=60}
      TOKEN: [REDACTED]
      JWT: https://login.example.com/keys
    `),
  )('%s: %s passes', (name, value) => {
    expect(credentialReason(name, value, none)).toBeUndefined();
  });

  it('does not excuse a shape', () => {
    expect(credentialReason('X-Callback', ['https://example.com/ghp', mixed(36)].join('_'), none)).toBe(
      'shape',
    );
  });
});

describe('the default of a placeholder', () => {
  it.each([
    ['${T:-' + mixed(12) + '}', 'name'],
    ['Bearer ${T:=' + mixed(12) + '}', 'name'],
    ['{{ .Values.token | default "' + mixed(12) + '" }}', 'name'],
    ['${T:-}', undefined],
    ['Bearer ${T:-none}', undefined],
    ['${{ secrets.TOKEN }}', undefined],
  ] as const)('%s is judged', (value, reason) => {
    expect(credentialReason('X-Token', value, none)).toBe(reason);
  });
});

describe('arguments are judged with the one before them', () => {
  it.each([
    ['--token X', ['serve', '--token', 'made-up'], 2, 'token'],
    ['-e NAME=X', ['run', '-e', 'API_KEY=made-up'], 2, 'API_KEY'],
    ['--header=Name: X', ['--header=Authorization: Bearer x1'], 0, 'Authorization'],
    ['--header Name:X', ['--header', 'Authorization:Bearer x1'], 1, 'Authorization'],
    ['a script', ['-c', 'export TOKEN=made-up && exec server'], 1, 'TOKEN'],
    ['a script in a script', ['-c', 'sh -c "TOKEN=made-up server"'], 1, 'TOKEN'],
    ['a line of a file', ['--config', 'host: db\npassword: made-up'], 1, 'password'],
    ['a user and a password', ['-u', 'admin:made-up-1'], 1, 'u'],
  ] as const)('%s', (_, list, index, name) => {
    expect(argumentCredentials(list, none)).toEqual([{ index, reason: 'name', name }]);
  });

  it('and URLs in them by what they carry', () => {
    expect(argumentCredentials(['npx', 'https://example.com/sse?api_key=made-up'], none)).toEqual([
      { index: 1, reason: 'shape', name: '' },
    ]);
  });

  it('and random values under a short flag are uncertain', () => {
    expect(argumentCredentials(['-k', mixed(24)], none)).toEqual([{ index: 1, reason: 'opaque', name: 'k' }]);
  });

  it.each([
    [['--token', '$TOKEN']],
    [['--token', '--verbose']],
    [['-c', 'export TOKEN=$(cat /run/token) && exec server']],
    [['-c', "curl -H 'Authorization: Token token=$PAGER_TOKEN' https://pager.example.com"]],
    [['run', '--user', 'node:node', 'image']],
    [['-p', '8080:8080']],
    [['-c', "notebook \\\n  --Server.token='' \\\n  --Server.port=8888"]],
  ])('%j gives none', (list) => {
    expect(argumentCredentials(list, none)).toEqual([]);
  });
});

describe('base64', () => {
  it('is decoded once', () => {
    expect(credentialReason('X-Data', base64('ghp_' + mixed(36)), none)).toBe('shape');
    expect(credentialReason('X-Data', base64(base64('ghp_' + mixed(36))), none)).toBeUndefined();
  });
});

describe('a huge value is judged without delay', () => {
  const size = 64 * 1024;
  const huge = (text: string) => text.repeat(Math.ceil(size / text.length)).slice(0, size);
  const pieces =
    'a|eyJ|-eyJ| |-|{|{{|{{}}|${|<|SG.|-----BEGIN |a://|a-|1/|ghp_|Bearer |Basic a|token: |0|A|.|/|:|sig=|"|\t|é';
  it.each(pieces.split('|'))('of %j', (text) => {
    expect(credentialReason('X-Setting', `${huge(text)}\u0000`, none)).toBeUndefined();
  });
});

describe('an argument of 1 MB is judged without delay', () => {
  // The expression for arguments was quadratic in blanks: this took minutes.
  it.each([' ', '=', ': ', '-', 'a', '\t='])('of %j', (text) => {
    expect(argumentCredentials([`ab${text.repeat(1024 * 1024)}`], none)).toEqual([]);
  });
});
