import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { configStepDirs } from '../../src/core/contracts/config-step-contract.ts';
import { configCopyName, configStepName } from '../../src/core/inject/config-step.ts';
import { repository } from '../cluster/cache.ts';
import type { ClusterAddress, Kubectl, Manifest } from '../cluster/kubectl.ts';
import { emptyDirOf } from '../cluster/node.ts';
import { headersFrom, secret } from '../cluster/objects.ts';
import { attempt, until } from '../cluster/processes.ts';
import { secureUpstream, tlsKeys, type SecureUpstream } from '../cluster/secure-upstream.ts';
import { images } from './images.ts';

/** A namespace with resources of ToolHive's and kmcp's, and the one MCP server that all of them are about. */
export interface World {
  readonly namespace: string;
  /** The server's name: ToolHive takes no address of a private network. */
  readonly host: string;
  /** Makes a certificate that the server accepts. */
  readonly client: SecureUpstream['client'];
  readonly proxy: (tenant: string) => Manifest;
}

export const toolhive = (
  namespace: string,
  kind: string,
  name: string,
  spec: object,
  annotations: Readonly<Record<string, string>> = {},
): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind,
  metadata: { namespace, name, annotations },
  spec,
});

/** Of everything that a VirtualMCPServer calls. */
export const group = { groupRef: { name: 'remote' } };

/** An MCPServer of ToolHive's, whose own proxy stands before it: to others a Service. */
export const localServer = (namespace: string): Manifest =>
  toolhive(namespace, 'MCPServer', 'local', {
    ...group,
    image: images.server,
    transport: 'streamable-http',
    mcpPort: 8080,
  });

/** `certificate`: the Secret with what its callers show it, where it is reached over TLS. */
export const kmcpServer = (
  namespace: string,
  name: string,
  deployment: { readonly image: string; readonly port: number; readonly [field: string]: unknown },
  certificate?: string,
): Manifest => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { namespace, name },
  spec: {
    transportType: 'http',
    httpTransport: {
      targetPort: deployment.port,
      path: '/mcp',
      ...(certificate === undefined ? {} : { tls: { secretRef: certificate } }),
    },
    deployment,
  },
});

/** What ToolHive sends as `Authorization: Bearer` of its own, over whatever its MCPRemoteProxy says. */
export const bearer = 'of-an-external-auth';

/** The server demands a client certificate and a credential; its Secrets are `token` and `client`. */
export async function makeWorld(kubectl: Kubectl, namespace: string, token: string): Promise<World> {
  const host = `upstream.${namespace}.svc`;
  const { client, annotations } = await secureUpstream(kubectl, namespace, [host], images.server);
  await kubectl.apply(
    secret(namespace, 'token', { value: token }),
    secret(namespace, 'bearer', { value: bearer }),
    secret(namespace, 'client', tlsKeys(await client('client-one'))),
  );
  await kubectl.wait(namespace, 'pod/upstream', 'condition=Ready');
  const remote = (tenant: string, header: string) => ({
    remoteUrl: `https://${host}/mcp?team=a`,
    transport: 'streamable-http',
    headerForward: {
      addPlaintextHeaders: { 'X-Tenant': tenant },
      ...headersFrom('token', { [header]: 'value' }),
    },
  });
  const virtual = (name: string, spec: object) =>
    toolhive(namespace, 'VirtualMCPServer', name, {
      ...group,
      incomingAuth: { type: 'anonymous' },
      config: { operational: { failureHandling } },
      ...spec,
    });
  const proxy = (tenant: string) =>
    toolhive(namespace, 'MCPRemoteProxy', 'github', remote(tenant, 'Authorization'), annotations);
  await kubectl.apply(
    proxy('acme'),
    toolhive(namespace, 'MCPExternalAuthConfig', 'bearer', {
      type: 'bearerToken',
      bearerToken: { tokenSecretRef: { name: 'bearer', key: 'value' } },
    }),
    toolhive(
      namespace,
      'MCPRemoteProxy',
      'bearer',
      { ...remote('acme', 'Authorization'), externalAuthConfigRef: { name: 'bearer' } },
      annotations,
    ),
    toolhive(namespace, 'MCPGroup', 'remote', {}),
    toolhive(
      namespace,
      'MCPServerEntry',
      'search',
      { ...remote('acme', 'X-Api-Key'), ...group },
      annotations,
    ),
    localServer(namespace),
    virtual('static', { outgoingAuth: { source: 'inline' } }),
    virtual('dynamic', {}),
    kmcpServer(namespace, 'everything', { image: images.server, port: 8080 }),
  );
  return { namespace, host, client, proxy };
}

/** Often enough that a test sees some. */
const failureHandling = { healthCheckInterval: '10s', healthCheckTimeout: '8s', unhealthyThreshold: 3 };

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Status {
  readonly restartCount: number;
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
  };
  readonly status: {
    readonly initContainerStatuses?: readonly Status[];
    readonly containerStatuses: readonly Status[];
  };
}

export const containersOf = ({ spec }: Pod): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
export const variablesOf = ({ spec }: Pod): string[] =>
  spec.containers.flatMap(({ env = [] }) => env.map(({ name }) => name));
export const restartsOf = ({ status }: Pod): number[] =>
  [...(status.initContainerStatuses ?? []), ...status.containerStatuses].map((one) => one.restartCount);

/** A configuration file as the operator wrote it into its ConfigMap, and the copy that the program in the pod reads. */
export async function configurationOf(
  { logs }: ClusterAddress,
  kubectl: Kubectl,
  namespace: string,
  { metadata, spec }: Pod,
  file: string,
): Promise<{ readonly written: string; readonly read: string }> {
  if (logs === undefined) throw new Error('the volumes of a cluster on another machine cannot be read');
  const step = spec.initContainers?.find(({ name }) => name === configStepName);
  const mount = step?.volumeMounts?.find(({ mountPath }) => mountPath === configStepDirs.from);
  const name = spec.volumes?.find((volume) => volume.name === mount?.name)?.configMap?.name;
  const { data } = await kubectl.get<{ data: Readonly<Record<string, string>> }>(
    namespace,
    `configmap/${name}`,
  );
  const copy = emptyDirOf(path.dirname(logs), metadata.uid, configCopyName);
  return { written: data[file] ?? '', read: await readFile(path.join(copy, file), 'utf8') };
}

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
}

/** The Deployments that the operators make of all this. */
export const deployments = ['github', 'bearer', 'static', 'dynamic', 'everything', 'local'] as const;

export const deploymentOf = (kubectl: Kubectl, namespace: string, name: string): Promise<Deployment> =>
  until(`Deployment ${name}`, 60, () => kubectl.get<Deployment>(namespace, `deployment/${name}`));

/** The pod of a Deployment, when all its pods are of its last template and ready. */
export async function podOf(kubectl: Kubectl, namespace: string, name: string): Promise<Pod> {
  await deploymentOf(kubectl, namespace, name);
  await kubectl.run(['rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=120s']);
  return onePodOf(kubectl, namespace, name);
}

/** Ready or not. */
export async function onePodOf(kubectl: Kubectl, namespace: string, name: string): Promise<Pod> {
  const { spec } = await deploymentOf(kubectl, namespace, name);
  const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  return until(`one pod of ${name}`, 60, async () => {
    const { items } = JSON.parse(
      await kubectl.run(['get', 'pods', '-n', namespace, '-l', labels.join(','), '-o', 'json']),
    ) as { items: Pod[] };
    const [only, ...more] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return more.length === 0 ? only : undefined;
  });
}

/** Waits until no pod of an earlier template is on its way out: its kubelet deletes it last of all, a write like any other. */
export const noneLeaves = (kubectl: Kubectl, namespace: string): Promise<unknown> =>
  until('the pods of before to be gone', 90, async () => {
    const { items } = JSON.parse(await kubectl.run(['get', 'pods', '-n', namespace, '-o', 'json'])) as {
      items: Pod[];
    };
    return items.every(({ metadata }) => metadata.deletionTimestamp === undefined) ? true : undefined;
  });

/** What the tool says of a call that reached it. */
export interface Came {
  readonly path: string;
  readonly host: string;
  /** Digests of `authorization` and of each header whose name begins with `x-`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly client: string | null;
}

/** Calls the tool whose name ends so through a Service, with a real MCP client that runs where the API server does. */
export async function call(
  { inside }: ClusterAddress,
  kubectl: Kubectl,
  namespace: string,
  service: string,
  tool = 'what_came',
): Promise<Came> {
  const { spec } = await kubectl.get<{ spec: { clusterIP: string; ports: { port: number }[] } }>(
    namespace,
    `service/${service}`,
  );
  const url = `http://${spec.clusterIP}:${spec.ports[0]?.port}/mcp`;
  const [program, ...first] = [...inside, process.execPath];
  const client = path.join(repository, 'test/operators/programs/call.ts');
  const args = [...first, '--import', 'tsx', client, url, tool];
  return until(`the tool behind ${service} to answer`, 60, async () => {
    const { code, stdout, stderr } = await attempt(program, args, { cwd: repository });
    if (code !== 0) throw new Error(stderr.trim());
    return JSON.parse(stdout) as Came;
  });
}
