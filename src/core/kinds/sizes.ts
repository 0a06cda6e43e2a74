import { objectLimits } from '../limits.ts';
import { isKeyRef, references, type McpServer } from '../model.ts';
import type { Path } from '../path.ts';
import { OverLimit } from '../work.ts';

/** How much one object holds, counted while it is read, so that one over a limit is not read to its end. */
export class Sizes {
  #servers = 0;
  #references = 0;
  #headers = 0;
  #plainTexts = 0;
  #links = 0;

  /** Before a server is read. */
  server(at: Path): void {
    this.#servers += 1;
    if (this.#servers > objectLimits.servers.most) throw new OverLimit('servers', at);
  }

  /** After it was read. */
  add(server: McpServer): void {
    const { at, headers, plain, links } = server;
    const named = references(server);
    this.#references += named.length;
    this.#headers += headers.length;
    this.#plainTexts += plain.length;
    this.#links += links.length;
    const over = (
      [
        ['references', this.#references],
        ['headers', this.#headers],
        ['plainTexts', this.#plainTexts],
        ['links', this.#links],
      ] as const
    ).find(([limit, count]) => count > objectLimits[limit].most);
    if (over) throw new OverLimit(over[0], at);
    checkName(server.name, at);
    for (const one of headers) checkName(one.name, one.at);
    for (const { target, at: place } of links)
      for (const one of [target.namespace, target.name]) checkName(one, place);
    for (const one of plain) checkName(one.name, one.at);
    for (const one of named) {
      checkName(one.source.namespace, one.at);
      checkName(one.source.name, one.at);
      if (isKeyRef(one)) checkName(one.key, one.keyAt);
    }
  }
}

function checkName(name: string, at: Path): void {
  if (name.length > objectLimits.nameLength.most) throw new OverLimit('nameLength', at);
}
