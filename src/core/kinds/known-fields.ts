import type { ServerShape } from './description.ts';
import type { Mismatch, Node } from './path/evaluate.ts';
import type { PathExpression, Step } from './path/parse.ts';

/** The fields a description reads, for what no schema guards: there a misspelt field would be passed over in silence. */

/** By step: a field's name, `[]` for items, `{}` for entries. Without any below it, everything may stand there. */
export interface KnownFields extends ReadonlyMap<string, KnownFields> {}

type Steps = readonly string[];

const names = { each: '[]', entries: '{}' } as const;
const nameOf = (step: Step): string => (step.kind === 'field' ? step.name : names[step.kind]);

/** `$.a[].b` from the root, `@.c` from each of the items. */
function placesOf({ alternatives }: PathExpression, items: readonly Steps[]): Steps[] {
  return alternatives.flatMap((term) => {
    if (term.kind !== 'walk') return [];
    const steps = term.steps.map(nameOf);
    return term.from === 'root' ? [steps] : items.map((item) => [...item, ...steps]);
  });
}

const isPath = (record: object): record is PathExpression => 'alternatives' in record;

/** Every path of a record is one that is read, so the records need not be told apart. */
function pathsIn(record: unknown, items: readonly Steps[]): Steps[] {
  if (typeof record !== 'object' || record === null) return [];
  if (isPath(record)) return placesOf(record, items);
  const { each } = record as { readonly each?: PathExpression };
  const inside = each === undefined ? items : placesOf(each, items);
  return Object.entries(record).flatMap(([name, part]) => pathsIn(part, name === 'each' ? items : inside));
}

export function knownFields(shapes: readonly ServerShape[]): KnownFields {
  const root = new Map<string, KnownFields>();
  for (const steps of shapes.flatMap((shape) => pathsIn(shape, [[]]))) {
    let fields = root;
    for (const step of steps) {
      const below = (fields.get(step) ?? new Map<string, KnownFields>()) as Map<string, KnownFields>;
      fields.set(step, below);
      fields = below;
    }
  }
  return root;
}

/** Fields of an object that nobody reads, each with those that could have been meant. */
export function unknownFields({ value, at }: Node, known: KnownFields): Mismatch[] {
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
