import { shownName } from '../printable.ts';
import { literalValue } from '../header-value.ts';
import { unusable, unusableValue } from './unusable.ts';
import { defineRule, report } from './rule.ts';

/** What MCP204 is for a Secret's value, for one that stands in the object: the proxy would not start with it. */
export const literalUnusable = defineRule({
  ...unusableValue,
  needs: 'object',
  check: (server) =>
    server.headers.flatMap(({ name, source }) => {
      if (source.kind !== 'literal') return [];
      const value = literalValue(source.value.reveal());
      if (value.kind === 'valid') return [];
      // A header that a gateway passes through has no value in its resource.
      if (value.problem === 'empty' && server.role === 'endpoint') return [];
      return [
        report(source.at, [name.toLowerCase(), value.problem], {
          what: `the value of header ${shownName(name)} ${unusable[value.problem]}`,
          why: 'no HTTP client can send it as a header',
          fix:
            value.problem === 'empty'
              ? 'remove the header, or give it a value'
              : 'write it on one line, in ASCII',
        }),
      ];
    }),
});
