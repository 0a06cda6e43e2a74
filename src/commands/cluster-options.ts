import type { SourceFact } from '../core/facts.ts';
import type { Cluster } from '../core/cluster.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { watchedFolder } from '../files/folder.ts';

/** In a folder that is the cluster, what is not there does not exist. */
const absent: SourceFact = { state: 'absent' };

/** A folder of YAML as the cluster. It never looks at a kubeconfig. Throws `InputError` when there is no such folder. */
export async function folderCluster(folder: string, onError: (message: string) => void): Promise<Cluster> {
  const documents = watchedFolder(folder, onError);
  await documents();
  return fileCluster(documents, { namespace: 'default', missing: absent });
}

/** A context of the user's kubeconfig; the Kubernetes client is loaded only now. */
export async function contextCluster(context: string): Promise<Cluster> {
  const { kubeCluster, fromContext } = await import('../kube/kube-cluster.ts');
  return kubeCluster(fromContext(context));
}

export async function ownCluster(): Promise<Cluster> {
  const { kubeCluster, inCluster } = await import('../kube/kube-cluster.ts');
  return kubeCluster(inCluster());
}
