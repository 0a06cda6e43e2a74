import { credentialReason } from '../credentials.ts';
import type { Header } from '../model.ts';
import { finding, type Rule } from './rule.ts';

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
          what: `a credential is written in plain text (the ${reason === 'name' ? `name ${header.name}` : 'shape of the value'} says so)`,
          why: 'everybody who can read this object, its backups and its Git history can use it',
          fix: `put the value in a Secret, name it ${instead === undefined ? 'from a field that takes a Secret' : `under ${instead}`}, and revoke this one; if it is no credential, ask your platform team for an exemption`,
        }),
      ];
    }),
};
