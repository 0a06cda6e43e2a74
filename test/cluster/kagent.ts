import type { Manifest } from './kubectl.ts';
import { secret } from './objects.ts';

/**
 * What kagent makes. Its controller is in no module that can be downloaded, so what it makes is made here: the Secret with
 * an agent's configuration, in plain text, and its Deployment or the pod of its sandbox.
 */

const apiVersion = 'kagent.dev/v1alpha2';

/** From key `key` of a Secret. */
export const header = (name: string, of: string) => ({
  name,
  valueFrom: { type: 'Secret', name: of, key: 'key' },
});

export const remoteServer = (
  namespace: string,
  name: string,
  spec: object,
  annotations: Readonly<Record<string, string>> = {},
): Manifest => ({
  apiVersion,
  kind: 'RemoteMCPServer',
  metadata: { namespace, name, annotations },
  spec: { description: name, protocol: 'STREAMABLE_HTTP', timeout: '5s', ...spec },
});

/** kmcp's: over TLS, with a client certificate. */
export const kmcpServer = (namespace: string, name: string, client: string): Manifest => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { namespace, name },
  spec: {
    transportType: 'http',
    deployment: { image: 'example.com/mcp:1', port: 443 },
    httpTransport: { targetPort: 443, path: '/mcp', tls: { secretRef: client } },
  },
});

export const tool = (
  name: string,
  more: object = {},
  kind: 'RemoteMCPServer' | 'MCPServer' = 'RemoteMCPServer',
  namespace?: string,
) => ({
  type: 'McpServer',
  mcpServer: { kind, apiGroup: 'kagent.dev', name, toolNames: [name], ...(namespace && { namespace }) },
  ...more,
});

export const agent = (
  namespace: string,
  name: string,
  tools: readonly object[],
  kind: 'Agent' | 'SandboxAgent' = 'Agent',
): Manifest => ({
  apiVersion,
  kind,
  metadata: { namespace, name },
  spec: {
    type: 'Declarative',
    description: 'd',
    declarative: { modelConfig: 'mc', systemMessage: 'hi', tools },
  },
});

/** The lists of servers, with every header resolved. */
interface Lists {
  readonly http_tools?: readonly object[];
  readonly sse_tools?: readonly object[];
}

export const configSecret = (namespace: string, name: string, lists: Lists): Manifest =>
  secret(namespace, name, {
    'agent-card.json': '{"name":"helper"}',
    'config.json': JSON.stringify({
      model: { type: 'openai', model: 'gpt-4o', base_url: '' },
      description: 'd',
      instruction: 'hi',
      ...lists,
      stream: false,
    }),
  });

/** Whom something is made for, with its uid. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

export const labelsOf = (name: string) => ({
  app: 'kagent',
  kagent: name,
  'app.kubernetes.io/managed-by': 'kagent',
});

const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: Owner) => ({
  labels: labelsOf(name),
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
});

/** More of a pod's spec: `ca` is the Secret with the CA that the controller mounts for its servers. */
interface PodOptions {
  readonly ca: string;
  readonly hostAliases?: readonly object[];
  readonly schedulingGates?: readonly object[];
}

const podSpec = (name: string, { ca, ...more }: PodOptions) => ({
  terminationGracePeriodSeconds: 1,
  ...more,
  volumes: [
    { name: 'config', secret: { secretName: name } },
    { name: 'tls-ca-ca', secret: { secretName: ca, defaultMode: 0o444 } },
  ],
  containers: [
    {
      name: 'kagent',
      image: 'upstream:test',
      imagePullPolicy: 'Never',
      command: ['node', '/kagent-agent.mjs'],
      args: ['--host', '0.0.0.0', '--port', '8080', '--filepath', '/config'],
      ports: [{ name: 'http', containerPort: 8080 }],
      env: [{ name: 'KAGENT_NAME', value: name }],
      volumeMounts: [
        { name: 'config', mountPath: '/config' },
        { name: 'tls-ca-ca', mountPath: '/etc/ssl/certs/custom/ca', readOnly: true },
      ],
    },
  ],
});

export function deployment(namespace: string, owner: Owner, options: PodOptions): Manifest {
  const { name } = owner.metadata;
  const annotations = { 'kagent.dev/config-hash': '9412975346286139458' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, ...ownedBy(owner) },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'kagent', kagent: name } },
      template: { metadata: { labels: labelsOf(name), annotations }, spec: podSpec(name, options) },
    },
  };
}

/** What kagent has the controller of agent-sandbox make the pod of. */
export const sandbox = (namespace: string, owner: Owner): Manifest => ({
  apiVersion: 'agents.x-k8s.io/v1alpha1',
  kind: 'Sandbox',
  metadata: { namespace, name: owner.metadata.name, ...ownedBy(owner) },
  spec: { podTemplate: { spec: podSpec(owner.metadata.name, { ca: 'ca' }) } },
});

/** As that controller makes it, under the sandbox's own name. */
export const sandboxPod = (namespace: string, owner: Owner, options: PodOptions): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name: owner.metadata.name, ...ownedBy(owner) },
  spec: podSpec(owner.metadata.name, options),
});
