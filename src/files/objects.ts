import type { KubernetesObject } from './source.ts';

interface Written {
  readonly object: KubernetesObject;
  /** Where it is in its document: of an item of a `List` not the root. */
  readonly prefix: readonly (string | number)[];
}

/** The Kubernetes objects of one document: itself, or the items of a `List`. */
export function objectsIn(value: unknown, prefix: readonly (string | number)[] = []): Written[] {
  if (typeof value !== 'object' || value === null) return [];
  const { apiVersion, kind, items } = value as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
  if (kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item, i) => objectsIn(item, [...prefix, 'items', i]));
  return [{ object: value as KubernetesObject, prefix }];
}
