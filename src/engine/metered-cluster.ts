import type { Cluster } from '../core/cluster.ts';

/** Counts a lookup: what was looked up, the outcome, and after how many seconds. */
type Count = (what: string, outcome: string, seconds: number) => void;

/** The same cluster, whose lookups are counted. */
export function meteredCluster(cluster: Cluster, count: Count, now: () => number): Cluster {
  async function counted<T>(what: string, outcome: (found: T) => string, lookup: Promise<T>): Promise<T> {
    const started = now();
    const found = await lookup;
    count(what, outcome(found), (now() - started) / 1000);
    return found;
  }
  return {
    ...cluster,
    async facts(sources, deadline) {
      const started = now();
      const facts = await cluster.facts(sources, deadline);
      for (const fact of facts.values()) count('secret', outcomeOf(fact), (now() - started) / 1000);
      return facts;
    },
    get: (ref, deadline) => counted('resource', outcomeOf, cluster.get(ref, deadline)),
    agentConfig: (secret, deadline) => counted('agent', outcomeOf, cluster.agentConfig(secret, deadline)),
    may: (requester, action, deadline) =>
      counted(
        'access',
        (fact) => (typeof fact === 'string' ? fact : fact.cause),
        cluster.may(requester, action, deadline),
      ),
    namespaceLabels: (namespace, deadline) =>
      counted('namespace', answered, cluster.namespaceLabels(namespace, deadline)),
    namespaceConstraints: (namespace, deadline) =>
      counted('demands', answered, cluster.namespaceConstraints(namespace, deadline)),
    injectedPods: (namespace, limit, deadline) =>
      counted('pods', answered, cluster.injectedPods(namespace, limit, deadline)),
  };
}

interface Outcome {
  readonly state: string;
  readonly cause?: string;
}

/** Whether it exists, or why that is not known. */
const outcomeOf = ({ state, cause }: Outcome): string => cause ?? state;
/** For what is asked of every namespace, and is there or not without a difference. */
const answered = ({ cause }: Outcome): string => cause ?? 'answered';
