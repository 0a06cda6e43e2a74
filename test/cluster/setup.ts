import type { TestProject } from 'vitest/node';
import { startCluster, type Cluster } from './cluster.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';
import { installSallyport } from './sallyport.ts';
import { useCluster } from './somebodys-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: ClusterAddress;
  }
}

let cluster: Cluster | undefined;

/** One cluster for all files, each in namespaces of its own: the one KUBECONFIG names, or one made for this run. */
export async function setup(project: TestProject): Promise<void> {
  const say = (line: string) => console.log(`cluster: ${line}`);
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  cluster = kubeconfig === '' ? await startCluster(say) : await useCluster(kubeconfig, say);
  try {
    await installSallyport(new Kubectl(cluster.address), say);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('cluster', cluster.address);
}

export async function teardown(): Promise<void> {
  await cluster?.stop();
}
