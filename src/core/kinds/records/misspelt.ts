import { isFields } from '../../k8s/objects.ts';
import { nearest } from '../../nearest.ts';
import type { MisspeltField, Node, Scope } from '../path/evaluate.ts';
import type { PathExpression, Step } from '../path/parse.ts';

type Paths = readonly (PathExpression | undefined)[];

/**
 * The first missing field on the way of a path from the item, where the object has a field of nearly that name instead.
 * `read` are other paths of the record: their fields are not misspelt.
 */
export function misspeltField({ item }: Scope, wanted: Paths, read: Paths): MisspeltField | undefined {
  const known = new Set([...wanted, ...read].flatMap(walksFromItem).flat().flatMap(fieldNames));
  for (const steps of wanted.flatMap(walksFromItem)) {
    const found = misspeltAlong(item, steps, known);
    if (found) return found;
  }
  return undefined;
}

const walksFromItem = (path: PathExpression | undefined): readonly (readonly Step[])[] =>
  (path?.alternatives ?? []).flatMap((term) =>
    term.kind === 'walk' && term.from === 'item' ? [term.steps] : [],
  );

const fieldNames = (step: Step): string[] => (step.kind === 'field' ? [step.name] : []);

function misspeltAlong(
  { value, at }: Node,
  [step, ...rest]: readonly Step[],
  known: ReadonlySet<string>,
): MisspeltField | undefined {
  if (step?.kind !== 'field' || !isFields(value)) return undefined;
  const below = value[step.name] ?? undefined;
  if (below !== undefined) return misspeltAlong({ value: below, at: at.field(step.name) }, rest, known);
  const written = nearest(
    step.name,
    Object.keys(value).filter((name) => !known.has(name)),
  );
  return written === undefined ? undefined : { at: at.field(written), meant: step.name };
}
