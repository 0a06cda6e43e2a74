import { headerNames, type NamedHeader } from './header-list.ts';
import { defineRule, report, type Report } from './rule.ts';
import { shownName } from '../printable.ts';

export const headerTwice = defineRule({
  code: 'MCP302',
  title: 'header set twice',
  mode: 'enforce',
  atPods: 'refuse-if-enforced',
  // Names written in the object are enough; the keys of whole Secrets are looked at where they are known.
  needs: 'object',
  check(server, { facts }) {
    const first = new Map<string, NamedHeader>();
    return headerNames(server, facts).flatMap((header): Report[] => {
      const lower = header.name.toLowerCase();
      const earlier = first.get(lower);
      if (!earlier) {
        first.set(lower, header);
        return [];
      }
      // A whole Secret replaces a written header of exactly that name: Kelos documents it, and so do we.
      if (header.origin !== '' && earlier.origin === '' && earlier.name === header.name) return [];
      return [
        report(header.at, [lower, header.origin], {
          what: `header ${shownName(header.name)}${header.origin} is set twice (names are case-insensitive), first at ${earlier.at.toString()}${earlier.origin}`,
          why: 'which of the two values is sent depends on the client',
          fix: 'remove one of the two',
        }),
      ];
    });
  },
});
