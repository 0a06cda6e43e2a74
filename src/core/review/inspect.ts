import type { CredentialNames } from '../credentials.ts';
import type { Facts } from '../facts.ts';
import { identity, sortFindings, type Finding } from '../finding.ts';
import type { Mismatch } from '../kinds/path-language.ts';
import type { Reading } from '../kinds/reader.ts';
import { rules } from '../rules/index.ts';
import type { Rule } from '../rules/rule.ts';

interface Inspection {
  readonly facts: Facts;
  readonly now: number;
  readonly credentialNames: CredentialNames;
  /** `object` leaves out the rules that need facts. */
  readonly with?: Rule['needs'];
}

/** Everything that is wrong with one custom resource, sorted by place. */
export function inspect(reading: Reading, inspection: Inspection): Finding[] {
  const chosen = inspection.with === 'object' ? rules.filter(({ needs }) => needs === 'object') : rules;
  return sortFindings([
    ...reading.mismatches.map(wrongType),
    ...reading.servers.flatMap((server) => chosen.flatMap((rule) => rule.check(server, inspection))),
  ]);
}

function wrongType({ at, expected }: Mismatch): Finding {
  return {
    code: 'MCP001',
    at,
    what: `this must be ${expected}`,
    why: 'what is written here cannot be read, so nothing about it was checked',
    fix: "write it as the resource's schema says: kubectl explain",
    identity: identity('MCP001', String(at), expected),
  };
}
