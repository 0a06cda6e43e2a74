import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  Parser,
  visit,
  type CST,
  type Document,
  type Node,
  type Pair,
  type ParseOptions,
  type SchemaOptions,
  type YAMLMap,
} from 'yaml';
import { objectLimits } from './limits.ts';

/** Keys and indexes from the root. */
export type ValuePath = readonly (string | number)[];

export interface TextChanges {
  /** A text that stands there gets another one. */
  readonly set: readonly { readonly at: ValuePath; readonly value: string }[];
  /** Fields that go, where they are there. */
  readonly remove: readonly ValuePath[];
}

/**
 * A document that somebody else's program wrote and another one reads, some of them in ways of their own: what is not
 * changed stays as it was to the byte, with its order, escapes and blanks.
 */
export interface TextDocument {
  readonly value: unknown;
  /** `undefined` when a place is not there, or holds something else than a text. */
  with(changes: TextChanges): string | undefined;
}

/** `undefined` for what is malformed, or has a name twice. */
export function readTextDocument(text: string, format: 'json' | 'yaml'): TextDocument | undefined {
  const parsed = text.length > maxCharacters ? undefined : parseYaml(text);
  if (!parsed || parsed.document.errors.length > 0 || parsed.repeated !== undefined) return undefined;
  const { document, value } = parsed;
  if (value === undefined) return undefined;
  // JSON is YAML, but for a few corners; and this parser says where everything stands.
  if (format === 'json' && !isDeepStrictEqual(parseJson(text), value)) return undefined;
  return {
    value,
    with(changes) {
      const edits = editsOf(document.contents, text, changes);
      if (!edits) return undefined;
      const changed = edited(text, edits);
      // An anchor, say, would carry a change to other places.
      return isDeepStrictEqual(parseYaml(changed)?.value, changedValue(value, changes)) ? changed : undefined;
    },
  };
}

/** The longest text that is judged; the operators' own configurations have some thousand characters. */
const maxCharacters = objectLimits.textLength.most;

interface Parsed {
  readonly document: Document.Parsed;
  /** `undefined` where the document has errors, or too many aliases. */
  readonly value: unknown;
  /** Where a map has a key a second time. */
  readonly repeated: number | undefined;
}

/**
 * `undefined` for a text that is nested too deeply: the parser recurses, and at the end of its stack the process dies. Keys
 * are compared here, because the parser compares each with all before it; and it describes each error, of which one is read.
 */
export function parseYaml(text: string, options: ParseOptions & SchemaOptions = {}): Parsed | undefined {
  if (isTooDeep(new Parser().parse(text))) return undefined;
  const document = parseDocument(text, {
    ...options,
    uniqueKeys: false,
    prettyErrors: false,
    // The library's warnings quote the text, and it prints them.
    logLevel: 'error',
  });
  const value = document.errors.length > 0 ? undefined : valueOf(document);
  return { document, value, repeated: repeatedKey(document) };
}

/** The first of the parser's two steps does not recurse, and neither does this. */
function isTooDeep(tokens: Iterable<CST.Token>): boolean {
  const left = [...tokens].map((token) => ({ token, depth: 1 }));
  for (let next = left.pop(); next; next = left.pop()) {
    const { token, depth } = next;
    if (depth > objectLimits.depth.most) return true;
    if (token.type === 'document' && token.value) left.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items)
      for (const one of [key, value]) if (one) left.push({ token: one, depth: depth + 1 });
  }
  return false;
}

function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias of nothing, or aliases that would multiply a text without end.
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function repeatedKey(document: Document.Parsed): number | undefined {
  let repeated: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          repeated = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return repeated;
}

/** What stands at a place of a parsed document; `undefined` for nothing. */
export const valueAt = (value: unknown, at: ValuePath): unknown =>
  at.reduce<unknown>(
    (one, key) =>
      typeof one === 'object' && one !== null && Object.hasOwn(one, key)
        ? (one as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );

/** The text between the edits is copied once, however many there are. */
function edited(text: string, edits: readonly Edit[]): string {
  const sorted = edits.toSorted((a, b) => a.from - b.from);
  const parts = sorted.map((edit, i) => text.slice(sorted[i - 1]?.to ?? 0, edit.from) + edit.text);
  return parts.join('') + text.slice(sorted.at(-1)?.to ?? 0);
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function editsOf(root: Node | null, text: string, { set, remove }: TextChanges): Edit[] | undefined {
  const edits: Edit[] = [];
  for (const { at, value } of set) {
    const node = nodeAt(root, at);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
    const [from, to] = node.range;
    edits.push({ from, to, text: `${quoted(value)}${trailing(text, to)}` });
  }
  const going = new Map<YAMLMap, Set<string>>();
  for (const at of remove) {
    const map = nodeAt(root, at.slice(0, -1));
    if (isMap(map)) going.set(map, (going.get(map) ?? new Set()).add(String(at.at(-1))));
  }
  return [...edits, ...[...going].flatMap(([map, names]) => removals(map, names, text))];
}

/** A field goes with what parts it from the next one; the last ones go with what parts them from the one before. */
function removals(map: YAMLMap, names: ReadonlySet<string>, text: string): Edit[] {
  const pairs = map.items.flatMap((pair: Pair) => spanOf(pair));
  const lastKept = pairs.findLastIndex(({ key }) => !names.has(key));
  const edits = pairs.flatMap(({ key, from }, i): Edit[] => {
    const next = pairs[i + 1];
    return names.has(key) && next && i < lastKept ? [{ from, to: next.from, text: '' }] : [];
  });
  const [first, end, kept] = [pairs[0], pairs.at(-1), pairs[lastKept]];
  if (!first || !end || end === kept) return edits;
  if (kept) return [...edits, { from: kept.to, to: end.to, text: trailing(text, end.to) }];
  return [{ from: first.from, to: end.to, text: map.flow ? '' : `{}${trailing(text, end.to)}` }];
}

/** A block scalar includes the end of its last line (YAML 1.2, section 8.1), which what replaces it needs too. */
const trailing = (text: string, to: number): string => (text[to - 1] === '\n' ? '\n' : '');

function spanOf({ key, value }: Pair) {
  const [keyNode, valueNode] = [key as Node | null, value as Node | null];
  const [start, end] = [keyNode?.range?.[0], valueNode?.range?.[1]];
  return isScalar(keyNode) && start !== undefined && end !== undefined
    ? [{ key: String(keyNode.value), from: start, to: end }]
    : [];
}

const nodeAt = (root: Node | null, at: ValuePath): unknown =>
  at.reduce<unknown>((node, key) => (isMap(node) || isSeq(node) ? node.get(key, true) : undefined), root);

/** A variable may hold it, and Kubernetes reads `$(X)` there as another variable; this is the same dollar. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll('$', '\\u0024');

function changedValue(value: unknown, { set, remove }: TextChanges): unknown {
  const changed = structuredClone(value);
  for (const one of set) {
    const parent = valueAt(changed, one.at.slice(0, -1)) as Record<string | number, unknown>;
    parent[one.at.at(-1) ?? ''] = one.value;
  }
  for (const at of remove) {
    const parent = valueAt(changed, at.slice(0, -1));
    if (typeof parent === 'object' && parent !== null)
      delete (parent as Record<string | number, unknown>)[at.at(-1) ?? ''];
  }
  return changed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
