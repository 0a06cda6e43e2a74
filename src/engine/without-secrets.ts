import type { Unknown } from '../core/facts.ts';
import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';

const mayNotRead: Unknown = {
  state: 'unknown',
  cause: 'not-asked',
  why: 'this program may not read Secrets',
};

/** For a program that may read no Secret: it does not even ask. */
export const withoutSecrets = (cluster: Cluster): Cluster => ({
  ...cluster,
  facts: (sources) =>
    Promise.resolve(new Map(sources.map((source) => [sourceKey(source), mayNotRead] as const))),
  agentConfig: () => Promise.resolve(mayNotRead),
});
