import { credentialReason } from '../credentials.ts';
import { shownName } from '../printable.ts';
import type { Header } from '../model.ts';
import { plainText } from './plain-text.ts';
import { finding, type Rule } from './rule.ts';

const { what, why, fix } = plainText.MCP101;

export const inlineCredential: Rule = {
  code: 'MCP101',
  needs: 'object',
  check: (server, { credentialNames }) =>
    server.headers.flatMap((header: Header) => {
      if (header.source.kind !== 'literal') return [];
      const { value, at, instead } = header.source;
      const reason = credentialReason(header.name, value.reveal(), credentialNames);
      if (reason === undefined) return [];
      return [
        finding('MCP101', server, at, [header.name.toLowerCase(), value.digest()], {
          what: `${what} (the ${reason === 'name' ? `name ${shownName(header.name)}` : 'shape of the value'} says so)`,
          why,
          fix: fix(instead),
        }),
      ];
    }),
};
