import { isHeaderName } from '../header-names.ts';
import { headerNames } from './header-list.ts';
import { defineRule, report } from './rule.ts';

export const headerNameInvalid = defineRule({
  code: 'MCP301',
  title: 'invalid header name',
  mode: 'enforce',
  atPods: 'refuse',
  // Names written in the object are enough; the keys of whole Secrets are looked at where they are known.
  needs: 'object',
  check: (server, { facts }) =>
    headerNames(server, facts)
      .filter(({ name }) => !isHeaderName(name))
      .map(({ name, at, origin }) =>
        report(at, [name, origin], {
          what: `${JSON.stringify(name)}${origin} is not a header name`,
          why: "a header name is one or more letters, digits and !#$%&'*+-.^_`|~",
          fix: 'write the name as the server documents it, without spaces or a colon',
        }),
      ),
});
