import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { isFields, type Fields } from '../../inject/pod.ts';

/**
 * The JSON that Kelos gives its agents, `{"mcpServers":{"NAME":{"type","url","headers",...}}}`. Images read it in ways of
 * their own, some word for word, so what is not changed stays as it was to the byte: order, escapes, blanks.
 */
export interface ServerList {
  readonly entries: ReadonlyMap<string, Fields>;
  /** The text with some entries changed. */
  with(changes: ReadonlyMap<string, EntryChange>): string;
}

export interface EntryChange {
  readonly url: string;
  /** Names of headers that go. */
  readonly without: ReadonlySet<string>;
}

/** `undefined` for what Kelos would not write: no JSON, or a name twice. */
export function readServerList(text: string): ServerList | undefined {
  const value = parseJson(text);
  const servers = isFields(value) ? value['mcpServers'] : undefined;
  if (!isFields(servers) || !Object.values(servers).every(isFields)) return undefined;
  // JSON is YAML, and this parser says where everything stands.
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isDeepStrictEqual(document.toJS(), value)) return undefined;
  const list = document.get('mcpServers');
  if (!isMap(list)) return undefined;
  return {
    entries: new Map(Object.entries(servers as Record<string, Fields>)),
    with(changes) {
      const edits = pairsOf(list, text).flatMap(({ key, node, from, to }) => {
        const change = changes.get(key);
        return change && isMap(node) ? [{ from, to, text: changed(node, text, change) }] : [];
      });
      // From the back, so that one does not move the place of the next.
      return edits
        .toReversed()
        .reduce((all, edit) => all.slice(0, edit.from) + edit.text + all.slice(edit.to), text);
    },
  };
}

/** Kelos leaves out what is empty, and so do we. */
function changed(entry: YAMLMap, text: string, { url, without }: EntryChange): string {
  const fields = pairsOf(entry, text).flatMap(({ key, node, whole }) => {
    if (key === 'url') return [`"url":${quoted(url)}`];
    if (key !== 'headers' || !isMap(node)) return [whole];
    const kept = pairsOf(node, text).filter((header) => !without.has(header.key));
    return kept.length === 0 ? [] : [`"headers":{${kept.map((header) => header.whole).join(',')}}`];
  });
  return `{${fields.join(',')}}`;
}

/** Kubernetes reads `$(X)` in a variable's value as another variable; JSON reads this as the same dollar. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll('$', '\\u0024');

function pairsOf(map: YAMLMap, text: string) {
  return map.items.flatMap((pair: Pair) => {
    const { key, value } = pair;
    const start = isScalar(key) ? key.range?.[0] : undefined;
    const range = isMap(value) || isScalar(value) ? value.range : rangeOf(value);
    if (!isScalar(key) || start === undefined || !range) return [];
    const [from, to] = range;
    return [{ key: String(key.value), node: value, from, to, whole: text.slice(start, to) }];
  });
}

const rangeOf = (node: unknown): readonly number[] & { 0: number; 1: number } =>
  (node as { range: [number, number, number] }).range;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
