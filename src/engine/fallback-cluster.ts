import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';

/** Reads what `front` has from there, and everything else from `behind`. */
export function overlay(front: Cluster, behind: Cluster): Cluster {
  return {
    ...behind,
    async facts(sources, deadline) {
      const facts = new Map(await front.facts(sources, deadline));
      const open = sources.filter((source) => facts.get(sourceKey(source))?.state !== 'present');
      if (open.length === 0) return facts;
      return new Map([...facts, ...(await behind.facts(open, deadline))]);
    },
    async agentConfig(secret, deadline) {
      const found = await front.agentConfig(secret, deadline);
      return found.state === 'present' ? found : behind.agentConfig(secret, deadline);
    },
    async namespaceLabels(namespace, deadline) {
      const found = await front.namespaceLabels(namespace, deadline);
      return found.state === 'present' ? found : behind.namespaceLabels(namespace, deadline);
    },
    async get(ref, deadline) {
      const found = await front.get(ref, deadline);
      return found.state === 'present' ? found : behind.get(ref, deadline);
    },
  };
}
