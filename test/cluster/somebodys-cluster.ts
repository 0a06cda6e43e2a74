import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kubernetesBinary } from './build.ts';
import type { Cluster } from './cluster.ts';
import { images } from './images.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';
import { namespace, testNamespace } from './objects.ts';
import { onInterruption, until } from './processes.ts';
import { isThere } from './requirements.ts';
import { definitionNames, uninstallSallyport, webhookConfigurations } from './sallyport.ts';

/** A cluster that is there already: nothing is started, and nothing that was in it is changed. */
export async function useCluster(kubeconfig: string, say: (line: string) => void): Promise<Cluster> {
  const kubectlCache = await mkdtemp(path.join(tmpdir(), 'sallyport-kubectl-'));
  const forget = () => rm(kubectlCache, { recursive: true, force: true });
  try {
    const address: ClusterAddress = {
      kubectl: isThere('kubectl') ? ['kubectl'] : [await kubernetesBinary(say), 'kubectl'],
      inside: [],
      kubeconfig,
      kubectlCache,
      logs: undefined,
    };
    const kubectl = new Kubectl(address);
    const context = await kubectl.run(['config', 'current-context']);
    say(
      `NOTHING IS STARTED: KUBECONFIG is set, so the tests run in the cluster of context ${context.trim()}`,
    );
    await refuseIfInUse(kubectl);
    const before = await definitionNames(kubectl);
    let stopping: Promise<void> | undefined;
    const cleanUp = async () => {
      try {
        await uninstallSallyport(kubectl, before);
      } finally {
        await forget();
      }
    };
    const stop = () => (stopping ??= cleanUp());
    onInterruption(stop, say);
    try {
      await requireImages(kubectl);
    } catch (error) {
      await stop();
      throw error;
    }
    return { address, stop };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** What the tests end with is deleting: that must never meet an installation somebody uses. */
async function refuseIfInUse(kubectl: Kubectl): Promise<void> {
  const installed = await kubectl.run(['get', `namespace,${webhookConfigurations}`, '-o', 'name']);
  const ours = installed
    .split('\n')
    .filter((name) => /\/(sallyport|sallyport-system|sallyport-test-.*)$/.test(name));
  if (ours.length > 0)
    throw new Error(
      `Sallyport, or what an earlier run left, is in this cluster; if nobody needs it: kubectl delete ${ours.join(' ')}`,
    );
}

interface Pulling {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly imageID: string;
      readonly state: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** All four at once, before anything waits for a pod that will never start. */
async function requireImages(kubectl: Kubectl): Promise<void> {
  const ns = testNamespace('images');
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  await kubectl.apply(namespace(ns), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name: 'images' },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers },
  });
  const missing = await until('the images to be found', 120, async () => {
    const { status } = await kubectl.get<Pulling>(ns, 'pod/images');
    const found = status.containerStatuses ?? [];
    const absent = found.filter(({ state }) => /^ErrImage|^ImagePull/.test(state.waiting?.reason ?? ''));
    const settled = found.filter((one) => one.imageID !== '' || absent.includes(one)).length;
    return settled === containers.length ? absent.map(({ name }) => name) : undefined;
  });
  await kubectl.run(['delete', 'namespace', ns]);
  if (missing.length === 0) return;
  const names = containers.filter(({ name }) => missing.includes(name)).map(({ image }) => image);
  throw new Error(
    `The cluster cannot pull ${names.join(', ')}: no registry has them. ` +
      'npm run images -- FILE writes them into one archive, for kind load image-archive FILE ' +
      'or minikube image load FILE.',
  );
}
