import type { TestProject } from 'vitest/node';
import { startCluster, type Cluster } from './cluster.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';
import { installSallyport } from './sallyport.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: ClusterAddress;
  }
}

let cluster: Cluster | undefined;

/** One cluster for all files: each file works in namespaces of its own. */
export async function setup(project: TestProject): Promise<void> {
  cluster = await startCluster((line) => console.log(`cluster: ${line}`));
  try {
    await installSallyport(new Kubectl(cluster.address));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('cluster', cluster.address);
}

export async function teardown(): Promise<void> {
  await cluster?.stop();
}
