import { literalValue } from '../header-value.ts';
import { keyText, type Header, type HeaderSource, type McpServer } from '../model.ts';
import { files, type ProxyHeader } from '../contracts/proxy-contract.ts';
import { tokenText } from './file-source.ts';

/** A header as the proxy gets it, and where its files come from. */
export interface PlannedHeader {
  readonly header: ProxyHeader;
  readonly files: readonly { readonly file: string; readonly source: string }[];
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
    const planned = sourcesOf(source).map((text) => {
      const file = files.header(index);
      index += 1;
      return { file, source: text };
    });
    return { header: { name, ...valueOf(source, planned), conflict }, files: planned };
  });
}

/** Where each file of a header comes from. */
function sourcesOf(source: HeaderSource): string[] {
  switch (source.kind) {
    case 'literal':
      return [];
    case 'key':
      return [keyText(source.ref)];
    case 'token':
      return [tokenText(source.token)];
    case 'basic':
      return [keyText(source.username), keyText(source.password)];
  }
}

function valueOf(
  source: HeaderSource,
  planned: PlannedHeader['files'],
): Pick<ProxyHeader, 'value' | 'file' | 'template' | 'basic'> {
  const [first = '', second = ''] = planned.map(({ file }) => file);
  switch (source.kind) {
    case 'literal':
      return { value: sendable(source.value.reveal()) };
    case 'key':
    case 'token':
      return { file: first, template: source.template };
    case 'basic':
      return { basic: [first, second] };
  }
}

/** Without the line end that YAML leaves behind; MCP204 has refused what cannot be sent at all. */
function sendable(text: string): string {
  const value = literalValue(text);
  return value.kind === 'valid' ? value.text : text;
}
