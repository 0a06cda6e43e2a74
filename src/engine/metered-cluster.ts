import { unknownOf, type Cluster, type Deadline } from '../core/ports.ts';

/** Hears of every lookup: what was asked for, what came of it, and after how many seconds. */
type Heard = (what: string, outcome: string, seconds: number) => void;

/** The same cluster, and somebody counts what it is asked for. */
export function meteredCluster(cluster: Cluster, heard: Heard, now: () => number): Cluster {
  async function counted<T>(what: string, outcome: (found: T) => string, ask: Promise<T>): Promise<T> {
    const started = now();
    const took = () => (now() - started) / 1000;
    try {
      const found = await ask;
      heard(what, outcome(found), took());
      return found;
    } catch (error) {
      heard(what, unknownOf(error).cause, took());
      throw error;
    }
  }
  const answered = () => 'answered';
  const { agentConfig, may, namespaceLabels, demands, injectedPods } = cluster;
  return {
    async facts(sources, deadline) {
      const started = now();
      const facts = await cluster.facts(sources, deadline);
      for (const fact of facts.values()) heard('secret', outcomeOf(fact), (now() - started) / 1000);
      return facts;
    },
    get: (ref, deadline) =>
      counted('resource', (found) => (found ? 'present' : 'absent'), cluster.get(ref, deadline)),
    ...(agentConfig
      ? {
          agentConfig: (secret, deadline) => counted('agent', outcomeOf, agentConfig(secret, deadline)),
        }
      : {}),
    ...(may
      ? {
          may: (requester, action, deadline) =>
            counted('access', (allowed) => (allowed ? 'yes' : 'no'), may(requester, action, deadline)),
        }
      : {}),
    ...(namespaceLabels
      ? {
          namespaceLabels: (namespace: string, deadline: Deadline) =>
            counted('namespace', answered, namespaceLabels(namespace, deadline)),
        }
      : {}),
    ...(demands
      ? {
          demands: (namespace: string, deadline: Deadline) =>
            counted('demands', answered, demands(namespace, deadline)),
        }
      : {}),
    ...(injectedPods
      ? {
          injectedPods: (namespace: string, limit: number, deadline: Deadline) =>
            counted('pods', answered, injectedPods(namespace, limit, deadline)),
        }
      : {}),
  };
}

/** Whether it is there, or why that is not known. */
const outcomeOf = (fact: { readonly state: string; readonly cause?: string }): string =>
  fact.cause ?? fact.state;
