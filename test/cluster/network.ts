import { attempt, run } from './processes.ts';

/** The addresses are the same in every run: each cluster has a network namespace of its own, and nothing leaves it. */
export const nodeAddress = '10.244.0.1';
export const podRange = '10.244.0.0/24';
export const clusterRange = '10.244.0.0/16';
export const serviceRange = '10.96.0.0/16';
export const apiServiceAddress = '10.96.0.1';
export const bridge = 'kbr0';
export const clusterDomain = 'cluster.local';

/**
 * The command line of a program inside the namespace. Not `ip netns exec`: that mounts /sys anew and hides the
 * cgroups the kubelet looks for.
 */
export const inside = (namespace: string, command: readonly string[]): [string, string[]] => [
  'nsenter',
  [`--net=/var/run/netns/${namespace}`, ...command],
];

export async function createNetwork(namespace: string): Promise<void> {
  await run('ip', ['netns', 'add', namespace]);
  const ip = (...args: string[]) => run(...inside(namespace, ['ip', ...args]));
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('addr', 'add', `${nodeAddress}/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  await ip('route', 'add', 'default', 'dev', bridge);
}

/** Takes the bridge and every rule inside with it. */
export async function deleteNetwork(namespace: string): Promise<void> {
  await attempt('ip', ['netns', 'delete', namespace]);
}
