import { injectedLabel, podAnnotations } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import type { ConfigEntry } from '../contracts/config-step-contract.ts';
import { factOf, references, type Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import { neededByProxy, serverRef, type KeyRef, type McpServer } from '../model.ts';
import { maxConfigBytes } from '../contracts/contract-checks.ts';
import { encodeProxyConfig, type OnMissing, type ProxyServer } from '../contracts/proxy-contract.ts';
import { serverUrlOf } from '../server-url.ts';
import { PodPatchBuilder } from './pod-patch-builder.ts';
import { applyEdits } from './apply.ts';
import {
  configStep,
  configStepName,
  configStepText,
  configVolume,
  configCopyName,
  type OwnConfig,
} from './config-step.ts';
import { pointer, type Edit } from './edit.ts';
import { indistinct } from './forward.ts';
import { egressOf } from './egress.ts';
import { foreignMounts } from './foreign-mounts.ts';
import { plainEgress } from './plain-egress.ts';
import { planHeaders } from './headers.ts';
import { localUrl } from './mcp-config.ts';
import { podFinding } from './pod-finding.ts';
import { annotationPath, fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';
import { allocatePorts, declaredPorts } from './port-allocation.ts';
import type { ChosenServer } from './resolve.ts';
import type { Selection } from './select.ts';
import { fitResources, noConstraints, type NamespaceConstraints } from './resources.ts';
import { sharedSecrets } from './shared-secrets.ts';
import { sidecar, sidecarName } from './sidecar.ts';
import { bundleDir, noTokenVolume, serverMounts, serverVolume, type ServerVolume } from './volumes.ts';

/** What a pod is to get, whoever asked for it. */
export interface Order {
  readonly chosen: readonly ChosenServer[];
  readonly settings: Pick<Selection, 'pinnedPorts' | 'logLevel' | 'memoryLimit' | 'forward'>;
  readonly onMissing: OnMissing;
  readonly delivery: Delivery;
  /** Servers of the pod that stay as its operator wrote them, each with the reason. */
  readonly left?: readonly string[];
}

/** How the app comes to call its servers where the proxy listens. */
export interface Delivery {
  /** Besides the servers' own. */
  readonly volumes: readonly { readonly volume: Fields; readonly explain: string }[];
  /** The sidecar's place among the init containers. */
  readonly sidecarAt: number;
  /** Changes the app's containers; gives back what its author should know. */
  toApp(
    additions: PodPatchBuilder,
    servers: readonly PlannedServer[],
    forwardPort: number | undefined,
  ): Finding[];
  /** A configuration of the operator's own that is written anew before the app starts. */
  readonly config?: {
    readonly own: OwnConfig;
    entries(servers: readonly PlannedServer[]): readonly ConfigEntry[];
  };
  readonly annotations: readonly {
    readonly key: string;
    readonly value: (servers: readonly PlannedServer[]) => string;
    readonly explain: string;
  }[];
}

export type Plan =
  | {
      readonly kind: 'planned';
      readonly edits: readonly Edit[];
      readonly servers: readonly PlannedServer[];
      /** What its author should know, and what no addition of ours can mend. */
      readonly warnings: readonly Finding[];
    }
  | { readonly kind: 'denied'; readonly findings: readonly Finding[] };

/** What one server becomes in the pod. */
export interface PlannedServer {
  readonly name: string;
  readonly server: McpServer;
  readonly port: number;
  /** Where the app calls it. */
  readonly url: string;
  readonly volume: ServerVolume;
  readonly config: ProxyServer;
}

/** The edits that give a pod its servers, or why it cannot have them. Deterministic: the same input, the same bytes. */
export function planInjection(
  pod: Fields,
  { chosen, settings, onMissing, delivery, left = [] }: Order,
  platform: Pick<Configuration['inject'], 'image' | 'acceptedImages' | 'ports'>,
  {
    facts,
    constraints = noConstraints,
  }: { readonly facts: Facts; readonly constraints?: NamespaceConstraints | undefined },
): Plan {
  const sorted = chosen.toSorted(
    (a, b) => compare(serverRef(a.server), serverRef(b.server)) || compare(a.name, b.name),
  );
  const taken = declaredPorts(withoutOurs(pod));
  const ports = allocatePorts(sorted, taken, settings, platform.ports);
  const intrusions = foreignMounts(pod);
  if (ports.kind === 'denied') return { kind: 'denied', findings: [...ports.findings, ...intrusions] };
  if (intrusions.length > 0) return { kind: 'denied', findings: intrusions };

  const servers = sorted.map((one, i) => planServer(one, ports.plan.servers[i] ?? 0, facts));
  const egress = egressOf(pod);
  const exposed = plainEgress(egress, servers);
  if (exposed.length > 0) return { kind: 'denied', findings: exposed };
  const forwardPort = ports.plan.forward;
  const alike = forwardPort === undefined ? [] : indistinct(servers);
  if (alike.length > 0) return { kind: 'denied', findings: alike };
  const config = encodeProxyConfig({
    version: 1,
    admin: ports.plan.admin,
    onMissing,
    servers: servers.map((server) => server.config),
    ...(settings.forward === undefined || forwardPort === undefined
      ? {}
      : { forward: { port: forwardPort, others: settings.forward } }),
  });
  const { own } = delivery.config ?? {};
  const step = own && configStepText(own, delivery.config?.entries(servers) ?? []);
  const size = Math.max(...[config, step ?? ''].map((text) => Buffer.byteLength(text)));
  if (size > maxConfigBytes) return { kind: 'denied', findings: [tooLarge(size, servers.length)] };

  const fitted = fitResources(withoutOurs(pod), settings.memoryLimit, constraints);
  if (fitted.kind === 'no-room') return { kind: 'denied', findings: [noRoom(fitted.problem)] };

  const images = [platform.image, ...platform.acceptedImages];
  const additions = new PodPatchBuilder(pod, { images, ownUids: constraints.ownUids });
  addVolumes(additions, servers, delivery);
  // Before ours: they move the init containers after them down.
  const told = delivery.toApp(additions, servers, forwardPort);
  if (own) mountCopy(additions, own);
  // What an operator's own variables brought may be gone by now; what is only added to brings nothing less.
  const removed = additions.edits.some(({ op }) => op !== 'add');
  const shared = sharedSecrets(removed ? applyEdits(pod, additions.edits) : pod, secretsOf(chosen));
  const common = {
    image: platform.image,
    noTokenVolume: noTokenVolume().name,
    resources: fitted.resources,
    ownUids: constraints.ownUids,
  };
  additions.container(
    sidecar({
      ...common,
      config,
      logLevel: settings.logLevel,
      egress: egress.variables,
      adminPort: ports.plan.admin,
      serverVolumes: servers.flatMap((server) => serverMounts(server.config)),
    }),
    `container ${sidecarName} (native sidecar${delivery.sidecarAt === 0 ? ', first' : ''}): listens on 127.0.0.1 for ${servers.map(({ name, port }) => `${name} at ${port}`).join(', ')}${forwardPort === undefined ? '' : `, and for HTTP_PROXY at ${forwardPort}`}; probes and metrics at ${ports.plan.admin}`,
    delivery.sidecarAt,
  );
  if (!own || step === undefined) additions.without(configStepName);
  else
    additions.container(
      configStep(own, step, common),
      `container ${configStepName} (before ${sidecarName}): writes a new ${own.file} for container ${own.container.name}`,
      delivery.sidecarAt,
    );
  addMetadata(additions, servers, delivery, left);
  if (additions.findings.length > 0) return { kind: 'denied', findings: additions.findings };
  return { kind: 'planned', edits: additions.edits, servers, warnings: [...told, ...shared] };
}

const tooLarge = (size: number, servers: number): Finding =>
  podFinding(
    'MCP504',
    annotationPath(podAnnotations.servers),
    `the configuration of the proxy for ${servers} servers has ${size} bytes, over the limit of ${maxConfigBytes}`,
    'it would not fit into the pod',
    `remove servers from ${podAnnotations.servers}, or use several pods`,
  );

const noRoom = (problem: string): Finding =>
  podFinding(
    'MCP503',
    Path.fields('spec'),
    problem,
    'the API server would reject the proxy, or the kernel would kill it',
    'raise the limit, lower the resources of the other containers, or run the pod in another namespace',
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What one server becomes; its URL must be usable. */
export function planServer({ name, server }: ChosenServer, port: number, facts: Facts): PlannedServer {
  const parsed = server.url && serverUrlOf(server.url.value);
  if (parsed?.kind !== 'valid') throw new Error('a server without a usable URL reached the planner');
  const url = new URL(parsed.url);
  url.hash = '';
  const headers = planHeaders(server);
  const ca = usableCa(server, facts);
  const volume = serverVolume(server, name, headers, ca);
  const secure = url.protocol === 'https:';
  const config: ProxyServer = {
    name,
    ref: serverRef(server),
    port,
    transport: server.transport === 'sse' ? 'sse' : 'http',
    upstream: url.href,
    dir: volume.dir,
    headers: headers.map(({ header }) => header),
    bundles: server.headerSecrets.map((_, i) => ({ dir: bundleDir(i), conflict: 'override' })),
    tls: secure
      ? {
          cert: server.tls.client ? '+/tls.crt' : null,
          key: server.tls.client ? '+/tls.key' : null,
          ca: ca ? '+/ca.crt' : null,
          roots: server.tls.roots,
          verify: server.tls.unverified === undefined,
        }
      : null,
    sources: volume.sources,
  };
  return { name, server, port, url: localUrl(config), volume, config };
}

/** A CA that may stand beside a client certificate counts only when it is known to be there. */
function usableCa(server: McpServer, facts: Facts): KeyRef | undefined {
  const ca = server.tls.ca;
  if (!ca?.optional) return ca;
  const fact = factOf(facts, ca.source);
  return fact.state === 'present' && fact.keys.has(ca.key) ? ca : undefined;
}

function addVolumes(additions: PodPatchBuilder, servers: readonly PlannedServer[], delivery: Delivery): void {
  const noToken = noTokenVolume();
  additions.volumes([
    ...servers.flatMap(({ name, volume: { volumes, sources } }) => {
      const files = Object.entries(sources).map(([file, source]) => ({ file, text: `${source} as ${file}` }));
      const further = volumes.slice(1).map((_, i) => bundleDir(i + 1));
      return volumes.map((volume, i) => {
        const inIt = files.filter(({ file }) => (i === 0 ? !further.includes(file) : file === bundleDir(i)));
        const holds = inIt.map(({ text }) => text).join(', ') || 'no Secrets';
        const explain = `volume ${textAt(volume, 'name')} for ${name}: ${holds}; mounted in ${sidecarName} only`;
        return { volume, explain };
      });
    }),
    ...delivery.volumes,
    ...(delivery.config
      ? [{ volume: configVolume(), explain: `a volume in memory for the file that ${configStepName} writes` }]
      : []),
    {
      volume: noToken.volume,
      explain: `volume ${noToken.name}: empty, so that ${sidecarName} gets no token for the API server`,
    },
  ]);
}

const secretsOf = (chosen: readonly ChosenServer[]): ReadonlySet<string> =>
  new Set(
    chosen.flatMap(({ server }) =>
      references(neededByProxy(server)).flatMap(({ source }) =>
        source.kind === 'Secret' ? [source.name] : [],
      ),
    ),
  );

function addMetadata(
  additions: PodPatchBuilder,
  servers: readonly PlannedServer[],
  delivery: Delivery,
  left: readonly string[],
): void {
  const status = servers.map(({ name, server, port, volume }) => ({
    name,
    ref: serverRef(server),
    ...(server.owner.uid === undefined ? {} : { uid: server.owner.uid }),
    ...(server.owner.generation === undefined ? {} : { generation: server.owner.generation }),
    port,
    volume: volume.name,
  }));
  for (const { key, value, explain } of delivery.annotations)
    additions.metadata('annotations', key, value(servers), explain);
  additions.metadata(
    'annotations',
    podAnnotations.status,
    // What is left first: kubectl describe shows the beginning.
    JSON.stringify({ ...(left.length === 0 ? {} : { left }), servers: status }),
    `annotation ${podAnnotations.status}: what was injected, for people`,
  );
  additions.metadata('labels', injectedLabel, 'true', `label ${injectedLabel}: "true", for kubectl get -l`);
}

/** The app mounts the copy in place of the operator's volume. */
function mountCopy(additions: PodPatchBuilder, { container, mount, file }: OwnConfig): void {
  additions.rewrite(
    pointer('spec', container.list, container.index, 'volumeMounts', mount, 'name'),
    configCopyName,
    `container ${container.name}: reads the new ${file}, which calls its servers through the proxy`,
  );
}

/** The pod without the containers that Sallyport generates. */
export function withoutOurs(pod: Fields): Fields {
  const spec = fieldsAt(pod, 'spec');
  const others = (list: string) =>
    listAt(spec, list).filter((one) => !ownContainers.has(textAt(one, 'name')));
  return {
    ...pod,
    spec: { ...spec, initContainers: others('initContainers'), containers: others('containers') },
  };
}

const ownContainers: ReadonlySet<string> = new Set([sidecarName, configStepName]);
