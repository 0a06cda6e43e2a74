import type { KubernetesObject } from '../../../src/files/documents.ts';
import type { AllowedToken, TokenPolicy } from '../../../src/core/service-account-token.ts';

/** Small resources for the tables of rules. What a table does not name is right. */

type Annotations = Readonly<Record<string, string>>;

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  rest: object,
  annotations?: Annotations,
): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'tools', ...(annotations ? { annotations } : {}) },
  ...rest,
});

const url = 'https://api.example.com/mcp/';

/** A ToolHive MCPRemoteProxy at https://api.example.com/mcp/. */
export const remoteProxy = (spec: object = {}, annotations?: Annotations): KubernetesObject =>
  object(
    'toolhive.stacklok.dev/v1beta1',
    'MCPRemoteProxy',
    'github',
    { spec: { remoteUrl: url, ...spec } },
    annotations,
  );

/** The headers of an MCPRemoteProxy, each from key `token` of the Secret `github`, or from the one that is named. */
export const fromSecret = (
  headers: readonly string[],
  valueSecretRef: object = { name: 'github', key: 'token' },
) => ({
  headerForward: { addHeadersFromSecret: headers.map((headerName) => ({ headerName, valueSecretRef })) },
});

/** A RemoteMCPServer of kagent 1.x with an Authorization header from key `token` of the Secret `github`. */
export const kagentServer = (
  name: string,
  spec: object = {},
  valueFrom: object = { name: 'github', key: 'token' },
): KubernetesObject =>
  object('api.kagent.dev/v1alpha3', 'RemoteMCPServer', name, {
    spec: {
      url,
      headersFrom: [{ name: 'Authorization', valueFrom: { type: 'Secret', ...valueFrom } }],
      ...spec,
    },
  });

/** An AgentTemplate of kagent 1.x that uses these RemoteMCPServers. */
export const agentTemplate = (servers: readonly string[], spec: object = {}): KubernetesObject =>
  object('api.kagent.dev/v1alpha3', 'AgentTemplate', 'office', {
    spec: { tools: servers.map((name) => ({ mcp: { server: { kind: 'RemoteMCPServer', name } } })), ...spec },
  });

/** A ModelConfig of kagent 1.x for OpenAI, with the key `token` of the Secret `github`. */
export const kagentModel = (name: string, baseUrl: string): KubernetesObject =>
  object('api.kagent.dev/v1alpha3', 'ModelConfig', name, {
    spec: { provider: 'OpenAI', apiKeySecret: 'github', apiKeySecretKey: 'token', openAI: { baseUrl } },
  });

/** The headers of an MCPRemoteProxy in plain text. */
export const inPlainText = (headers: Annotations) => ({ headerForward: { addPlaintextHeaders: headers } });

/** A ToolHive MCPServerEntry of the group `tools`. */
export const serverEntry = (name: string, spec: object = {}): KubernetesObject =>
  object('toolhive.stacklok.dev/v1beta1', 'MCPServerEntry', name, {
    spec: { remoteUrl: url, transport: 'streamable-http', groupRef: { name: 'tools' }, ...spec },
  });

/** A ToolHive MCPExternalAuthConfig that adds a header from key `token` of the Secret `github`. */
export const headerInjection = (name: string): KubernetesObject =>
  object('toolhive.stacklok.dev/v1beta1', 'MCPExternalAuthConfig', name, {
    spec: {
      type: 'headerInjection',
      headerInjection: { headerName: 'Authorization', valueSecretRef: { name: 'github', key: 'token' } },
    },
  });

/** A ToolHive MCPExternalAuthConfig that sends key `token` of the Secret `github` as a bearer token. */
export const bearerToken: KubernetesObject = object(
  'toolhive.stacklok.dev/v1beta1',
  'MCPExternalAuthConfig',
  'login',
  { spec: { type: 'bearerToken', bearerToken: { tokenSecretRef: { name: 'github', key: 'token' } } } },
);

/** A kagent RemoteMCPServer at https://api.example.com/mcp/. */
export const remoteServer = (spec: object = {}): KubernetesObject =>
  object('kagent.dev/v1alpha2', 'RemoteMCPServer', 'linear', {
    spec: { description: 'tickets', url, ...spec },
  });

/** A kagent MCPServer, whose process gets these variables and arguments. */
export const localServer = (deployment: object): KubernetesObject =>
  object('kagent.dev/v1alpha1', 'MCPServer', 'search', {
    spec: { transportType: 'stdio', deployment: { image: 'registry.example.com/search:1', ...deployment } },
  });

/** A Kelos AgentConfig with one MCP server. */
export const agentConfig = (server: object): KubernetesObject =>
  object('kelos.dev/v1alpha2', 'AgentConfig', 'tools', {
    spec: { mcpServers: [{ name: 'github', type: 'http', url, ...server }] },
  });

/** A Secret; its only key is `token` unless `stringData` says otherwise. */
export const secret = (
  name = 'github',
  stringData: Annotations = { token: 'not-a-real-token' },
  { annotations, ...rest }: { readonly annotations?: Annotations; readonly immutable?: boolean } = {},
): KubernetesObject => object('v1', 'Secret', name, { stringData, ...rest }, annotations);

export const configMap = (name: string, data: Annotations): KubernetesObject =>
  object('v1', 'ConfigMap', name, { data });

/** The Secret `github`, which its owner limits to these origins. */
export const limitedTo = (upstreams: string, more: Annotations = {}): KubernetesObject =>
  secret('github', undefined, { annotations: { 'sallyport.dev/upstreams': upstreams, ...more } });

/** A labelled ConfigMap at https://api.example.com/mcp/ whose Authorization header is a token for that origin. */
export const tokenServer = (token: object = {}, server: object = {}): KubernetesObject => {
  const labels = { 'sallyport.dev/server': 'true' };
  const text = {
    url,
    headers: [
      {
        name: 'Authorization',
        serviceAccountToken: { audience: 'https://api.example.com', ...token },
        template: 'Bearer {value}',
      },
    ],
    ...server,
  };
  const metadata = { name: 'github', namespace: 'tools', labels };
  // JSON is YAML.
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'server.yaml': JSON.stringify(text) } };
};

/** A configuration that allows that token, or another one. */
export const allowing = (
  entry: Partial<AllowedToken> = {},
  ...apiServerAudiences: string[]
): TokenPolicy => ({
  allowed: [
    {
      audience: 'https://api.example.com',
      namespaces: ['tools'],
      origins: ['https://api.example.com'],
      cas: [],
      ...entry,
    },
  ],
  apiServerAudiences,
});
