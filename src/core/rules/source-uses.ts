import {
  isKeyRef,
  keysOf,
  references,
  sourceKey,
  type Header,
  type HeaderSource,
  type McpServer,
  type SourceRef,
} from '../model.ts';
import { shellName } from '../shell.ts';

/** The headers that take one key of a Secret. */
interface KeyUse {
  readonly first: Header;
  /** One of them is `Authorization`. */
  bearer: boolean;
}

/** What a server takes from each of its sources: read once, however many findings ask for it. */
class SourceUses {
  readonly #server: McpServer;
  /** By `sourceKey`, the keys; `KEY` for a whole source. */
  readonly #keys = new Map<string, Set<string>>();
  /** By `sourceKey` and key. */
  readonly #headers = new Map<string, Map<string, KeyUse>>();
  readonly #whole: ReadonlySet<string>;

  constructor(server: McpServer) {
    this.#server = server;
    this.#whole = new Set(server.headerSecrets.map(({ source }) => sourceKey(source)));
    for (const reference of references(server)) {
      const name = sourceKey(reference.source);
      const keys = this.#keys.get(name) ?? new Set();
      this.#keys.set(name, keys.add(isKeyRef(reference) ? reference.key : 'KEY'));
    }
    for (const header of server.headers)
      for (const { source, key } of keysOf(header.source)) this.#add(header, sourceKey(source), key);
  }

  /**
   * How to create a Secret that the server needs: what its values are, and a command that can be pasted. A file keeps the
   * credential out of the shell's history, and the line end of the file is not sent.
   */
  createSecret(source: SourceRef): string {
    const start = `kubectl -n ${shellName(source.namespace)} create secret`;
    const { client } = this.#server.tls;
    if (client && sourceKey(client.source) === sourceKey(source))
      return `create it: ${start} tls ${shellName(source.name)} --cert=PATH --key=PATH`;
    const keys = [...(this.#keys.get(sourceKey(source)) ?? [])];
    const files = keys.map((key) => ` --from-file=${shellName(key || 'KEY')}=PATH`).join('');
    const from = keys.length === 1 ? 'a file' : 'files';
    return `create it from ${from}${this.valueText(source, keys)}: ${start} generic ${shellName(source.name)}${files}`;
  }

  /** ` with the whole header value, such as Bearer TOKEN`, for headers that are sent as the Secret has them. */
  valueText(source: SourceRef, keys: readonly string[]): string {
    const name = sourceKey(source);
    if (this.#whole.has(name))
      return ' with the whole value of each header, such as Bearer TOKEN, under its name as the key';
    const used = keys.flatMap((key) => this.#headers.get(name)?.get(key) ?? []);
    const [first] = used;
    if (!first) return '';
    const added = prefixOf(first.first.source);
    if (added !== undefined) return ` with the value without ${JSON.stringify(added)}, which is added to it`;
    if (first.first.source.kind === 'basic') return ' with the user name and the password';
    return ` with the whole header value${used.some(({ bearer }) => bearer) ? ', such as Bearer TOKEN' : ''}`;
  }

  #add(header: Header, name: string, key: string): void {
    const ofSource = this.#headers.get(name) ?? new Map<string, KeyUse>();
    this.#headers.set(name, ofSource);
    const use = ofSource.get(key) ?? { first: header, bearer: false };
    ofSource.set(key, use);
    use.bearer ||= header.name.toLowerCase() === 'authorization';
  }
}

/** The uses of a server's sources, read when the first finding needs them. */
export function sourceUses(server: McpServer): () => SourceUses {
  let uses: SourceUses | undefined;
  return () => (uses ??= new SourceUses(server));
}

/** The text that is sent in front of the value, where there is any. */
function prefixOf(source: HeaderSource): string | undefined {
  const [before = ''] = source.kind === 'key' ? source.template.split('{value}') : [];
  return before.trim() === '' ? undefined : before.trim();
}
