/** Reviews as kube-apiserver sends them: managed fields, last-applied configuration and all. */

interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: object;
    readonly annotations?: object;
  };
  readonly spec: object;
}

/** The Secret of all servers. */
export const ghToken = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'gh-token', namespace: 'team-a' },
  stringData: { token: 'Bearer bench' },
};

/** One server with one header from a Secret: about 4 KB. */
export const entryReview = (): string =>
  review('mcpserverentries', {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'github', namespace: 'team-a' },
    spec: {
      remoteUrl: 'https://mcp.example.com/mcp/',
      transport: 'streamable-http',
      groupRef: { name: 'tools' },
      headerForward: {
        addPlaintextHeaders: { 'X-Tenant': 'acme', 'X-Region': 'eu-1' },
        addHeadersFromSecret: [
          { headerName: 'Authorization', valueSecretRef: { name: 'gh-token', key: 'token' } },
        ],
      },
    },
  });

/** So many servers in one object, each with a literal header and a whole Secret, all from the same one. */
export const listReview = (servers: number): string =>
  review('agentconfigs', {
    apiVersion: 'kelos.dev/v1alpha2',
    kind: 'AgentConfig',
    metadata: { name: 'coding', namespace: 'team-a' },
    spec: {
      mcpServers: Array.from({ length: servers }, (_, i) => ({
        name: `server-${i}`,
        type: 'http',
        url: `https://mcp-${i}.example.com/mcp/`,
        headers: { 'X-Tenant': 'acme' },
        headersFrom: { secretRef: { name: 'gh-token' } },
      })),
    },
  });

/** As many servers as a pod is asked for in the benchmark of injections. */
export const mostServers = 20;

/** One of the servers a pod asks for. */
export const serverEntry = (i: number) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: `server-${i}`, namespace: 'team-a' },
  spec: {
    remoteUrl: `https://mcp-${i}.example.com/mcp/`,
    transport: 'streamable-http',
    groupRef: { name: 'tools' },
    headerForward: {
      addHeadersFromSecret: [
        { headerName: 'Authorization', valueSecretRef: { name: 'gh-token', key: 'token' } },
      ],
    },
  },
});

/** A pod as a ReplicaSet makes it, which asks for so many servers. */
export const podReview = (servers: number): string =>
  review('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'agent',
      namespace: 'team-a',
      labels: { 'sallyport.dev/inject': 'true', app: 'agent' },
      annotations: {
        'sallyport.dev/servers': Array.from({ length: servers }, (_, i) => `mcpserverentry/server-${i}`).join(
          ', ',
        ),
      },
    },
    spec: {
      containers: [
        { name: 'agent', image: 'example.com/agent:1', env: [{ name: 'MODE', value: 'fast' }] },
        { name: 'metrics', image: 'example.com/metrics:1' },
      ],
    },
  });

function review(resource: string, written: Written): string {
  // The core group has no name.
  const [version = '', group = ''] = written.apiVersion.split('/').toReversed();
  const kind = { group, version, kind: written.kind };
  const managedFields = Array.from({ length: 4 }, (_, i) => ({
    apiVersion: written.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries(
      Object.keys(written.spec).map((key) => [
        `f:${key}`,
        { '.': {}, [`f:part${i}`]: {}, 'f:name': {}, 'f:value': {} },
      ]),
    ),
    manager: `manager-${i}`,
    operation: 'Update',
    time: '2026-11-20T11:45:50Z',
  }));
  const annotations = {
    ...written.metadata.annotations,
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(written),
  };
  const metadata = {
    ...written.metadata,
    uid: '2a1fb9de-2723-4fd5-b489-6ff1bef2c565',
    generation: 1,
    annotations,
    managedFields,
  };
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: '512f9fe3-40f9-457b-a0f0-a7e3abad2d49',
      kind,
      resource: { group, version, resource },
      requestKind: kind,
      requestResource: { group, version, resource },
      name: written.metadata.name,
      namespace: written.metadata.namespace,
      operation: 'CREATE',
      userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
      object: { ...written, metadata },
      oldObject: null,
      dryRun: false,
      options: {
        kind: 'CreateOptions',
        apiVersion: 'meta.k8s.io/v1',
        fieldManager: 'kubectl-client-side-apply',
      },
    },
  });
}
