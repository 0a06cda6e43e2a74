import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';

/** What stands in front counts; what does not is asked of the one behind. */
export function overlay(front: Cluster, behind: Cluster): Cluster {
  return {
    async facts(sources, deadline) {
      const facts = new Map(await front.facts(sources, deadline));
      const open = sources.filter((source) => facts.get(sourceKey(source))?.state !== 'present');
      if (open.length === 0) return facts;
      return new Map([...facts, ...(await behind.facts(open, deadline))]);
    },
    async agentConfig(secret, deadline) {
      const found = await front.agentConfig?.(secret, deadline);
      if (found?.state === 'present') return found;
      return behind.agentConfig?.(secret, deadline) ?? found ?? { state: 'absent' };
    },
    get: async (ref, deadline) => (await front.get(ref, deadline)) ?? behind.get(ref, deadline),
  };
}
