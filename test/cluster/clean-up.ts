import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { deleteNetwork } from './network.ts';
import { containerdSocket } from './node.ts';
import { attempt, until, type Daemon } from './processes.ts';

interface Remains {
  readonly folder: string;
  readonly namespace: string;
  /** In the order they were started. */
  readonly daemons: readonly Daemon[];
  /** What still writes into the folder. */
  readonly pending: readonly Promise<unknown>[];
}

/** Every step goes on whatever the one before met: a half-started cluster is taken away like a whole one. */
export async function cleanUp({ folder, namespace, daemons, pending }: Remains): Promise<void> {
  // First those that would start things anew: the kubelet and kube-proxy are last, containerd ends after its containers.
  const started = daemons.toReversed();
  const upToContainerd = started.slice(0, Math.max(0, started.length - controlPlanePrograms - 1));
  await Promise.all(upToContainerd.map((daemon) => daemon.stop()));
  await endContainers(folder);
  // The API server closes its watches and its storage in peace, so etcd goes last.
  const [etcd, ...others] = daemons;
  await Promise.all(others.map((daemon) => daemon.stop()));
  await etcd?.stop();
  await endLeftOvers(namespace);
  await unmountBelow(folder);
  await deleteNetwork(namespace);
  await forgetNetwork(folder);
  await forgetLogs(folder);
  await forgetGroups();
  await Promise.allSettled(pending);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** etcd, API server, controller manager, scheduler. */
const controlPlanePrograms = 4;

/** Deleting a task lets its shim take its cgroups and mounts away, which killing it would leave behind. */
async function endContainers(folder: string): Promise<void> {
  const ctr = (...args: string[]) =>
    attempt('ctr', ['-a', containerdSocket(folder), '-n', 'k8s.io', ...args]);
  const { code, stdout } = await ctr('--timeout', '5s', 'tasks', 'ls', '-q');
  const tasks = code === 0 ? stdout.split('\n').filter((id) => id !== '') : [];
  await Promise.all(tasks.map((id) => ctr('--timeout', '10s', 'tasks', 'rm', '--force', id)));
}

/** Whatever still runs in the namespace: shims whose containerd is gone. */
async function endLeftOvers(namespace: string): Promise<void> {
  const running = async () => {
    const { stdout } = await attempt('ip', ['netns', 'pids', namespace]);
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
  };
  await until('the last processes to end', 15, async () => {
    const pids = await running();
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    return pids.length === 0 ? true : undefined;
  }).catch(() => undefined);
}

/** The deepest first, because a mount may be within another. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((mount) => mount.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length);
  for (const mount of mounts) await attempt('umount', ['--lazy', mount]);
}

/** The network library keeps its results in one place for all; ours name our folder. */
async function forgetNetwork(folder: string): Promise<void> {
  const results = '/var/lib/cni/results';
  for (const name of await readdir(results).catch(() => [])) {
    const file = path.join(results, name);
    if ((await readFile(file, 'utf8').catch(() => '')).includes(`${folder}/`)) await rm(file);
  }
}

/** The kubelet links every container's log in a folder whose place nobody can choose. */
async function forgetLogs(folder: string): Promise<void> {
  const links = '/var/log/containers';
  for (const name of await readdir(links).catch(() => [])) {
    const target = await readlink(path.join(links, name)).catch(() => '');
    if (target.startsWith(`${folder}/`)) await rm(path.join(links, name));
  }
}

/** containerd's own control groups, one in each hierarchy. One that another run still uses is not empty and stays. */
async function forgetGroups(): Promise<void> {
  const root = '/sys/fs/cgroup';
  for (const hierarchy of ['.', ...(await readdir(root).catch(() => []))])
    await rmdir(path.join(root, hierarchy, 'k8s.io')).catch(() => undefined);
}
