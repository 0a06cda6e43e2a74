import { helmBinary, helmIn } from '../cluster/helm.ts';
import { Kubectl, type ClusterAddress } from '../cluster/kubectl.ts';
import { base, installSallyport, system } from '../cluster/sallyport.ts';

/** For an installation of another kind: nothing of this one but its empty namespace. */
export async function takenAway(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['delete', '--ignore-not-found', '-k', base]);
  await kubectl.run(['create', 'namespace', system]);
}

/** After a test that installed in another way: the installation that all other tests find. */
export async function installedAsBefore(cluster: ClusterAddress, say: (line: string) => void): Promise<void> {
  const kubectl = new Kubectl(cluster);
  await helmIn(cluster, await helmBinary(say), [
    'uninstall',
    'sallyport',
    '--namespace',
    system,
    '--ignore-not-found',
  ]);
  await kubectl.run(['delete', '--ignore-not-found', '-k', base]);
  await installSallyport(kubectl, say);
}
