import { describe, expect, it } from 'vitest';
import { coverageOf, type KindCoverage } from '../../src/core/schemas/coverage.ts';
import { fieldReasons } from '../../src/core/schemas/credential-fields.ts';
import { readDefinition } from '../../src/core/schemas/definition.ts';
import { descriptions } from '../kinds/described-paths.ts';
import { hasUpstream, upstreamDefinitions } from './folder.ts';

/** Families whose descriptions read, or list as reviewed, every field that can hold a credential. */
const complete: ReadonlySet<string> = new Set(['kmcp', 'agent-sandbox']);

const { kinds } = coverageOf(
  upstreamDefinitions()
    .map(({ definition }) => readDefinition(definition))
    .filter((definition) => definition !== undefined),
  [...descriptions.values()],
);
const fileOf = ({ kind, group }: KindCoverage) =>
  [...descriptions].find(([, one]) => one.kind === kind && one.group === group)?.[0];

/** What a person has to do, one line for each field. */
const toDo = (one: KindCoverage): string =>
  [
    ...one.unread.map(({ path, reason }) => `${path}: ${fieldReasons[reason]}`),
    ...one.unknownVersions.map((version) => `${version}: served, and not in versions`),
    ...one.uselessReviews.map((path) => `${path}: reviewed, but no release has it unread`),
  ]
    .map(
      (line) => `src/core/kinds/${fileOf(one)}.yaml: ${line}. Read it, or add it to reviewed with a reason.`,
    )
    .join('\n');

describe.skipIf(!hasUpstream)('every field that can hold a credential', () => {
  const families = kinds.filter(({ family }) => family !== undefined && complete.has(family));

  it.each(families.map((one) => [`${one.kind}.${one.group}`, one] as const))(
    'is read or reviewed in %s',
    (_, one) => {
      expect(toDo(one)).toBe('');
    },
  );

  it('is known of each complete family', () => {
    expect(new Set(families.map(({ family }) => family))).toEqual(complete);
  });
});
