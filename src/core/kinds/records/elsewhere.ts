import { isDeepStrictEqual } from 'node:util';
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
 * and labels, which are names; the status, which a controller writes; and kubectl's copy where it is read as an object (`copied`).
 */
export function* textsOf(object: unknown, copied: boolean, parsed?: Parsed): Generator<Text> {
  if (!isFields(object)) return;
  const { metadata, status: _status, ...fields } = object;
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

function* below({ value: root, at: start }: TextLocation): Generator<Text> {
  const open = [{ value: root, at: start, depth: 0 }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, at } = place;
    if (typeof value === 'string') {
      yield { value, at };
      continue;
    }
    const depth = place.depth + 1;
    if (!isNested(value) || depth > maxDepth) continue;
    // Last in, first out: the order of the object. What is neither a text nor holds any is not worth a place.
    const keys = Array.isArray(value) ? undefined : Object.keys(value);
    for (let i = (keys ?? (value as readonly unknown[])).length - 1; i >= 0; i -= 1) {
      const key = keys?.[i];
      const one = (value as Readonly<Record<string | number, unknown>>)[key ?? i];
      if (typeof one === 'string' || isNested(one))
        open.push({ value: one, at: key === undefined ? at.item(i) : at.field(key), depth });
    }
  }
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

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

/** Whether a copy has the object's fields, labels and other annotations, each with the same content. */
export function saysTheSame(copy: Fields, object: unknown): boolean {
  const [one, other] = [copy, object].map(contentOf);
  return one !== undefined && isDeepStrictEqual(one, other);
}

function contentOf(object: unknown): Fields | undefined {
  if (!isFields(object)) return undefined;
  const { metadata, status: _status, ...fields } = object;
  const { labels, annotations: all } = Object(metadata) as Fields;
  const { [lastApplied]: _copy, ...annotated } = Object(all) as Fields;
  return { fields, labels, annotated };
}
