import { applyEdits } from '../../../src/core/inject/apply.ts';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import { createEngine, settingsOf } from '../../../src/engine/engine.ts';
import { injectLabelled, type Injection } from '../../../src/engine/inject-labelled.ts';
import type { KubernetesObject } from '../../../src/files/documents.ts';
import { fileCluster } from '../../../src/files/file-cluster.ts';
import { configurationWith } from '../../support/webhook.ts';
import { sourceDocuments } from '../../support/source-documents.ts';

const namespace = 'team-a';
const metadata = (name: string, annotations?: object) => ({
  name,
  namespace,
  ...(annotations ? { annotations } : {}),
});

type Json = Readonly<Record<string, unknown>>;

/** What the webhook would do with a pod in a cluster of these objects. */
export async function injectInto(
  pod: Fields,
  objects: readonly KubernetesObject[],
  settings: object = {},
): Promise<Injection> {
  const configuration = configurationWith(settings);
  const documents = sourceDocuments(objects);
  const cluster = fileCluster(() => Promise.resolve(documents), { namespace, missing: { state: 'absent' } });
  const engine = createEngine(settingsOf(configuration), cluster, () => 0);
  return injectLabelled(engine, pod, namespace, { signal: new AbortController().signal });
}

export function planned(injection: Injection): Extract<Injection, { kind: 'planned' }> {
  if (injection.kind === 'planned') return injection;
  throw new Error(injection.kind === 'denied' ? `refused: ${refusals(injection).join('; ')}` : 'skipped');
}

/** `MCP504: what` for each finding. */
export function refusals(injection: Injection): string[] {
  if (injection.kind === 'denied') return injection.findings.map(({ code, what }) => `${code}: ${what}`);
  throw new Error(`not refused but ${injection.kind}`);
}

/** The pod as it would be stored. */
export async function stored(
  pod: Fields,
  objects: readonly KubernetesObject[],
  settings?: object,
): Promise<Fields> {
  return applyEdits(pod, planned(await injectInto(pod, objects, settings)).edits);
}

export function podWith(annotations: Json, spec: Json = {}): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'agent',
      namespace,
      labels: { 'sallyport.dev/inject': 'true' },
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`sallyport.dev/${key}`, value]),
      ),
    },
    spec: { containers: [{ name: 'app', image: 'example.com/agent:1' }], ...spec },
  };
}

/** ToolHive: `headers` maps a header's name to `secret/key`. */
export function remoteProxy(name: string, headers: Readonly<Record<string, string>> = {}, spec: Json = {}) {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPRemoteProxy',
    metadata: { ...metadata(name), uid: `uid-of-${name}`, generation: 3 },
    spec: {
      remoteUrl: `https://${name}.example.com/mcp`,
      headerForward: {
        addHeadersFromSecret: Object.entries(headers).map(([headerName, ref]) => {
          const [secret, key] = ref.split('/');
          return { headerName, valueSecretRef: { name: secret, key } };
        }),
      },
      ...spec,
    },
  };
}

/** kagent. */
export const remoteServer = (name: string, spec: Json = {}, annotations?: object) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: metadata(name, annotations),
  spec: { url: `https://${name}.example.com/mcp`, ...spec },
});

/** Kelos: several servers in one object. */
export const agentConfig = (name: string, mcpServers: readonly Json[]) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'AgentConfig',
  metadata: metadata(name),
  spec: { mcpServers },
});

/** kmcp: a server that other pods call. */
export const kmcpServer = (name: string, httpTransport: Json = {}) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: metadata(name),
  spec: { transportType: 'http', deployment: { image: 'example.com/mcp:1', port: 8080 }, httpTransport },
});

/** No operator: what `server.yaml` says. JSON is YAML. */
export const serverConfigMap = (name: string, server: Json, label = 'true') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...metadata(name), labels: { 'sallyport.dev/server': label } },
  data: { 'server.yaml': JSON.stringify(server) },
});

export const secret = (name: string, ...keys: string[]) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metadata(name),
  stringData: Object.fromEntries(keys.map((key) => [key, `value of ${key}`])),
});
