import {
  credentialReason,
  hasCredentialShape,
  isSensitiveName,
  type CredentialNames,
} from '../credentials/index.ts';
import { writtenTemplate, type Header, type McpServer } from '../model.ts';
import type { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { Redacted } from '../redacted.ts';
import { shellName } from '../shell.ts';
import { ifNoCredential } from './if-no-credential.ts';
import { defineRule, report } from './rule.ts';

const sentence = {
  what: 'a credential is written in plain text',
  why: 'everybody who can read this object, its backups and its Git history can use it',
  fix: (instead?: string) =>
    `put the value in a Secret, name it ${instead === undefined ? 'from a field that takes a Secret' : `under ${instead}`}, and revoke this one; ${ifNoCredential}`,
};
const { what, why, fix } = sentence;

/** With the names of this object. The admission policies know none, and say the same without a command. */
function moveToSecret({ owner }: McpServer, header: string, instead: string | undefined): string {
  // A name that is no key of a Secret is not a header's either (MCP301).
  if (!/^[\w.-]+$/.test(header)) return fix(instead);
  const command = `kubectl -n ${shellName(owner.namespace)} create secret generic ${shellName(owner.name)} --from-file=${shellName(header)}=PATH`;
  return `put the whole value (with Bearer, if it begins with that) in a file, and create a Secret from it: ${command}; name the Secret ${instead === undefined ? 'from a field that takes a Secret' : `under ${instead}`}, and revoke this credential; ${ifNoCredential}`;
}

interface Written {
  readonly value: Redacted;
  readonly at: Path;
  readonly reason: string;
  readonly instead?: string;
}

export const inlineCredential = defineRule({
  code: 'MCP101',
  title: 'credential in plain text in a header',
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
          fix: moveToSecret(server, header.name, instead),
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
  const template = writtenTemplate(source);
  if (!template) return undefined;
  const literals = template.value.split('{value}');
  const words = literals.flatMap((literal) => literal.split(/[\s=:,;"']+/));
  const random = (word: string) =>
    word.length >= shortestLiteral &&
    /\d/.test(word) &&
    /[A-Za-z]/.test(word) &&
    !schemeWords.has(word.toLowerCase());
  const holds = literals.some(hasCredentialShape) || (isSensitiveName(name, names) && words.some(random));
  if (!holds) return undefined;
  return {
    value: new Redacted(template.value),
    at: template.at,
    reason: 'text around {value}',
    instead: 'secretKeyRef, with the whole value in its key',
  };
}
