import { isDeepStrictEqual } from 'node:util';
import { isFields, textAt, type Fields } from '../k8s/objects.ts';

/** Where a container or volume of ours differs from what Sallyport generates, field by field. */

/** Enough to see what changed it; the message stays readable whatever a pod contains. */
const shownDifferences = 8;
/** Kubernetes names are at most 63 or 253 characters; a path or variable of a pod's author can be longer. */
const shownLength = 80;

/**
 * The same object without what the API server treats as absent: null, and an empty list. Lists keep their items, so
 * that a place in the result is a place in the pod.
 */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const isEmpty = item === null || item === undefined || (Array.isArray(item) && item.length === 0);
      // The API server stores a container without resources with an empty object.
      const asksNothing = key === 'resources' && isFields(item) && Object.keys(item).length === 0;
      return isEmpty || asksNothing ? [] : [[key, withoutEmpty(item)]];
    }),
  );
}

export const isSame = (existing: unknown, expected: unknown): boolean =>
  isDeepStrictEqual(withoutEmpty(existing), withoutEmpty(expected));

/** The fields that differ, each as a path below the object. Every field that is not expected is one of them. */
export function differences(existing: Fields, expected: Fields): string[] {
  return between(withoutEmpty(existing) as Fields, withoutEmpty(expected) as Fields, '');
}

/** For a message: the first differences, and how many more there are. */
export function listed(places: readonly string[]): string {
  const shown = places.slice(0, shownDifferences).join(', ');
  const more = places.length - shownDifferences;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function between(existing: Fields, expected: Fields, prefix: string): string[] {
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(existing)])];
  return keys.flatMap((key) => {
    const [is, should] = [existing[key], expected[key]];
    if (isDeepStrictEqual(is, should)) return [];
    const at = `${prefix}${shortened(key)}`;
    if (is === undefined) return [`${at} (missing)`];
    const keyOf = listKeys.get(key);
    if (keyOf !== undefined && Array.isArray(is)) return betweenItems(is, should, at, keyOf);
    return isFields(is) && isFields(should) ? between(is, should, `${at}.`) : [at];
  });
}

/** Lists whose items a reader knows by a field of theirs. */
const listKeys: ReadonlyMap<string, string> = new Map([
  ['env', 'name'],
  ['volumeMounts', 'mountPath'],
]);

function betweenItems(existing: readonly unknown[], expected: unknown, at: string, keyOf: string): string[] {
  const texts = (items: unknown) =>
    new Set((Array.isArray(items) ? items : []).map((item) => JSON.stringify(item)));
  const [is, should] = [texts(existing), texts(expected)];
  const named = (item: unknown) => JSON.stringify(shortened(textAt(item, keyOf)));
  const added = existing.flatMap((item, i) =>
    should.has(JSON.stringify(item)) ? [] : [`${at}[${i}] (${named(item)})`],
  );
  if (added.length > 0) return added;
  const missing = [...should].flatMap((text) =>
    is.has(text) ? [] : [`${at} (${named(JSON.parse(text))} missing)`],
  );
  return missing.length > 0 ? missing : [`${at} (order or duplicates)`];
}

const shortened = (text: string): string =>
  text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`;
