import { isReservedHeader } from '../header-names.ts';
import { headerNames } from './header-list.ts';
import { finding, type Rule } from './rule.ts';

export const headerReserved: Rule = {
  code: 'MCP303',
  // Names written in the object are enough; the keys of whole Secrets are looked at where they are known.
  needs: 'object',
  check: (server, { facts }) =>
    headerNames(server, facts)
      .filter(({ name }) => isReservedHeader(name))
      .map(({ name, at, origin }) =>
        finding('MCP303', server, at, [name.toLowerCase(), origin], {
          what: `header ${name}${origin} is reserved`,
          why: 'it belongs to the connection or to the MCP conversation, and setting it breaks requests or is ignored',
          fix: 'remove it',
        }),
      ),
};
