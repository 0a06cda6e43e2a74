import type { SourceFact } from '../core/facts.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';

/** Long enough for a `kubectl apply` of a folder to read each Secret once, short enough that nobody waits for it. */
const lifeMs = 10_000;
/** Facts are a few hundred bytes each; with this many the cache stays well under 16 MiB. */
const maxEntries = 10_000;

interface Entry {
  readonly fact: SourceFact;
  readonly until: number;
}

/**
 * A cluster that remembers what it saw a moment ago. Only presence is remembered: a Secret that was missing or could
 * not be read is asked for again, so one created a second ago is found.
 */
export function rememberFacts(cluster: Cluster, now: () => number): Cluster {
  const entries = new Map<string, Entry>();
  const remember = (key: string, fact: SourceFact) => {
    entries.delete(key);
    if (fact.state !== 'present') return;
    entries.set(key, { fact, until: now() + lifeMs });
    // A Map keeps the order of insertion, so the first key is the oldest.
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
  };
  const { mayUse, namespaceLabels } = cluster;
  return {
    get: (ref, deadline) => cluster.get(ref, deadline),
    ...(mayUse ? { mayUse } : {}),
    ...(namespaceLabels ? { namespaceLabels } : {}),
    async facts(sources, deadline) {
      const facts = new Map<string, SourceFact>();
      const unknown: SourceRef[] = [];
      for (const source of sources) {
        const key = sourceKey(source);
        const entry = entries.get(key);
        if (entry && entry.until > now()) facts.set(key, entry.fact);
        else unknown.push(source);
      }
      if (unknown.length === 0) return facts;
      for (const [key, fact] of await cluster.facts(unknown, deadline)) {
        remember(key, fact);
        facts.set(key, fact);
      }
      return facts;
    },
  };
}
