import { describe, expect, it } from 'vitest';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { remoteProxy, reviewOf, secret, startWebhook, updateOf } from '../support/webhook.ts';

// Put together here, so that no scanner takes this file for a leak.
const token = `ghp_${'aB3dE5fG7hJ9'.repeat(3)}`;
const otherToken = `ghp_${'zY8xW6vU4tS2'.repeat(3)}`;
const hex64 = '0f1e2d3c4b5a6978'.repeat(4);
const queryToken = '0f1e2d3c4b5a6978'.repeat(2);
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const copyAt = `metadata.annotations[${lastApplied}]`;

type Json = Readonly<Record<string, unknown>>;

const objects = { 'secrets.yaml': [secret('github-token', { token: 'x' })] };

/** Denials first, then warnings, each `CODE place`. */
const reported = ({ status, warnings = [] }: AdmissionResponse): string[] => [
  ...(status?.details?.causes ?? []).map(({ reason, field }) => `${reason} ${field}`),
  ...warnings.map((line) => line.replace(/^\[(MCP\d+)\] (.+?): [^]*$/, '$1 $2')),
];

const proxyWith = (metadata: Json, spec: Json = {}) => {
  const proxy = remoteProxy(spec);
  return { ...proxy, metadata: { ...proxy.metadata, ...metadata } };
};

const task = (spec: Json) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'Task',
  metadata: { name: 'review', namespace: 'team-a' },
  spec: { type: 'claude-code', credentials: { type: 'none' }, prompt: 'Review the change.', ...spec },
});

const kagentAgent = (declarative: Json, description = '') => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'Agent',
  metadata: { name: 'helper', namespace: 'team-a' },
  spec: { type: 'Declarative', description, declarative },
});

const agentConfig = (spec: Json) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'AgentConfig',
  metadata: { name: 'tools', namespace: 'team-a' },
  spec,
});

const workspace = (spec: Json) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'Workspace',
  metadata: { name: 'app', namespace: 'team-a' },
  spec: { repo: 'https://forge.example.com/acme/app.git', ...spec },
});

describe('a text with the shape of a credential is a warning', () => {
  it.each<[string, Json, string]>([
    [
      'in an annotation',
      proxyWith({ annotations: { 'example.com/note': token } }),
      'metadata.annotations[example.com/note]',
    ],
    ['in a label', proxyWith({ labels: { note: token } }), 'metadata.labels[note]'],
    ["in a Task's prompt", task({ prompt: `Use ${token} to push.` }), 'spec.prompt'],
    [
      "in a URL of a Task's prompt, by the name of its parameter",
      task({ prompt: `Read [the wiki](https://mcp.example.com/wiki?lang=en&api_key=${queryToken}).` }),
      'spec.prompt',
    ],
    [
      "in an agent's system message",
      kagentAgent({ systemMessage: `You may use ${token}.` }),
      'spec.declarative.systemMessage',
    ],
    ["in an agent's description", kagentAgent({}, `Logs in with ${token}`), 'spec.description'],
    ['in instructions', agentConfig({ agentsMD: `Log in with ${token}` }), 'spec.agentsMD'],
    [
      'in a skill',
      agentConfig({ plugins: [{ name: 'a', skills: [{ name: 'b', content: `curl -u ${token}` }] }] }),
      'spec.plugins[0].skills[0].content',
    ],
    [
      'in a file of a workspace',
      workspace({ files: [{ path: '.npmrc', content: `//registry.example.com/:_authToken=${token}` }] }),
      'spec.files[0].content',
    ],
    [
      "in a policy of a proxy's authorization",
      remoteProxy({
        authzConfig: { type: 'inline', inline: { policies: [`permit(principal == "${token}");`] } },
      }),
      'spec.authzConfig.inline.policies[0]',
    ],
    ['in a field that no description knows', remoteProxy({ notes: { more: [token] } }), 'spec.notes.more[0]'],
  ])('%s', async (_, object, place) => {
    const { validate } = await startWebhook({ objects });
    const answer = await validate(reviewOf(object));
    expect(answer.allowed).toBe(true);
    expect(reported(answer)).toEqual([`MCP105 ${place}`]);
    expect(JSON.stringify(answer)).not.toContain(token);
    expect(JSON.stringify(answer)).not.toContain(queryToken);
  });

  it('that names the line it is on', async () => {
    const { validate } = await startWebhook({ objects });
    const { warnings } = await validate(reviewOf(task({ prompt: `Review.\n\nUse ${token}.\nBe brief.` })));
    expect(warnings).toEqual([
      '[MCP105] spec.prompt: a text holds a credential (the shape of line 3 says so)',
    ]);
  });

  it('that names the line of its URL', async () => {
    const { validate } = await startWebhook({ objects });
    const prompt = `Review.\nUse https://mcp.example.com/mcp?token=${queryToken}.`;
    const { warnings } = await validate(reviewOf(task({ prompt })));
    expect(warnings).toEqual(['[MCP105] spec.prompt: a text holds a credential (a URL in line 2 says so)']);
  });

  it('and a denial where the platform enforces it, but not of an update that keeps the text', async () => {
    const { validate } = await startWebhook({
      objects,
      configuration: { modes: { rules: { MCP105: 'enforce' } } },
    });
    const before = proxyWith({ annotations: { note: token } });
    const after = proxyWith({ annotations: { note: token } }, { transport: 'sse' });
    const other = proxyWith({ annotations: { note: otherToken } });
    expect((await validate(reviewOf(before))).allowed).toBe(false);
    expect((await validate(updateOf(before, after))).allowed).toBe(true);
    expect((await validate(updateOf(before, other))).allowed).toBe(false);
  });
});

describe('a text about credentials is not one', () => {
  it.each<[string, Json]>([
    [
      'in a prompt',
      task({ prompt: 'Never print the password, the API key or the Bearer token.\ntoken: ask for it' }),
    ],
    [
      'in a system message',
      kagentAgent({ systemMessage: 'Authorization: use the token of the user. password: never' }),
    ],
    [
      'in an annotation',
      proxyWith({ annotations: { 'sallyport.dev/client-tls-secret': 'github-token-pair' } }),
    ],
    [
      'in the status, which a controller writes',
      { ...remoteProxy(), status: { message: `401 for ${token}` } },
    ],
    [
      'in what tools write into annotations and labels',
      proxyWith({
        labels: {
          'app.kubernetes.io/managed-by': 'Helm',
          'helm.sh/chart': 'tools-1.4.0_2f6a9c1',
          'kustomize.toolkit.fluxcd.io/name': 'tools',
          'pod-template-hash': '5d8f7c9b64',
        },
        annotations: {
          'checksum/secret': hex64,
          'checksum/config': hex64,
          'argocd.argoproj.io/tracking-id': 'tools:toolhive.stacklok.dev/MCPRemoteProxy:team-a/github',
          'secret.reloader.stakater.com/reload': 'github-token',
          'kubectl.kubernetes.io/restartedAt': '2026-11-29T18:00:00Z',
          'kubernetes.io/change-cause': 'kubectl apply --filename=github.yaml --record=true',
          'example.com/image': `registry.example.com/proxy@sha256:${hex64}`,
          'example.com/uid': '3f2b8c1e-9d4a-4b6f-8e2d-1a5c7b9d0e3f',
          'vault.hashicorp.com/agent-inject-secret-token': 'secret/data/team-a/github',
        },
      }),
    ],
    ['in managed fields', proxyWith({ managedFields: [{ manager: token }] })],
  ])('%s', async (_, object) => {
    const { validate } = await startWebhook({
      objects: { 'secrets.yaml': [...objects['secrets.yaml'], secret('github-token-pair', {})] },
    });
    const found = reported(await validate(reviewOf(object))).filter((line) => line.startsWith('MCP105'));
    expect(found).toEqual([]);
  });
});

describe('a credential that another rule reports', () => {
  it.each<[string, Json, string[]]>([
    [
      'in a header',
      remoteProxy({ headerForward: { addPlaintextHeaders: { 'X-Note': token } } }),
      ['MCP101 spec.headerForward.addPlaintextHeaders[X-Note]'],
    ],
    ['in a URL', remoteProxy({ remoteUrl: `https://api.example.com/${token}` }), ['MCP102 spec.remoteUrl']],
    [
      'in a container of a pod template',
      remoteProxy({
        podTemplateSpec: { spec: { containers: [{ name: 'proxy', args: [token] }] } },
      }),
      ['MCP103 spec.podTemplateSpec.spec.containers[0].args[0]'],
    ],
  ])('%s is reported once', async (_, object, expected) => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(object)))).toEqual(expected);
  });

  it('and a header that the platform calls harmless is not reported under another code', async () => {
    const { validate } = await startWebhook({
      objects,
      configuration: { credentials: { headers: { harmless: ['X-Note'] } } },
    });
    const object = remoteProxy({ headerForward: { addPlaintextHeaders: { 'X-Note': token } } });
    expect(reported(await validate(reviewOf(object)))).toEqual([]);
  });
});

describe("kubectl's copy of the object", () => {
  const applied = (object: Json & { metadata: Json }, copy: unknown = object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { [lastApplied]: JSON.stringify(copy) } },
  });
  const leaking = remoteProxy({
    headerForward: { addPlaintextHeaders: { Authorization: 'Bearer abcdefgh', 'X-Api-Key': 'abcdefgh' } },
    podTemplateSpec: { spec: { containers: [{ name: 'proxy', args: ['--api-key=abcdefgh'] }] } },
  });

  it('is reported once, with the first finding that it repeats', async () => {
    const { validate } = await startWebhook({ objects });
    const answer = await validate(reviewOf(applied(leaking)));
    expect(reported(answer)).toEqual([
      'MCP101 spec.headerForward.addPlaintextHeaders[Authorization]',
      'MCP101 spec.headerForward.addPlaintextHeaders[X-Api-Key]',
      `MCP105 ${copyAt}`,
      'MCP103 spec.podTemplateSpec.spec.containers[0].args[0]',
    ]);
    expect(answer.warnings?.[0]).toBe(
      `[MCP105] ${copyAt}: this copy of the object, which kubectl apply keeps, repeats MCP101 at spec.headerForward.addPlaintextHeaders[Authorization] and 2 more`,
    );
  });

  it('is reported after the field itself was corrected by other means', async () => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(applied(remoteProxy(), leaking))))).toEqual([`MCP105 ${copyAt}`]);
  });

  it('is reported for an annotation or a text in it', async () => {
    const { validate } = await startWebhook({ objects });
    const copy = proxyWith({ annotations: { note: token } });
    expect(reported(await validate(reviewOf(applied(remoteProxy(), copy))))).toEqual([`MCP105 ${copyAt}`]);
  });

  it('is not reported where it holds no credential, nor for the Secrets that it names', async () => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(applied(remoteProxy()))))).toEqual([]);
  });

  it('is as exempt as what it repeats', async () => {
    const until = '2999-01-01';
    const exemption = {
      kind: 'mcpremoteproxies.toolhive.stacklok.dev',
      namespace: 'team-a',
      name: 'github',
      until,
    };
    const { validate } = await startWebhook({
      objects,
      configuration: {
        exemptions: [{ ...exemption, codes: ['MCP101', 'MCP103'], reason: 'the upstream ignores it' }],
        modes: { rules: { MCP105: 'enforce' } },
      },
    });
    expect(reported(await validate(reviewOf(applied(leaking))))).toEqual([]);
  });

  it.each([
    ['lists', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['objects', `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`],
  ])('is over a limit where it holds deeply nested %s', async (_, copy) => {
    const { validate } = await startWebhook({ objects });
    const answer = await validate(reviewOf(proxyWith({ annotations: { [lastApplied]: copy } })));
    expect(reported(answer)).toEqual([`MCP002 ${copyAt}`]);
  });

  it('is searched as a text where it cannot be read', async () => {
    const { validate } = await startWebhook({ objects });
    const object = proxyWith({ annotations: { [lastApplied]: `{"spec": ${token}` } });
    expect(reported(await validate(reviewOf(object)))).toEqual([`MCP105 ${copyAt}`]);
  });
});

describe("a server's ConfigMap", () => {
  const serverYaml = `url: https://api.example.com/mcp
headers:
  - name: Authorization
    secretKeyRef: { name: github-token, key: token }
`;
  const configMap = (more: Json, text = serverYaml) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'github', namespace: 'team-a', labels: { 'sallyport.dev/server': 'true' } },
    data: { 'server.yaml': text },
    ...more,
  });
  const withData = (data: Json) => configMap({ data: { 'server.yaml': serverYaml, ...data } });
  const withTemplate = (template: string, name = 'Authorization') =>
    configMap(
      {},
      `url: https://api.example.com/mcp
headers:
  - name: ${name}
    template: ${JSON.stringify(template)}
    secretKeyRef: { name: github-token, key: token }
`,
    );
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each<[string, Json, string[]]>([
    ['another key by its name', withData({ API_TOKEN: 'abcdefgh' }), ['MCP103 data[API_TOKEN]']],
    ['another key by the shape of its value', withData({ note: token }), ['MCP103 data[note]']],
    [
      'a line of a .env file',
      withData({ '.env': 'LEVEL=info\nexport API_TOKEN="abcdefgh"\n' }),
      ['MCP103 data[.env]'],
    ],
    [
      'a line of a YAML file',
      withData({ 'more.yaml': 'level: info\napi-token: abcdefgh\n' }),
      ['MCP103 data[more.yaml]'],
    ],
    [
      'a key of binaryData',
      configMap({ binaryData: { API_TOKEN: base64('abcdefgh') } }),
      ['MCP103 binaryData[API_TOKEN]'],
    ],
    ['a comment', configMap({}, `# was ${token}\n${serverYaml}`), ['MCP105 data[server.yaml]']],
    [
      'a comment within the document',
      configMap({}, serverYaml.replace('- name', `# ${token}\n  - name`)),
      ['MCP105 data[server.yaml]'],
    ],
    [
      'an annotation',
      configMap({ metadata: { ...configMap({}).metadata, annotations: { note: token } } }),
      ['MCP105 metadata.annotations[note]'],
    ],
  ])('is examined in %s', async (_, object, expected) => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(object)))).toEqual(expected);
  });

  it('may hold other keys that are none', async () => {
    const { validate } = await startWebhook({ objects });
    const object = withData({
      'README.md': 'The token is in Secret github-token.\nAsk for a password there.\n',
      '.env': 'LEVEL=info\nTOKEN=${GITHUB_TOKEN}\nAPI_KEY=\n',
      region: 'eu-1',
    });
    expect(reported(await validate(reviewOf(object)))).toEqual([]);
  });

  it.each<[string, string, string?]>([
    ['a token beside the value', `Bearer ${token}{value}`],
    ['half a credential before the value', 'Bearer s3cr3t-half{value}'],
    ['half a credential behind the value', '{value}-s3cr3t-half'],
    ['a token in a header of any name', `${token} {value}`, 'X-Note'],
  ])('is refused for a literal in a template: %s', async (_, template, name) => {
    const { validate } = await startWebhook({ objects });
    const answer = await validate(reviewOf(withTemplate(template, name)));
    expect(reported(answer)).toEqual(['MCP101 data[server.yaml].headers[0].template']);
    expect(answer.allowed).toBe(false);
    expect(JSON.stringify(answer)).not.toContain('s3cr3t');
  });

  it.each([
    'Bearer {value}',
    'Token token={value}',
    'ApiKey {value}',
    'AWS4-HMAC-SHA256 Credential={value}',
    'key="{value}", v=2',
  ])('may have the template %s', async (template) => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(withTemplate(template))))).toEqual([]);
  });
});

describe('entities of an inline authorization', () => {
  const inline = (entities: string) => ({
    authzConfig: {
      type: 'inline',
      inline: { policies: ['permit(principal, action, resource);'], entitiesJson: entities },
    },
  });
  const withToken = JSON.stringify([
    { uid: 'a', attrs: { level: 1, apiToken: 'x', 'api-token': 'abcdefgh' } },
  ]);
  const virtual = (entities: string) => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: 'all', namespace: 'team-a' },
    spec: { incomingAuth: { type: 'anonymous', ...inline(entities) } },
  });

  it('are examined by name', async () => {
    const { validate } = await startWebhook({ objects });
    const proxy = reported(await validate(reviewOf(remoteProxy(inline(withToken)))));
    expect(new Set(proxy)).toEqual(new Set(['MCP103 spec.authzConfig.inline.entitiesJson']));
    const gateway = reported(await validate(reviewOf(virtual(withToken))));
    expect(new Set(gateway)).toEqual(new Set(['MCP103 spec.incomingAuth.authzConfig.inline.entitiesJson']));
  });

  it('are examined as a text where they are not JSON', async () => {
    const { validate } = await startWebhook({ objects });
    expect(reported(await validate(reviewOf(remoteProxy(inline('api-token: abcdefgh')))))).toEqual([
      'MCP103 spec.authzConfig.inline.entitiesJson',
    ]);
  });

  it('may speak of tokens', async () => {
    const { validate } = await startWebhook({ objects });
    const entities = JSON.stringify([
      { uid: { type: 'Token', id: 'reader' }, attrs: { token_type: 'bearer' } },
    ]);
    expect(reported(await validate(reviewOf(remoteProxy(inline(entities)))))).toEqual([]);
  });
});
