import { isFields, type Fields } from '../../k8s/objects.ts';
import { readTextDocument, type ValuePath } from '../../text-document.ts';

/**
 * The JSON that Kelos gives its agents, `{"mcpServers":{"NAME":{"type","url","headers",...}}}`. Images read it in ways of
 * their own, some word for word.
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
  const document = readTextDocument(text, 'json');
  const servers = isFields(document?.value) ? document.value['mcpServers'] : undefined;
  if (!document || !isFields(servers) || !Object.values(servers).every(isFields)) return undefined;
  const entries = new Map(Object.entries(servers as Record<string, Fields>));
  return {
    entries,
    with(changes) {
      const text = document.with({
        set: [...changes].map(([name, { url }]) => ({ at: ['mcpServers', name, 'url'], value: url })),
        remove: [...changes].flatMap(([name, { without }]) => goingFrom(entries.get(name), name, without)),
      });
      if (text === undefined) throw new Error('an entry that was read cannot be changed');
      return text;
    },
  };
}

/** Kelos leaves out what is empty, and so do we. */
function goingFrom(entry: Fields | undefined, name: string, without: ReadonlySet<string>): ValuePath[] {
  const headers = isFields(entry?.['headers']) ? Object.keys(entry['headers']) : [];
  const at = ['mcpServers', name, 'headers'];
  if (headers.every((header) => without.has(header))) return headers.length === 0 ? [] : [at];
  return headers.filter((header) => without.has(header)).map((header) => [...at, header]);
}
