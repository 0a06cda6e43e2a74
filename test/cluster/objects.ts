import { stringify } from 'yaml';
import type { Manifest } from './kubectl.ts';

/** The objects tests apply, as short as they can be. Each test says what matters to it and nothing else. */

/** By this they are known in a cluster that is somebody else's, where all of them are deleted at the end. */
export const testNamespacePrefix = 'sallyport-test-';

/** The name of a namespace that belongs to one test file. */
export const testNamespace = (topic: string): string => `${testNamespacePrefix}${topic}`;

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Manifest {
  if (!name.startsWith(testNamespacePrefix))
    throw new Error(`${name} would not be deleted: take testNamespace('${name}')`);
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

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

export const serviceAccount = (namespace: string, name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace, name },
});

export const configMap = (
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});

/** A server without any operator. */
export const serverConfigMap = (
  namespace: string,
  name: string,
  server: unknown,
  label = 'true',
): Manifest => ({
  ...configMap(namespace, name, {
    'server.yaml': typeof server === 'string' ? server : stringify(server),
  }),
  metadata: { namespace, name, labels: { 'sallyport.dev/server': label } },
});

/** A ToolHive entry: the simplest kind there is, a URL and headers. */
export const serverEntry = (
  namespace: string,
  name: string,
  headerForward: Manifest,
  remoteUrl = 'https://mcp.example.com/mcp',
  annotations: Readonly<Record<string, string>> = {},
): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { namespace, name, annotations },
  spec: { remoteUrl, transport: 'streamable-http', groupRef: { name: 'tools' }, headerForward },
});

/** Header to key, all of one Secret. */
export const headersFrom = (name: string, keys: Readonly<Record<string, string>>): Manifest => ({
  addHeadersFromSecret: Object.entries(keys).map(([headerName, key]) => ({
    headerName,
    valueSecretRef: { name, key },
  })),
});

export const fromSecret = (name: string, key: string): Manifest => headersFrom(name, { Authorization: key });

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
  readonly image?: string;
  readonly command?: readonly string[];
  readonly restartPolicy?: 'Never';
  /** Besides `sallyport.dev/servers`. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** In place of the DNS there is none of. */
  readonly hosts?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}

export const podTemplate = ({
  servers,
  image = 'app:test',
  command,
  restartPolicy,
  annotations,
  hosts,
}: PodOptions) => ({
  metadata:
    servers === undefined
      ? {}
      : {
          labels: { 'sallyport.dev/inject': 'true' },
          annotations: { ...annotations, 'sallyport.dev/servers': servers },
        },
  spec: {
    // Its programs do not listen to the polite signal.
    terminationGracePeriodSeconds: 1,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(hosts === undefined ? {} : { hostAliases: hosts }),
    containers: [
      {
        name: 'app',
        image,
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

export const upstreamService = (namespace: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name: 'upstream' },
  spec: {
    selector: { app: 'upstream' },
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'https', port: 443, targetPort: 8443 },
    ],
  },
});

/** Answers with digests of what it was called with; over TLS too when it is given a Secret with its certificate. */
export const upstreamPod = (namespace: string, certificate = 'none', image = 'upstream:test'): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name: 'upstream', labels: { app: 'upstream' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'upstream',
        image,
        securityContext: restricted,
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
      },
    ],
    volumes: [{ name: 'tls', secret: { secretName: certificate, optional: true } }],
  },
});
