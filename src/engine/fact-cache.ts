import { createHash } from 'node:crypto';
import type { SourceFact } from '../core/facts.ts';
import type { KnownConstraints } from '../core/inject/resources.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';
import type { Requester } from '../core/review/admission.ts';

/** Long enough for a `kubectl apply` of a folder to read each Secret once, short enough that nobody waits for it. */
const lifeMs = 10_000;
/** At most so many entries, and facts of at most so many bytes: a namespace's owner chooses how many keys a Secret has. */
const maxEntries = 10_000;
const maxFactBytes = 16 * 1024 * 1024;
/** What an entry takes besides its texts, and a key besides its name. */
const [entryBytes, keyBytes] = [300, 60];

/**
 * A cluster that remembers what it saw a moment ago. Only presence and permission are remembered: a Secret that was
 * missing or could not be read is asked for again, so one created a second ago is found, and so is a right.
 */
export function rememberFacts(cluster: Cluster, now: () => number): Cluster {
  const known = new ShortMemory<SourceFact>(now, bytesOf);
  const digests = new WeakMap<Requester, string>();
  /** A requester's `extra` may be of any size, so it is never part of a key. */
  const digestOf = (requester: Requester): string => {
    const digest =
      digests.get(requester) ?? createHash('sha256').update(JSON.stringify(requester)).digest('base64');
    digests.set(requester, digest);
    return digest;
  };
  const allowed = new ShortMemory<true>(now);
  const demanded = new ShortMemory<KnownConstraints>(now);
  return {
    ...cluster,
    async namespaceConstraints(namespace, deadline) {
      const known = demanded.get(namespace);
      if (known) return { state: 'present', ...known };
      const found = await cluster.namespaceConstraints(namespace, deadline);
      if (found.state === 'present' && found.unread.length === 0) demanded.set(namespace, found);
      return found;
    },
    async may(requester, action, deadline) {
      const { verb, group, resource, namespace, name } = action;
      const key = JSON.stringify([digestOf(requester), verb, group, resource, namespace, name ?? null]);
      if (allowed.get(key)) return 'yes';
      const answer = await cluster.may(requester, action, deadline);
      if (answer === 'yes') allowed.set(key, true);
      return answer;
    },
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

/** About what a fact holds in memory. */
function bytesOf(fact: SourceFact): number {
  if (fact.state !== 'present') return 0;
  const texts = [
    ...fact.keys.keys(),
    ...(fact.upstreams ?? []),
    ...(fact.upstreamCas ?? []),
    ...[...(fact.labels ?? [])].flat(),
  ];
  return texts.reduce((sum, text) => sum + text.length + keyBytes, 0);
}

interface Entry<T> {
  readonly value: T;
  readonly until: number;
  readonly bytes: number;
}

/** Keeps each value for its life, and no more of them than fit. */
class ShortMemory<T> {
  readonly #now: () => number;
  readonly #bytesOf: (value: T) => number;
  readonly #entries = new Map<string, Entry<T>>();
  #bytes = 0;

  constructor(now: () => number, weigh: (value: T) => number = () => 0) {
    this.#now = now;
    this.#bytesOf = weigh;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.until > this.#now() ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    this.#delete(key);
    const bytes = key.length + entryBytes + this.#bytesOf(value);
    this.#entries.set(key, { value, until: this.#now() + lifeMs, bytes });
    this.#bytes += bytes;
    // A Map keeps the order of insertion, so the first key is the oldest.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxFactBytes) break;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
