import type { TestProject } from 'vitest/node';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { configured, installSallyport } from '../cluster/sallyport.ts';
import { operatorImages } from './images.ts';
import { installOperators } from './install.ts';

let cluster: Cluster | undefined;

/** A cluster with Sallyport, its families switched on, and the operators as their own charts set them up. */
export async function setup(project: TestProject): Promise<void> {
  const say = (line: string) => console.log(`operators: ${line}`);
  cluster = await startCluster(say, await operatorImages(say));
  try {
    const kubectl = new Kubectl(cluster.address);
    await installSallyport(kubectl, say);
    await configured(kubectl, { inject: { families: { toolhive: true } } });
    await installOperators(kubectl);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('cluster', cluster.address);
}

export async function teardown(): Promise<void> {
  await cluster?.stop();
}
