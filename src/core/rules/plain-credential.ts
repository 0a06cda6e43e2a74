import { plainCredential as judge } from '../credentials/index.ts';
import { shownName } from '../printable.ts';
import { plainText } from './plain-text.ts';
import { finding, type Rule } from './rule.ts';

const { what, why, fix } = plainText.MCP103;

export const plainCredential: Rule = {
  code: 'MCP103',
  needs: 'object',
  check: (server, { credentialNames }) => [
    ...server.env.flatMap(({ source, at, copied }) =>
      copied === undefined || source.kind === 'ConfigMap'
        ? []
        : [
            finding('MCP103', server, at, [source.name], {
              what: `the value of Secret ${shownName(source.name)} is copied in plain text into the objects made from this one`,
              why: 'everybody who can read those, their history or their backups can use it',
              fix: copied,
            }),
          ],
    ),
    ...server.plain.flatMap(({ name, value, at, instead, before }) => {
      const judged = judge(name, value.reveal(), before?.reveal(), credentialNames);
      if (judged === undefined || judged.reason === 'opaque') return [];
      return [
        finding('MCP103', server, at, [name, value.digest()], {
          what: `${what} (the ${judged.reason === 'name' ? safeName(judged.name) : 'shape of the value'} says so)`,
          why,
          fix: fix(instead),
        }),
      ];
    }),
  ],
};

/** A name that was taken out of a longer text may carry more than a name: only what cannot be a value is shown. */
export const safeName = (name: string): string =>
  /^[A-Za-z_.-]{1,40}$/.test(name) ? `name ${name}` : 'name of it';
