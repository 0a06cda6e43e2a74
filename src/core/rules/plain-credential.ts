import { plainCredential as judge, type CredentialNames } from '../credentials/index.ts';
import type { PlainText } from '../model.ts';
import { shownName } from '../printable.ts';
import { ifNoCredential } from './if-no-credential.ts';
import { defineRule, report } from './rule.ts';

const sentence = {
  what: 'a credential is written in plain text',
  why: 'everybody who can read this object, the pods made from it or their backups can use it',
  fix: (instead?: string) =>
    `put the value in a Secret${instead === undefined ? '' : `, name it under ${instead}`}, and revoke this one; ${ifNoCredential}`,
};
const { what, why, fix } = sentence;

export const plainCredential = defineRule({
  code: 'MCP103',
  title: 'credential in plain text in env, arguments or free-form configuration',
  mode: 'warn',
  securitySeverity: 8.0,
  precision: 'high',
  atPods: 'refuse-if-enforced',
  inAppliedCopy: true,
  inContainers: true,
  floor: { part: 'plain', sentence },
  needs: 'object',
  check: (server, { credentialNames }) => [
    ...server.env.flatMap(({ source, at, copied }) =>
      copied === undefined || source.kind === 'ConfigMap'
        ? []
        : [
            report(at, [source.name], {
              what: `the operator copies the value of Secret ${shownName(source.name)} in plain text into the objects that it creates from this one`,
              why: 'everybody who can read those objects, their history or their backups can use it',
              fix: copied,
            }),
          ],
    ),
    ...server.plain.flatMap((text) => {
      const { name, value, at, instead } = text;
      const remedy =
        text.fix === undefined ? fix(instead) : `${text.fix}; then revoke this credential; ${ifNoCredential}`;
      const judged = judgementOf(text, credentialNames);
      if (judged === undefined || judged.reason === 'opaque') return [];
      return [
        report(at, [name, value.digest()], {
          what: `${what} (the ${judged.reason === 'name' ? safeName(judged.name) : 'shape of the value'} says so)`,
          why,
          fix: remedy,
        }),
      ];
    }),
  ],
});

interface Known {
  readonly names: CredentialNames;
  readonly judgement: ReturnType<typeof judge>;
}

/** MCP103 and MCP106 ask the same. Gone with the text it belongs to. */
const known = new WeakMap<PlainText, Known>();

export function judgementOf(text: PlainText, names: CredentialNames): Known['judgement'] {
  const before = known.get(text);
  if (before?.names === names) return before.judgement;
  const judgement = judge(text.name, text.value.reveal(), text.before?.reveal(), names);
  known.set(text, { names, judgement });
  return judgement;
}

/** A name that was taken out of a longer text may carry more than a name: only what cannot be a value is shown. */
export const safeName = (name: string): string =>
  /^[A-Za-z_.-]{1,40}$/.test(name) ? `name ${name}` : 'name of it';
