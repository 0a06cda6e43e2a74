import type { Header, KeyRef, McpServer } from '../model.ts';
import { files, type ProxyHeader } from '../proxy-contract.ts';

/** A header as the proxy gets it, and where its file comes from. */
export interface PlannedHeader {
  readonly header: ProxyHeader;
  readonly file?: string;
  readonly ref?: KeyRef;
}

/** Each name once, ignoring case: a Secret's value wins over a literal, else the later one. */
export function planHeaders(server: McpServer): PlannedHeader[] {
  const byName = new Map<string, Header>();
  for (const header of server.headers) {
    const lower = header.name.toLowerCase();
    const earlier = byName.get(lower);
    if (earlier?.source.kind === 'key' && header.source.kind === 'literal') continue;
    byName.set(lower, header);
  }
  let index = 0;
  return [...byName.values()].map(({ name, source }) => {
    if (source.kind === 'literal')
      return { header: { name, value: source.value.reveal(), conflict: 'override' } };
    const file = files.header(index);
    index += 1;
    return { header: { name, file, template: source.template, conflict: 'override' }, file, ref: source.ref };
  });
}
