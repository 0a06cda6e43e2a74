import { Path } from '../path.ts';

/**
 * The few parts of a pod we look at. Everything else stays as it came: the pod is never rebuilt, only added to, so
 * fields of future Kubernetes versions survive.
 */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldsAt = (value: unknown, key: string): Fields => {
  const found = isFields(value) ? value[key] : undefined;
  return isFields(found) ? found : {};
};

/** The objects of a list field; a missing or null list is empty. */
export function listAt(value: unknown, key: string): Fields[] {
  const found = isFields(value) ? value[key] : undefined;
  return Array.isArray(found) ? found.filter(isFields) : [];
}

export const textAt = (value: unknown, key: string): string => {
  const found = isFields(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : '';
};

/** Of any object. */
export const isBeingDeleted = (object: unknown): boolean =>
  (fieldsAt(object, 'metadata')['deletionTimestamp'] ?? null) !== null;

export type ContainerList = 'initContainers' | 'containers';

export interface Container {
  readonly list: ContainerList;
  readonly index: number;
  readonly name: string;
  readonly fields: Fields;
}

/** Init containers first, as they run. */
export function containersOf(pod: Fields): Container[] {
  const lists: readonly ContainerList[] = ['initContainers', 'containers'];
  return lists.flatMap((list) => {
    const found = fieldsAt(pod, 'spec')[list];
    if (!Array.isArray(found)) return [];
    return found.flatMap((item: unknown, index) =>
      isFields(item) ? [{ list, index, name: textAt(item, 'name'), fields: item }] : [],
    );
  });
}

export const annotationPath = (key: string): Path => Path.fields('metadata', 'annotations').entry(key);
export const labelPath = (key: string): Path => Path.fields('metadata', 'labels').entry(key);
