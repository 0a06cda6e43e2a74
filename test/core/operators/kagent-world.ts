import type { Fields } from '../../../src/core/k8s/objects.ts';

/** What kagent makes, in our own words: an agent with its Deployment, its configuration and its pods. */

export const namespace = 'team-a';
export const token = 'Bearer canary-kagent-31d9';
export const extra = 'canary-extra-88ab';

const metadata = (name: string, more: object = {}) => ({ name, namespace, ...more });

export const secret = (name: string, stringData: Readonly<Record<string, string>>, ns = namespace) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: ns },
  stringData,
});

export const fromSecret = (name: string, of: string, key = 'key') => ({
  name,
  valueFrom: { type: 'Secret', name: of, key },
});

export const remoteServer = (name: string, spec: object = {}, annotations: object = {}, ns = namespace) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name, namespace: ns, annotations },
  spec: {
    description: name,
    url: `https://${name}.example.com/mcp?team=a`,
    headersFrom: [fromSecret('Authorization', `${name}-token`), { name: 'X-Tenant', value: 'acme' }],
    ...spec,
  },
});

export const kmcpServer = (name: string, httpTransport: object = {}) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: metadata(name),
  spec: { transportType: 'http', deployment: { image: 'example.com/mcp:1', port: 8443 }, httpTransport },
});

export const service = (name: string, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(name, { labels: { 'kagent.dev/mcp-service': 'true' }, annotations }),
  spec: { ports: [{ port: 3000 }] },
});

export const tool = (name: string, more: object = {}, mcpServer: object = {}) => ({
  type: 'McpServer',
  mcpServer: { kind: 'RemoteMCPServer', apiGroup: 'kagent.dev', name, toolNames: ['a'], ...mcpServer },
  ...more,
});

export const agent = (tools: readonly object[] = [tool('linear')], spec: object = {}, kind = 'Agent') => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind,
  metadata: metadata('helper', { uid: 'uid-of-helper' }),
  spec: {
    type: 'Declarative',
    declarative: { modelConfig: 'mc', systemMessage: 'hi', tools },
    ...spec,
  },
});

const ownedBy = (apiVersion: string, kind: string, name: string, uid: string) => [
  { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true },
];

const made = (kind: string, name: string, ownerReferences: readonly object[], apiVersion = 'apps/v1') => ({
  apiVersion,
  kind,
  metadata: metadata(name, { uid: `uid-of-${kind}`, ownerReferences }),
});

export const deployment = () =>
  made('Deployment', 'helper', ownedBy('kagent.dev/v1alpha2', 'Agent', 'helper', 'uid-of-helper'));
export const replicaSet = () =>
  made('ReplicaSet', 'helper-7d4f', ownedBy('apps/v1', 'Deployment', 'helper', 'uid-of-Deployment'));
export const sandbox = () =>
  made(
    'Sandbox',
    'helper',
    ownedBy('kagent.dev/v1alpha2', 'SandboxAgent', 'helper', 'uid-of-helper'),
    'agents.x-k8s.io/v1alpha1',
  );

export interface Entry {
  readonly params: Readonly<Record<string, unknown>>;
  readonly tools: readonly string[];
}

export const entry = (params: object = {}, more: object = {}): Entry => ({
  params: {
    url: 'https://linear.example.com/mcp?team=a',
    headers: { Authorization: token, 'X-Tenant': 'acme' },
    timeout: 5,
    terminate_on_close: true,
    ...params,
  },
  tools: ['a'],
  ...more,
});

/** As the controller writes it: keys in its own order, values in plain text, no blanks. */
export const configOf = (http: readonly object[] = [entry()], sse?: readonly object[]): string =>
  JSON.stringify({
    model: { type: 'openai', model: 'gpt-4o', base_url: '' },
    description: '\u00e9 <d>',
    instruction: 'hi',
    ...(http.length > 0 ? { http_tools: http } : {}),
    ...(sse ? { sse_tools: sse } : {}),
    stream: false,
  });

export const configSecret = (config: string = configOf()) =>
  secret('helper', { 'config.json': config, 'agent-card.json': '{"name":"helper"}' });

export const pod = (spec: object = {}, container: object = {}, more: object = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'helper-7d4f-x1',
    namespace,
    labels: { app: 'kagent', kagent: 'helper', 'app.kubernetes.io/managed-by': 'kagent' },
    ownerReferences: ownedBy('apps/v1', 'ReplicaSet', 'helper-7d4f', 'uid-of-ReplicaSet'),
    ...more,
  },
  spec: {
    volumes: [
      { name: 'config', secret: { secretName: 'helper', defaultMode: 420 } },
      { name: 'kagent-token', projected: { sources: [{ serviceAccountToken: { path: 'kagent-token' } }] } },
    ],
    containers: [
      {
        name: 'kagent',
        image: 'example.com/kagent:1',
        args: ['--host', '0.0.0.0', '--port', '8080', '--filepath', '/config'],
        env: [{ name: 'KAGENT_NAME', value: 'helper' }],
        ports: [{ name: 'http', containerPort: 8080 }],
        volumeMounts: [
          { name: 'config', mountPath: '/config' },
          { name: 'kagent-token', mountPath: '/var/run/secrets/tokens' },
        ],
        ...container,
      },
    ],
    ...spec,
  },
});

export const sandboxPod = (): Fields =>
  pod(
    {},
    {},
    { ownerReferences: ownedBy('agents.x-k8s.io/v1alpha1', 'Sandbox', 'helper', 'uid-of-Sandbox') },
  );

export const linear = remoteServer('linear');
export const linearToken = secret('linear-token', { key: token });

/** All there is, so that one pod is rewritten. */
export const world: readonly object[] = [
  linear,
  linearToken,
  agent(),
  deployment(),
  replicaSet(),
  configSecret(),
];

export const on = { inject: { families: { kagent: true } } };
