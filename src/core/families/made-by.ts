import type { Fields } from '../inject/pod.ts';
import { skipped } from '../inject/skip-reasons.ts';
import type { Asking } from './ask.ts';
import { left, type Taken, type Workload } from './family.ts';
import { ownerOf, type Owner, type OwnerKind } from './owners.ts';

/** A family has nothing to plan, and says why. */
export type Stopped = Exclude<Taken, { kind: 'servers' }>;

export const tryAgain =
  'see that Sallyport may get it and that the API server answers; the next pod is tried again';

/**
 * What a workload was made for: its owner among the first kinds, that one's among the next, and so on to the last.
 * Somebody else's workload, with whatever labels, is none of ours.
 */
export function* madeFor(
  { object, namespace }: Workload,
  chain: readonly (readonly OwnerKind[])[],
): Asking<Extract<Owner, { state: 'found' }> | Stopped> {
  let owned: Fields = object;
  let last: Extract<Owner, { state: 'found' }> | undefined;
  for (const kinds of chain) {
    const owner = yield* ownerOf(owned, namespace, kinds);
    if (owner.state === 'foreign') return skipped('not-owned', kinds.map(({ kind }) => kind).join(' or '));
    if (owner.state !== 'found')
      return left(`${owner.name}, which it comes from, could not be read`, tryAgain);
    last = owner;
    owned = owner.object;
  }
  return last ?? skipped('not-owned');
}
