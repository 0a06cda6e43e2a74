import { fieldsAt, textAt } from '../core/k8s/objects.ts';
import { objectKey, type ObjectRef } from '../core/model.ts';
import type { Cluster, CustomResourceRef } from '../core/cluster.ts';
import type { Settings } from './engine.ts';

export type FollowedKind = Pick<CustomResourceRef, 'group' | 'plural' | 'versions'>;

/** The version of an object that is stored now, or `absent`; `unknown` while no watch is open. */
export type StoredVersion = (
  kind: FollowedKind,
  namespace: string,
  name: string,
) =>
  | { readonly state: 'present'; readonly resourceVersion: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown' };

/** As JSON, of which a character is mostly a byte. What was used longest ago is forgotten. */
const maxCharacters = 4 * 1024 * 1024;
/** A larger one is asked for each time, so that it does not drive out many others. */
const maxCharactersOfOne = 64 * 1024;
/** Another version of the kind may be served by then, and is read in that version. */
const lifeMs = 10 * 60_000;

interface Kept {
  readonly ref: ObjectRef;
  readonly version: object;
  readonly text: string;
  readonly resourceVersion: string;
  readonly until: number;
}

/** Kinds that pods name, as the roles of the manifests permit it: no ConfigMaps, and no workloads. */
export const isFollowed =
  (settings: () => Settings) =>
  ({ group, kind }: Pick<CustomResourceRef, 'group' | 'kind'>): boolean =>
    group !== '' && settings().kinds.find(group, kind)?.injectable === true;

interface Remembering {
  /** Whether resources of this kind are remembered: a watch of theirs must be allowed. */
  readonly follows: (kind: Pick<CustomResourceRef, 'group' | 'kind'>) => boolean;
  readonly storedVersion: StoredVersion;
  /** In milliseconds, from any point. */
  readonly now: () => number;
}

/**
 * A cluster that answers with a resource it got before, as long as a watch says that the same version is stored. What does
 * not exist is asked for unless `eventual` says otherwise, and so is everything while there is no watch.
 */
export function rememberResources(cluster: Cluster, { follows, storedVersion, now }: Remembering): Cluster {
  const kept = new Map<string, Kept>();
  let characters = 0;

  const forget = (key: string) => {
    characters -= kept.get(key)?.text.length ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, one: Kept) => {
    forget(key);
    kept.set(key, one);
    characters += one.text.length;
    // A Map keeps the order of insertion, so the first key is the one that was used longest ago.
    for (const oldest of kept.keys()) {
      if (characters <= maxCharacters) break;
      forget(oldest);
    }
  };

  return {
    ...cluster,
    async get(wanted, deadline) {
      if (!follows(wanted)) return cluster.get(wanted, deadline);
      const key = objectKey(wanted);
      const before = kept.get(key);
      // The first question about a kind starts its watch, whether or not something is kept.
      const stored = storedVersion(wanted, wanted.namespace, wanted.name);
      if (wanted.eventual && stored.state === 'absent') return stored;
      const isCurrent = stored.state === 'present' && stored.resourceVersion === before?.resourceVersion;
      if (before && isCurrent && now() < before.until) {
        kept.delete(key);
        kept.set(key, before);
        const { ref, version, text } = before;
        return { state: 'present', ref, version, object: JSON.parse(text) as unknown };
      }
      const answer = await cluster.get(wanted, deadline);
      if (answer.state !== 'present') {
        forget(key);
        return answer;
      }
      const { object, ref } = answer;
      const resourceVersion = textAt(fieldsAt(object, 'metadata'), 'resourceVersion');
      const text = JSON.stringify(object);
      if (resourceVersion === '' || text.length > maxCharactersOfOne) {
        forget(key);
        return answer;
      }
      const version = {};
      keep(key, { ref, version, text, resourceVersion, until: now() + lifeMs });
      return { ...answer, version };
    },
  };
}
