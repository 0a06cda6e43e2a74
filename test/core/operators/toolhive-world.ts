import { stringify } from 'yaml';
import type { Fields } from '../../../src/core/k8s/objects.ts';

/** What ToolHive's operator makes, in our own words: the pods of an MCPRemoteProxy and a VirtualMCPServer, and theirs. */

const namespace = 'team-a';
const uid = (name: string) => `uid-of-${name}`;
const meta = (name: string, more: object = {}) => ({ name, namespace, uid: uid(name), ...more });

const resource = (kind: string, name: string, spec: object, metadata: object = {}): Fields => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind,
  metadata: meta(name, metadata),
  spec,
});

export const upstream = 'https://mcp.example.com/mcp/?team=a';

export const fromSecret = (headerName: string, name = 'gh-token', key = 'token') => ({
  headerName,
  valueSecretRef: { name, key },
});

export const remoteProxy = (spec: object = {}, metadata: object = {}) =>
  resource(
    'MCPRemoteProxy',
    'github',
    {
      remoteUrl: upstream,
      headerForward: {
        addPlaintextHeaders: { 'X-Tenant': 'acme' },
        addHeadersFromSecret: [fromSecret('Authorization')],
      },
      ...spec,
    },
    metadata,
  );

export const entry = (name: string, spec: object = {}, metadata: object = {}) =>
  resource(
    'MCPServerEntry',
    name,
    {
      remoteUrl: upstream,
      transport: 'streamable-http',
      groupRef: { name: 'g1' },
      headerForward: {
        addPlaintextHeaders: { 'X-Tenant': 'acme' },
        addHeadersFromSecret: [fromSecret('X-Api-Key')],
      },
      ...spec,
    },
    metadata,
  );

export const virtualServer = (spec: object = { outgoingAuth: { source: 'inline' } }) =>
  resource('VirtualMCPServer', 'v1', {
    groupRef: { name: 'g1' },
    incomingAuth: { type: 'anonymous' },
    ...spec,
  });

export const secret = (
  name = 'gh-token',
  stringData: Readonly<Record<string, string>> = { token: 'canary-toolhive' },
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData,
});

export const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

/** As the operator writes it, with the parts that matter and some that do not. */
export const runconfig = (more: object = {}) =>
  configMap('github-runconfig', {
    'runconfig.json': JSON.stringify(
      {
        schema_version: 'v0.1.0',
        remote_url: upstream,
        name: 'github',
        transport: 'streamable-http',
        port: 8080,
        middleware_configs: [
          { type: 'header-forward', parameters: { add_headers: { 'X-Tenant': 'acme' } } },
          { type: 'awssts', parameters: { target_url: upstream } },
        ],
        header_forward: {
          add_plaintext_headers: { 'X-Tenant': 'acme' },
          add_headers_from_secret: { Authorization: 'HEADER_FORWARD_AUTHORIZATION_GITHUB' },
        },
        ...more,
      },
      null,
      2,
    ),
  });

export const backend = (name: string, more: object = {}) => ({
  name,
  url: upstream,
  transport: 'streamable-http',
  metadata: { group: 'g1', remote_url: upstream, workload_type: 'server_entry' },
  ...more,
});

/** A server that the operator runs itself, behind its own Service. */
export const serviceBackend = {
  name: 'local',
  url: 'http://mcp-local-proxy.team-a.svc.cluster.local:8080',
  transport: 'streamable-http',
  metadata: { group: 'g1', workload_type: 'mcp_server' },
};

export const vmcpConfig = (backends: readonly object[] = [serviceBackend, backend('entry1')]) =>
  configMap('v1-vmcp-config', {
    'config.yaml': stringify(
      {
        name: 'v1',
        groupRef: 'g1',
        backends,
        outgoingAuth: { source: 'inline' },
        operational: { timeouts: { default: '30s' } },
      },
      { indent: 4 },
    ),
    'authserver-config.yaml': 'issuer: https://auth.example.com\n',
  });

const ownedBy = (apiVersion: string, kind: string, name: string) => [
  { apiVersion, kind, name, uid: uid(name), controller: true, blockOwnerDeletion: true },
];

export const replicaSet = (cr: string): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: meta(`${cr}-7757`, { ownerReferences: ownedBy('apps/v1', 'Deployment', `${cr}-deployment`) }),
});

export const deployment = (cr: string, kind: string): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta(`${cr}-deployment`, { ownerReferences: ownedBy('toolhive.stacklok.dev/v1beta1', kind, cr) }),
});

export const secretVariable = (header: string, owner: string, name = 'gh-token', key = 'token') => ({
  name: `TOOLHIVE_SECRET_HEADER_FORWARD_${header}_${owner}`,
  valueFrom: { secretKeyRef: { name, key } },
});

export const manifestVariable = (owner: string, headers: object) => ({
  name: `TOOLHIVE_HEADER_FORWARD_${owner}`,
  value: JSON.stringify(headers),
});

export const provider = { name: 'TOOLHIVE_SECRETS_PROVIDER', value: 'environment' };

interface PodParts {
  readonly env?: readonly object[];
  readonly spec?: object;
  readonly container?: object;
  readonly metadata?: object;
}

const podOf = (
  app: string,
  cr: string,
  container: object,
  volume: object,
  { spec, metadata }: PodParts,
): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    generateName: `${cr}-7757-`,
    namespace,
    labels: {
      app,
      'app.kubernetes.io/name': app,
      'app.kubernetes.io/instance': cr,
      toolhive: 'true',
      'toolhive-name': cr,
    },
    ownerReferences: ownedBy('apps/v1', 'ReplicaSet', `${cr}-7757`),
    ...metadata,
  },
  spec: { volumes: [volume], containers: [container], ...spec },
});

export const proxyEnv = [
  provider,
  secretVariable('AUTHORIZATION', 'GITHUB'),
  { name: 'HOME', value: '/tmp' },
  provider,
];

export const proxyPod = (parts: PodParts = {}): Fields =>
  podOf(
    'mcpremoteproxy',
    'github',
    {
      name: 'toolhive',
      image: 'example.com/proxyrunner:1',
      ports: [{ name: 'http', containerPort: 8080 }],
      env: parts.env ?? proxyEnv,
      volumeMounts: [{ name: 'runconfig', readOnly: true, mountPath: '/etc/runconfig' }],
      ...parts.container,
    },
    { name: 'runconfig', configMap: { name: 'github-runconfig', defaultMode: 420 } },
    parts,
  );

export const vmcpEnv = [
  { name: 'VMCP_NAME', value: 'v1' },
  manifestVariable('ENTRY1', {
    addPlaintextHeaders: { 'X-Tenant': 'acme' },
    addHeadersFromSecret: { 'X-Api-Key': 'HEADER_FORWARD_X_API_KEY_ENTRY1' },
  }),
  secretVariable('X_API_KEY', 'ENTRY1'),
  {
    name: 'VMCP_SESSION_HMAC_SECRET',
    valueFrom: { secretKeyRef: { name: 'v1-hmac-secret', key: 'hmac-secret' } },
  },
  provider,
];

export const vmcpPod = (parts: PodParts = {}): Fields =>
  podOf(
    'virtualmcpserver',
    'v1',
    {
      name: 'vmcp',
      image: 'example.com/vmcp:1',
      args: ['serve', '--config=/etc/vmcp-config/config.yaml'],
      ports: [{ name: 'http', containerPort: 4483 }],
      env: parts.env ?? vmcpEnv,
      volumeMounts: [{ name: 'vmcp-config', readOnly: true, mountPath: '/etc/vmcp-config' }],
      ...parts.container,
    },
    { name: 'vmcp-config', configMap: { name: 'v1-vmcp-config', defaultMode: 420 } },
    parts,
  );

export const proxyWorld = [
  remoteProxy(),
  deployment('github', 'MCPRemoteProxy'),
  replicaSet('github'),
  runconfig(),
  secret(),
];
export const vmcpWorld = [
  virtualServer(),
  deployment('v1', 'VirtualMCPServer'),
  replicaSet('v1'),
  entry('entry1'),
  vmcpConfig(),
  secret(),
];
export const on = { inject: { families: { toolhive: true } } };
