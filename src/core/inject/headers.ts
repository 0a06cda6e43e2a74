import { literalValue } from '../header-value.ts';
import { keysOf, type Header, type KeyRef, type McpServer } from '../model.ts';
import { files, type ProxyHeader } from '../contracts/proxy-contract.ts';

/** A header as the proxy gets it, and where its files come from. */
export interface PlannedHeader {
  readonly header: ProxyHeader;
  readonly files: readonly { readonly file: string; readonly ref: KeyRef }[];
}

/** Each name once, ignoring case: a Secret's value wins over a literal, else the later one. */
export function planHeaders(server: McpServer): PlannedHeader[] {
  const byName = new Map<string, Header>();
  for (const header of server.headers) {
    const lower = header.name.toLowerCase();
    const earlier = byName.get(lower);
    if (earlier && earlier.source.kind !== 'literal' && header.source.kind === 'literal') continue;
    byName.set(lower, header);
  }
  let index = 0;
  return [...byName.values()].map(({ name, source, conflict = 'override' }) => {
    const planned = keysOf(source).map((ref) => {
      const file = files.header(index);
      index += 1;
      return { file, ref };
    });
    const [first = '', second = ''] = planned.map(({ file }) => file);
    const value =
      source.kind === 'literal'
        ? { value: sendable(source.value.reveal()) }
        : source.kind === 'key'
          ? { file: first, template: source.template }
          : { basic: [first, second] as const };
    return { header: { name, ...value, conflict }, files: planned };
  });
}

/** Without the line end that YAML leaves behind; MCP204 has refused what cannot be sent at all. */
function sendable(text: string): string {
  const value = literalValue(text);
  return value.kind === 'valid' ? value.text : text;
}
