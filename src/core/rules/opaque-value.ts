import { credentialReason, isOpaqueUnder, opaqueParts } from '../credentials/index.ts';
import type { Located } from '../model.ts';
import type { Redacted } from '../redacted.ts';
import { shownName } from '../printable.ts';
import { serverUrlOf } from '../server-url.ts';
import { judgementOf, safeName } from './plain-credential.ts';
import { ifNoCredential } from './if-no-credential.ts';
import { defineRule, report } from './rule.ts';

const { what, why, fix } = {
  what: 'this value may be a credential: it looks random',
  why: 'everybody who can read this object, its backups and its Git history can use what is written here',
  fix: (instead?: string) =>
    `if it is a credential, put it in a Secret${instead === undefined ? '' : `, name it under ${instead}`}, and revoke this one; ${ifNoCredential}`,
};

/** What no name and no shape gives away, but looks random under a name that credentials have. A warning, by default. */
export const opaqueValue = defineRule({
  code: 'MCP106',
  title: 'value that looks random under an ambiguous name',
  mode: 'warn',
  securitySeverity: 5.0,
  precision: 'medium',
  atPods: 'refuse-if-enforced',
  inContainers: true,
  needs: 'object',
  check: (server, { credentialNames }) => [
    ...server.headers.flatMap(({ name, source }) => {
      if (source.kind !== 'literal') return [];
      const { value, at, instead } = source;
      const text = value.reveal();
      // The name decides first: few are ambiguous, and the shapes have been searched for already.
      if (!isOpaqueUnder(name, text, credentialNames)) return [];
      if (credentialReason(name, text, credentialNames) !== undefined) return [];
      return [
        report(at, [name.toLowerCase(), value.digest()], {
          what: `${what} (under the name ${shownName(name)})`,
          why,
          fix: fix(instead),
        }),
      ];
    }),
    ...server.plain.flatMap((text) => {
      const { name, value, at, instead } = text;
      const judged = judgementOf(text, credentialNames);
      if (judged?.reason !== 'opaque') return [];
      return [
        report(at, [name, value.digest()], {
          what: `${what} (under the ${safeName(judged.name)})`,
          why,
          fix: fix(instead),
        }),
      ];
    }),
    ...(server.url ? inUrl(server.url) : []).map(({ where, value, at }) =>
      report(at, [value.digest()], {
        what: `${what} (in ${where} of the URL)`,
        why,
        fix: fix(undefined),
      }),
    ),
  ],
});

function inUrl({ value, at }: Located<Redacted>) {
  const parsed = serverUrlOf(value);
  if (parsed.kind === 'invalid') return [];
  return opaqueParts(parsed.url).map((where) => ({ where, value, at }));
}
