import type { SourceFact } from '../core/facts.ts';
import type { Demands } from '../core/inject/resources.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';

/** Long enough for a `kubectl apply` of a folder to read each Secret once, short enough that nobody waits for it. */
const lifeMs = 10_000;
/** Facts are a few hundred bytes each; with this many the cache stays well under 16 MiB. */
const maxEntries = 10_000;

/**
 * A cluster that remembers what it saw a moment ago. Only presence and permission are remembered: a Secret that was
 * missing or could not be read is asked for again, so one created a second ago is found, and so is a right.
 */
export function rememberFacts(cluster: Cluster, now: () => number): Cluster {
  const known = new ShortMemory<SourceFact>(now);
  const allowed = new ShortMemory<true>(now);
  const demanded = new ShortMemory<Demands>(now);
  const { agentConfig, mayUse, namespaceLabels, demands, injectedPods } = cluster;
  return {
    get: (ref, deadline) => cluster.get(ref, deadline),
    ...(agentConfig ? { agentConfig } : {}),
    ...(namespaceLabels ? { namespaceLabels } : {}),
    ...(injectedPods ? { injectedPods } : {}),
    ...(demands
      ? {
          async demands(namespace, deadline) {
            const known = demanded.get(namespace);
            if (known) return known;
            const found = await demands(namespace, deadline);
            demanded.set(namespace, found);
            return found;
          },
        }
      : {}),
    ...(mayUse
      ? {
          async mayUse(requester, secret, deadline) {
            const key = JSON.stringify([requester, sourceKey(secret)]);
            if (allowed.get(key)) return true;
            const may = await mayUse(requester, secret, deadline);
            if (may) allowed.set(key, true);
            return may;
          },
        }
      : {}),
    async facts(sources, deadline) {
      const facts = new Map<string, SourceFact>();
      const unknown: SourceRef[] = [];
      for (const source of sources) {
        const key = sourceKey(source);
        const fact = known.get(key);
        if (fact) facts.set(key, fact);
        else unknown.push(source);
      }
      if (unknown.length === 0) return facts;
      for (const [key, fact] of await cluster.facts(unknown, deadline)) {
        if (fact.state === 'present') known.set(key, fact);
        facts.set(key, fact);
      }
      return facts;
    },
  };
}

/** Keeps each value for its life, and no more of them than fit. */
class ShortMemory<T> {
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.until > this.#now() ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#now() + lifeMs });
    // A Map keeps the order of insertion, so the first key is the oldest.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break;
      this.#entries.delete(oldest);
    }
  }
}
