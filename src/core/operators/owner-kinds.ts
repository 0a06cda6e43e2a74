import { fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';
import { splitApiVersion } from '../k8s/api-version.ts';
import type { Unknown } from '../facts.ts';
import type { ObjectRef } from '../model.ts';
import { object, type Queries } from './queries.ts';

/** A kind that may own a workload. */
export interface OwnerKind {
  readonly groups: readonly string[];
  readonly kind: string;
  readonly plural: string;
  /** Newest first. */
  readonly versions: readonly string[];
}

export const jobs: OwnerKind = { groups: ['batch'], kind: 'Job', plural: 'jobs', versions: ['v1'] };
export const statefulSets: OwnerKind = {
  groups: ['apps'],
  kind: 'StatefulSet',
  plural: 'statefulsets',
  versions: ['v1'],
};

export const replicaSets: OwnerKind = {
  groups: ['apps'],
  kind: 'ReplicaSet',
  plural: 'replicasets',
  versions: ['v1'],
};
export const deployments: OwnerKind = {
  groups: ['apps'],
  kind: 'Deployment',
  plural: 'deployments',
  versions: ['v1'],
};

export type OwnerLookup =
  | { readonly state: 'found'; readonly kind: OwnerKind; readonly ref: ObjectRef; readonly object: Fields }
  /** Its reference names no such kind: somebody else's. */
  | { readonly state: 'foreign' }
  /** It does not exist, or is another one of that name. */
  | { readonly state: 'absent'; readonly name: string }
  | (Unknown & { readonly name: string });

/**
 * The owner of an object among these kinds, read and compared by uid: labels are anybody's to write.
 * `controllerOnly` is false for operators that own without controlling.
 */
export function* ownerOf(
  owned: Fields,
  namespace: string,
  kinds: readonly OwnerKind[],
  controllerOnly = true,
): Queries<OwnerLookup> {
  const references = listAt(fieldsAt(owned, 'metadata'), 'ownerReferences').filter(
    (reference) => !controllerOnly || reference['controller'] === true,
  );
  for (const reference of references) {
    const { group } = splitApiVersion(textAt(reference, 'apiVersion'));
    const kind = kinds.find((one) => one.groups.includes(group) && one.kind === textAt(reference, 'kind'));
    if (!kind) continue;
    const name = textAt(reference, 'name');
    const shown = `${kind.kind} ${name}`;
    const found = yield* object({ ...kind, group, namespace, name });
    if (found.state === 'unknown') return { ...found, name: shown };
    const uid = found.state === 'present' ? textAt(fieldsAt(found.object, 'metadata'), 'uid') : '';
    if (found.state === 'absent' || uid !== textAt(reference, 'uid')) return { state: 'absent', name: shown };
    return { state: 'found', kind, ref: found.ref, object: found.object as Fields };
  }
  return { state: 'foreign' };
}
