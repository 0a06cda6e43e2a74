import type { Finding } from '../finding.ts';
import { headerNames, type NamedHeader } from './header-list.ts';
import { finding, type Rule } from './rule.ts';
import { shownName } from '../printable.ts';

export const headerTwice: Rule = {
  code: 'MCP302',
  // Names written in the object are enough; the keys of whole Secrets are looked at where they are known.
  needs: 'object',
  check(server, { facts }) {
    const first = new Map<string, NamedHeader>();
    return headerNames(server, facts).flatMap((header): Finding[] => {
      const lower = header.name.toLowerCase();
      const earlier = first.get(lower);
      if (!earlier) {
        first.set(lower, header);
        return [];
      }
      // A whole Secret replaces a written header of exactly that name: Kelos documents it, and so do we.
      if (header.origin !== '' && earlier.origin === '' && earlier.name === header.name) return [];
      return [
        finding('MCP302', server, header.at, [lower, header.origin], {
          what: `header ${shownName(header.name)}${header.origin} is already set at ${earlier.at.toString()}${earlier.origin}`,
          why: 'names differ only in case or not at all, and which value wins depends on the client',
          fix: 'keep one of the two',
        }),
      ];
    });
  },
};
