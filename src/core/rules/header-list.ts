import { factOf, type Facts } from '../facts.ts';
import { sourceText, type McpServer } from '../model.ts';
import type { Path } from '../path.ts';

/** A header a server would get, whoever names it. `origin` tells a key of a whole Secret from a written name. */
export interface NamedHeader {
  readonly name: string;
  readonly at: Path;
  readonly origin: string;
}

/** Written headers, then the keys of whole Secrets as far as they are known. */
export function headerNames(server: McpServer, facts: Facts): NamedHeader[] {
  const written = server.headers.map(({ name, at }) => ({ name, at, origin: '' }));
  const bundled = server.headerSecrets.flatMap(({ source, at }) => {
    const fact = factOf(facts, source);
    if (fact.state !== 'present') return [];
    return [...fact.keys.keys()].map((name) => ({
      name,
      at,
      origin: ` (a key of ${sourceText(source)})`,
    }));
  });
  return [...written, ...bundled];
}
