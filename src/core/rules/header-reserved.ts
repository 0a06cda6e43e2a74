import { isReservedHeader } from '../header-names.ts';
import { headerNames } from './header-list.ts';
import { defineRule, report } from './rule.ts';

export const headerReserved = defineRule({
  code: 'MCP303',
  title: 'reserved header',
  mode: 'enforce',
  atPods: 'refuse',
  // Names written in the object are enough; the keys of whole Secrets are looked at where they are known.
  needs: 'object',
  check: (server, { facts }) =>
    headerNames(server, facts)
      .filter(({ name }) => isReservedHeader(name))
      .map(({ name, at, origin }) =>
        report(at, [name.toLowerCase(), origin], {
          what: `header ${name}${origin} is reserved`,
          why: 'HTTP or MCP sets it for each request, and another value breaks requests or is ignored',
          fix: `remove header ${name}`,
        }),
      ),
});
