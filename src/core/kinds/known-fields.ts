import type { ServerShape } from './description.ts';
import type { Mismatch, Node } from './path-language.ts';

/** The fields a description reads, for what no schema guards: there a misspelt field would be passed over in silence. */

/** By step: a field's name, `[]` for items, `{}` for entries. Without any below it, everything may stand there. */
export interface Fields extends ReadonlyMap<string, Fields> {}

type Steps = readonly string[];

/** `$.a[].b` from the root, `@.c` from each of the items. */
function placesOf(source: string, items: readonly Steps[]): Steps[] {
  return source
    .split('==')[0]!
    .split('|')
    .map((term) => term.trim())
    .filter((term) => /^[$@](?:$|[.[{])/.test(term))
    .flatMap((term) => {
      const steps = term.match(/[A-Za-z_][\w-]*|\[\]|\{\}/g) ?? [];
      return term.startsWith('$') ? [steps] : items.map((item) => [...item, ...steps]);
    });
}

/** Every text of a record that is a path is one that is read, so the records need not be told apart. */
function pathsIn(record: unknown, items: readonly Steps[]): Steps[] {
  if (typeof record === 'string') return placesOf(record, items);
  if (typeof record !== 'object' || record === null) return [];
  const each = 'each' in record && typeof record.each === 'string' ? placesOf(record.each, items) : items;
  return Object.entries(record).flatMap(([name, part]) => pathsIn(part, name === 'each' ? items : each));
}

export function knownFields(shapes: readonly ServerShape[]): Fields {
  const root = new Map<string, Fields>();
  for (const steps of shapes.flatMap((shape) => pathsIn(shape, [[]]))) {
    let fields = root;
    for (const step of steps) {
      const below = (fields.get(step) ?? new Map<string, Fields>()) as Map<string, Fields>;
      fields.set(step, below);
      fields = below;
    }
  }
  return root;
}

/** Fields of an object that nobody reads, each with those that could have been meant. */
export function unknownFields({ value, at }: Node, known: Fields): Mismatch[] {
  if (known.size === 0 || typeof value !== 'object' || value === null) return [];
  const [items, entries] = [known.get('[]'), known.get('{}')];
  if (Array.isArray(value))
    return value.flatMap((item: unknown, i) =>
      items ? unknownFields({ value: item, at: at.item(i) }, items) : [],
    );
  return Object.entries(value).flatMap(([name, below]) => {
    const fields = known.get(name);
    if (fields) return unknownFields({ value: below, at: at.field(name) }, fields);
    if (entries || items) return entries ? unknownFields({ value: below, at: at.entry(name) }, entries) : [];
    return [{ at: at.field(name), expected: `one of ${[...known.keys()].toSorted().join(', ')}` }];
  });
}
