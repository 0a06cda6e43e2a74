import type { Cluster } from '../core/cluster.ts';

/** A cluster for one review, and how long the review waited for its lookups. */
export interface TimedCluster {
  readonly cluster: Cluster;
  /** Milliseconds in which at least one lookup had no result yet. */
  readonly waitedMs: () => number;
}

/** The same cluster, with the time in which the caller waits for it. */
export function timedCluster(cluster: Cluster, now: () => number = () => performance.now()): TimedCluster {
  let [pending, since, waited] = [0, 0, 0];
  async function timed<T>(lookup: Promise<T>): Promise<T> {
    if (pending === 0) since = now();
    pending += 1;
    try {
      return await lookup;
    } finally {
      pending -= 1;
      if (pending === 0) waited += now() - since;
    }
  }
  return {
    waitedMs: () => waited + (pending === 0 ? 0 : now() - since),
    cluster: {
      ...cluster,
      facts: (sources, deadline) => timed(cluster.facts(sources, deadline)),
      get: (ref, deadline) => timed(cluster.get(ref, deadline)),
      may: (requester, action, deadline) => timed(cluster.may(requester, action, deadline)),
      agentConfig: (secret, deadline) => timed(cluster.agentConfig(secret, deadline)),
      namespaceLabels: (namespace, deadline) => timed(cluster.namespaceLabels(namespace, deadline)),
      namespaceConstraints: (namespace, deadline) => timed(cluster.namespaceConstraints(namespace, deadline)),
      injectedPods: (namespace, limit, deadline) => timed(cluster.injectedPods(namespace, limit, deadline)),
    },
  };
}
