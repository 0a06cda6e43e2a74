import type { Fields } from '../k8s/objects.ts';
import { skipped } from '../inject/skip-reasons.ts';
import type { ObjectRef } from '../model.ts';
import { grantOf } from '../rights.ts';
import type { Queries, LookupResult } from './queries.ts';
import { leaveAlone, type Extraction, type Workload } from './operator-adapter.ts';
import { ownerOf, type OwnerKind } from './owner-kinds.ts';

/** An adapter has nothing to plan, for a reason. */
export type NoExtraction = Exclude<Extraction, { kind: 'servers' }>;

/** The last owner of a chain. */
export interface Maker {
  readonly kind: 'maker';
  readonly of: OwnerKind;
  readonly ref: ObjectRef;
  readonly object: Fields;
}

export const tryAgain =
  'check that the object exists and that the API server responds; Sallyport tries again with the next pod';

/** Left as it came, because an object is not known: why, and what to do about it. */
export function unread(
  name: string,
  found: Exclude<LookupResult, { state: 'present' }>,
  consequence = '',
): Extract<Extraction, { kind: 'left' }> {
  const reason = found.state === 'absent' ? 'does not exist' : `cannot be read (${found.why})`;
  const unknown = found.state === 'unknown' ? found : undefined;
  return leaveAlone(
    `${name} ${reason}${consequence}`,
    unknown?.missing ? grantOf(unknown.missing) : tryAgain,
    unknown && { unknown, holdsCredential: false },
  );
}

/**
 * What a workload was made for: its owner among the first kinds, that one's among the next, and so on to the last.
 * Somebody else's workload, with whatever labels, is none of ours.
 */
export function* ownerInChain(
  { object, namespace }: Workload,
  chain: readonly (readonly OwnerKind[])[],
): Queries<Maker | NoExtraction> {
  let owned: Fields = object;
  let last: Maker | undefined;
  for (const kinds of chain) {
    const owner = yield* ownerOf(owned, namespace, kinds);
    if (owner.state === 'foreign') return skipped('not-owned', kinds.map(({ kind }) => kind).join(' or '));
    if (owner.state !== 'found') return unread(`its owner ${owner.name}`, owner);
    const { kind: of, ref, object: found } = owner;
    last = { kind: 'maker', of, ref, object: found };
    owned = owner.object;
  }
  return last ?? skipped('not-owned');
}
