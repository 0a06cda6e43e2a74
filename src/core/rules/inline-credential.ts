import {
  credentialReason,
  hasCredentialShape,
  isSensitiveName,
  type CredentialNames,
} from '../credentials/index.ts';
import type { Header } from '../model.ts';
import type { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { Redacted } from '../redacted.ts';
import { ifNoCredential } from './if-no-credential.ts';
import { defineRule, report } from './rule.ts';

const sentence = {
  what: 'a credential is written in plain text',
  why: 'everybody who can read this object, its backups and its Git history can use it',
  fix: (instead?: string) =>
    `put the value in a Secret, name it ${instead === undefined ? 'from a field that takes a Secret' : `under ${instead}`}, and revoke this one; ${ifNoCredential}`,
};
const { what, why, fix } = sentence;

interface Written {
  readonly value: Redacted;
  readonly at: Path;
  readonly reason: string;
  readonly instead?: string;
}

export const inlineCredential = defineRule({
  code: 'MCP101',
  title: 'credential written inline in a header',
  mode: 'enforce',
  securitySeverity: 8.8,
  precision: 'high',
  atPods: 'refuse',
  inAppliedCopy: true,
  floor: { part: 'headers', sentence },
  needs: 'object',
  check: (server, { credentialNames }) =>
    server.headers.flatMap((header) => {
      const written = inLiteral(header, credentialNames) ?? inTemplate(header, credentialNames);
      if (!written) return [];
      const { value, at, reason, instead } = written;
      return [
        report(at, [header.name.toLowerCase(), value.digest()], {
          what: `${what} (the ${reason} says so)`,
          why,
          fix: fix(instead),
        }),
      ];
    }),
});

function inLiteral({ name, source }: Header, names: CredentialNames): Written | undefined {
  if (source.kind !== 'literal') return undefined;
  const { value, at, instead } = source;
  const reason = credentialReason(name, value.reveal(), names);
  if (reason === undefined) return undefined;
  return {
    value,
    at,
    reason: reason === 'name' ? `name ${shownName(name)}` : 'shape of the value',
    ...(instead === undefined ? {} : { instead }),
  };
}

/** Words with a digit that schemes of the Authorization header have around their value. */
const schemeWords: ReadonlySet<string> = new Set(['aws4-hmac-sha256', 'scram-sha-256', 'flyv1']);

/** Shorter ones are parameters of a scheme, such as `qop=auth`. */
const shortestLiteral = 8;

/** What the author writes around `{value}` is readable, and a part of a credential there is one. */
function inTemplate({ name, source }: Header, names: CredentialNames): Written | undefined {
  if (source.kind !== 'key' || source.templateAt === undefined) return undefined;
  const literals = source.template.split('{value}');
  const words = literals.flatMap((literal) => literal.split(/[\s=:,;"']+/));
  const random = (word: string) =>
    word.length >= shortestLiteral &&
    /\d/.test(word) &&
    /[A-Za-z]/.test(word) &&
    !schemeWords.has(word.toLowerCase());
  const holds = literals.some(hasCredentialShape) || (isSensitiveName(name, names) && words.some(random));
  if (!holds) return undefined;
  return {
    value: new Redacted(source.template),
    at: source.templateAt,
    reason: 'text around {value}',
    instead: 'secretKeyRef, with the whole value in its key',
  };
}
