import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { coreDnsBinary, kubernetesBinary } from './build.ts';
import { createAuthority, writeKubeconfig } from './certificates.ts';
import { cleanUp } from './clean-up.ts';
import { apiServer, controlPlane, type Program } from './control-plane.ts';
import { coreDns } from './dns.ts';
import { buildImages, importImages, sandboxImage, type MoreImage } from './images.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';
import { createNetwork, inside } from './network.ts';
import { containerd, kubelet, kubeProxy, nodeName } from './node.ts';
import { Daemon, onInterruption, until } from './processes.ts';
import { requireMachine } from './requirements.ts';

export interface Cluster {
  readonly address: ClusterAddress;
  /** Ends every process and takes away every mount, the network and the folder. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

/** What most tests do without. */
interface More {
  readonly images?: readonly MoreImage[];
  readonly dns?: boolean;
}

/** A whole cluster in a network namespace of its own, with all it writes in one folder. */
export async function startCluster(
  say: (line: string) => void,
  { images = [], dns = false }: More = {},
): Promise<Cluster> {
  await requireMachine(say);
  const binary = await kubernetesBinary(say);
  const dnsBinary = dns ? await coreDnsBinary(say) : undefined;
  const started = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-cluster-'));
  // Short, and not shared with another run on this machine.
  const namespace = path.basename(folder);
  const daemons: Daemon[] = [];
  const pending: Promise<unknown>[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= cleanUp({ folder, namespace, daemons, pending }));
  const start = ({ name, command }: Program) => {
    // A signal may come at any moment of the start; what came after the cleaning would stay for ever.
    if (stopping) throw new Error('the cluster is being stopped');
    const log = path.join(folder, 'logs', `${name}.log`);
    // The kubelet of 1.34 can end with a nil pointer when a pod disappears while it starts.
    const restarted = name === 'kubelet' ? say : undefined;
    daemons.push(new Daemon({ name, command: inside(namespace, command), log, restarted }));
  };
  onInterruption(stop, say);
  try {
    const address = await boot({ binary, dnsBinary, folder, namespace, daemons, pending, start, images });
    say(
      `cluster ready in ${((performance.now() - started) / 1000).toFixed(1)} s; its files are in ${folder}`,
    );
    return { address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly binary: string;
  readonly dnsBinary: string | undefined;
  readonly folder: string;
  readonly namespace: string;
  readonly daemons: readonly Daemon[];
  /** What still writes into the folder. */
  readonly pending: Promise<unknown>[];
  readonly start: (program: Program) => void;
  readonly images: readonly MoreImage[];
}

async function boot({
  binary,
  dnsBinary,
  folder,
  namespace,
  daemons,
  pending,
  start,
  images,
}: Parts): Promise<ClusterAddress> {
  await createNetwork(namespace);
  const pki = path.join(folder, 'pki');
  await mkdir(path.join(folder, 'logs'));
  await mkdir(pki, { mode: 0o700 });
  const authority = await createAuthority(pki);
  const admin = await authority.issue('admin', { name: 'admin', group: 'system:masters' });
  const kubeconfig = path.join(pki, 'admin.kubeconfig');
  await writeKubeconfig(kubeconfig, apiServer, authority.certificate, admin);
  const address: ClusterAddress = {
    kubectl: inside(namespace, [binary, 'kubectl']).flat() as [string, ...string[]],
    inside: inside(namespace, []).flat(),
    kubeconfig,
    kubectlCache: path.join(folder, 'kubectl-cache'),
    logs: path.join(folder, 'logs'),
  };
  const kubectl = new Kubectl(address);

  // The images are built while the control plane comes up.
  const layout = buildImages(folder, images);
  pending.push(layout.catch(() => undefined));
  for (const program of await controlPlane({ binary, folder, authority })) start(program);
  const parts = { binary, folder, network: namespace, authority, sandboxImage, dns: dnsBinary !== undefined };
  start(await containerd(parts));
  const alive = () => {
    for (const daemon of daemons) daemon.mustRun();
  };
  await until('the API server', 60, () => {
    alive();
    return kubectl.run(['get', '--raw', '/readyz']);
  });
  await importImages(folder, await layout);
  start(await kubelet(parts));
  start(await kubeProxy(parts));
  if (dnsBinary !== undefined) start(await coreDns({ binary: dnsBinary, folder, authority }));
  await until('the node to be ready', 60, () => {
    alive();
    return kubectl.run(['wait', 'node', nodeName, '--for=condition=Ready', '--timeout=5s']);
  });
  // Pods are refused until their service account exists.
  await until('the default service account', 30, () => kubectl.run(['get', 'serviceaccount', 'default']));
  alive();
  return address;
}
