import type { Manifest } from './kubectl.ts';

/** The objects tests apply, as short as they can be. Each test says what matters to it and nothing else. */

export const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

export const secret = (
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  stringData,
});

/** A ToolHive entry: the simplest kind there is, a URL and headers. */
export const serverEntry = (
  namespace: string,
  name: string,
  headerForward: Manifest,
  remoteUrl = 'https://mcp.example.com/mcp',
): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { namespace, name },
  spec: { remoteUrl, transport: 'streamable-http', headerForward },
});

export const fromSecret = (name: string, key: string): Manifest => ({
  addHeadersFromSecret: [{ headerName: 'Authorization', valueSecretRef: { name, key } }],
});

export const inline = (value: string): Manifest => ({ addPlaintextHeaders: { Authorization: value } });

/** What the restricted Pod Security profile asks of a container. */
const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

interface PodOptions {
  /** Value of the annotation; without it the pod is not labelled either. */
  readonly servers?: string;
  readonly command?: readonly string[];
  readonly restartPolicy?: 'Never';
}

export const podTemplate = ({ servers, command, restartPolicy }: PodOptions) => ({
  metadata:
    servers === undefined
      ? {}
      : { labels: { 'sallyport.dev/inject': 'true' }, annotations: { 'sallyport.dev/servers': servers } },
  spec: {
    // Its programs do not listen to the polite signal.
    terminationGracePeriodSeconds: 1,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    containers: [
      {
        name: 'app',
        image: 'app:test',
        ...(command === undefined ? {} : { command }),
        securityContext: restricted,
      },
    ],
  },
});

export function pod(namespace: string, name: string, options: PodOptions = {}): Manifest {
  const { metadata, spec } = podTemplate(options);
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, namespace, name }, spec };
}

/** Answers with a digest of the credential it was called with. */
export const upstream = (namespace: string): readonly Manifest[] => [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: 'upstream', labels: { app: 'upstream' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'upstream',
          image: 'upstream:test',
          securityContext: restricted,
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: 'upstream' },
    spec: { selector: { app: 'upstream' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
];
