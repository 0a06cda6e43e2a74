import type { TestProject } from 'vitest/node';
import type { Cluster } from './cluster.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: ClusterAddress;
  }
}

interface Provided {
  readonly start: (say: (line: string) => void) => Promise<Cluster>;
  /** What every file finds in it. */
  readonly install: (kubectl: Kubectl, say: (line: string) => void) => Promise<void>;
}

/** One cluster for all files of a project, each in namespaces of its own, as vitest's global setup. */
export function provides(name: string, { start, install }: Provided) {
  const say = (line: string) => console.log(`${name}: ${line}`);
  let cluster: Cluster | undefined;
  const teardown = async (): Promise<void> => {
    await cluster?.stop();
  };
  const setup = async (project: TestProject): Promise<void> => {
    cluster = await start(say);
    try {
      await install(new Kubectl(cluster.address), say);
    } catch (error) {
      await teardown();
      throw error;
    }
    project.provide('cluster', cluster.address);
  };
  return { setup, teardown };
}
