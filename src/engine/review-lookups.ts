import type { SourceFact, Unknown } from '../core/facts.ts';
import { maxLookupsPerReview } from '../core/limits.ts';
import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';

const tooMany: Unknown = {
  state: 'unknown',
  cause: 'too-many',
  why: `the review would need more than ${maxLookupsPerReview} lookups`,
};

/**
 * The same cluster for one review, with a limit on its lookups. What is over the limit is unknown. A remembered answer
 * counts like any other, so that the same object always gets the same answer.
 */
export function reviewLookups(cluster: Cluster): Cluster {
  let left: number = maxLookupsPerReview;
  /** How many of so many may still be made. */
  const take = (wanted: number): number => {
    const granted = Math.min(wanted, left);
    left -= granted;
    return granted;
  };
  const whole = <T>(requests: number, lookUp: () => Promise<T>): Promise<T | Unknown> =>
    take(requests) === requests ? lookUp() : Promise.resolve(tooMany);
  return {
    ...cluster,
    async facts(sources, deadline) {
      const granted = sources.slice(0, take(sources.length));
      const facts = granted.length === 0 ? [] : await cluster.facts(granted, deadline);
      const cut = sources.slice(granted.length);
      return new Map<string, SourceFact>([
        ...facts,
        ...cut.map((source) => [sourceKey(source), tooMany] as const),
      ]);
    },
    // It is asked for in one version after the other.
    get: (ref, deadline) => whole(ref.versions.length, () => cluster.get(ref, deadline)),
    may: (requester, action, deadline) => whole(1, () => cluster.may(requester, action, deadline)),
    agentConfig: (secret, deadline) => whole(1, () => cluster.agentConfig(secret, deadline)),
  };
}
