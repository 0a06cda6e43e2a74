import type { ServerShape } from './description.ts';
import type { Mismatch, Node } from './path/evaluate.ts';
import type { PathExpression, Step } from './path/parse.ts';

/** The fields a description reads, for what no schema guards: there a misspelt field would be passed over in silence. */

/** By step: a field's name, `[]` for items, `{}` for entries. Without any below it, everything may stand there. */
export interface KnownFields extends ReadonlyMap<string, KnownFields> {}

type Steps = readonly string[];

const names = { each: '[]', entries: '{}' } as const;
const nameOf = (step: Step): string => (step.kind === 'field' ? step.name : names[step.kind]);

/** An item and what is around it. */
export interface Item {
  readonly at: Steps;
  readonly parent: Steps;
}

export const rootItem: Item = { at: [], parent: [] };

/** `$.a[].b` from the root, `@.c` from each of the items, `^.d` from what is around them. */
export function itemsOf({ alternatives }: PathExpression, items: readonly Item[]): Item[] {
  return alternatives.flatMap((term) => {
    if (term.kind !== 'walk') return [];
    const steps = term.steps.map(nameOf);
    const around = steps.slice(0, -1).findLastIndex((step) => step === '[]' || step === '{}') + 1;
    const starts =
      term.from === 'root' ? [[]] : items.map(({ at, parent }) => (term.from === 'item' ? at : parent));
    return starts.map((start) => ({
      at: [...start, ...steps],
      parent: [...start, ...steps.slice(0, around)],
    }));
  });
}

const isPath = (record: object): record is PathExpression => 'alternatives' in record;

/** Every path of a record is one that is read, so the records need not be told apart. */
function pathsIn(record: unknown, items: readonly Item[]): Steps[] {
  if (typeof record !== 'object' || record === null) return [];
  if (isPath(record)) return itemsOf(record, items).map(({ at }) => at);
  const { each } = record as { readonly each?: PathExpression };
  const inside = each === undefined ? items : itemsOf(each, items);
  return Object.entries(record).flatMap(([name, part]) => pathsIn(part, name === 'each' ? items : inside));
}

export function knownFields(shapes: readonly ServerShape[]): KnownFields {
  const root = new Map<string, KnownFields>();
  for (const steps of shapes.flatMap((shape) => pathsIn(shape, [rootItem]))) {
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
    const names = [...known.keys()].toSorted();
    return [
      { at: at.field(name), expected: `one of ${names.join(', ')}`, unknownField: { name, known: names } },
    ];
  });
}
