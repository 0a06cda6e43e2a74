import { annotations } from '../../annotations.ts';
import { isFields, type Fields } from '../../k8s/objects.ts';
import { Path } from '../../path.ts';
import type { Node } from '../path/evaluate.ts';

/** Texts of an object wherever they are written: annotations, labels, prompts, descriptions, comments. */

/** Where `kubectl apply` keeps a copy of the object, as JSON. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export interface Text {
  readonly value: string;
  readonly at: Path;
}

/** The content of a ConfigMap's key that is YAML. It replaces the text of that key. */
export interface Parsed {
  readonly root: Node;
  /** Comments belong to no field. */
  readonly comments: string;
}

interface TextLocation {
  readonly value: unknown;
  readonly at: Path;
}

/** Deeper than objects that pass the limit on nesting (core/limits.ts). */
const maxDepth = 128;

/**
 * Each text of an object, one at a time, so that a search holds none of them. Left out are metadata besides annotations
 * and labels, which are names; the status, which a controller writes; and kubectl's copy, which is read as an object.
 */
export function* textsOf(object: unknown, parsed?: Parsed): Generator<Text> {
  if (!isFields(object)) return;
  const { metadata, status: _status, ...fields } = object;
  const copied = lastAppliedObject(object) !== undefined;
  for (const field of ['annotations', 'labels'] as const) {
    const map = isFields(metadata) ? metadata[field] : undefined;
    if (!isFields(map)) continue;
    const at = Path.fields('metadata', field);
    for (const [key, value] of Object.entries(map))
      if (typeof value === 'string' && !(copied && key === lastApplied)) yield { value, at: at.entry(key) };
  }
  if (!parsed) return yield* below({ value: fields, at: Path.root });
  const { root, comments } = parsed;
  yield* below({ value: without(fields, root.at), at: Path.root });
  yield* below(root);
  yield { value: comments, at: root.at };
}

/** The object without the value at a place two steps down. */
function without(fields: Fields, at: Path): Fields {
  const [outer = '', inner = ''] = at.keys();
  const map = fields[outer];
  if (!isFields(map)) return fields;
  const { [inner]: _read, ...rest } = map;
  return { ...fields, [outer]: rest };
}

function* below(start: TextLocation): Generator<Text> {
  const open: (TextLocation & { readonly depth: number })[] = [{ ...start, depth: 0 }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, at, depth } = place;
    if (typeof value === 'string') yield { value, at };
    if (typeof value !== 'object' || value === null || depth >= maxDepth) continue;
    const inside: readonly TextLocation[] = Array.isArray(value)
      ? value.map((item: unknown, i) => ({ value: item, at: at.item(i) }))
      : Object.entries(value).map(([key, item]) => ({ value: item, at: at.field(key) }));
    // Last in, first out: the order of the object.
    for (const one of inside.toReversed()) open.push({ ...one, depth: depth + 1 });
  }
}

/** The object that `kubectl apply` was given last; `undefined` where no annotation holds one. */
export function lastAppliedObject(object: unknown): Fields | undefined {
  const text = annotations(object).get(lastApplied);
  if (text === undefined) return undefined;
  try {
    const copy: unknown = JSON.parse(text);
    return isFields(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}
