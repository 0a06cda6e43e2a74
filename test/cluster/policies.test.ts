import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { defaultConfiguration } from '../../src/core/configuration.ts';
import { floor, floorDocuments } from '../../src/core/floor/index.ts';
import { kindDescription, type KindDescription } from '../../src/core/kinds/description.ts';
import { compileKind } from '../../src/core/kinds/reader.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { noTokens } from '../../src/core/service-account-token.ts';
import {
  isListed,
  matchesConditions,
  mutatingEntries,
  workloadCases,
} from '../support/operator-workloads.ts';
import { description, objectOf } from './arbitrary-descriptions.ts';
import { repository } from './cache.ts';
import { judge } from './policy-compiler.ts';

interface Policy {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const policiesOf = (documents: readonly object[]): readonly Policy[] =>
  documents.filter((one): one is Policy => 'kind' in one && one.kind === 'ValidatingAdmissionPolicy');

const ofTheChart = policiesOf(
  parseAllDocuments(readFileSync(path.join(repository, 'manifests/base/sallyport.yaml'), 'utf8')).map(
    (one) => one.toJS() as object,
  ),
);

/** The floor of a kind, with every code enforced. */
const floorOf = (kind: KindDescription): Policy => {
  const [policy] = policiesOf(
    floorDocuments([kind], {
      namespace: 'sallyport-system',
      action: 'Deny',
      settings: {
        modes: "['MCP101 enforce kind .*', 'MCP102 enforce kind .*', 'MCP103 enforce kind .*']",
        sensitive: '[]',
        harmless: '[]',
      },
    }),
  );
  if (!policy) throw new Error(`${kind.kind} has no policy`);
  return policy;
};

/** The oldest Kubernetes that Sallyport supports, and the one that this run has. */
const [oldest, current] = ['1.30', process.env['SALLYPORT_KUBERNETES'] || '1.34'];

/** Fixed, so that a failure is the same at every run. */
const seed = 20_261_129;
const inputs = fc.sample(description, { seed, numRuns: 200 });
const kinds = inputs.map((input) => kindDescription.parse(JSON.parse(JSON.stringify(input))));

describe.each([oldest, current])('the API server of Kubernetes %s compiles', (version) => {
  it.each<[title: string, policies: readonly Policy[]]>([
    ['the floor of the built-in kinds', policiesOf(floor(defaultConfiguration, 'sallyport-system'))],
    ['the policies of the chart', ofTheChart],
    ['the floor of any kind that can be described', kinds.map(floorOf)],
  ])('%s', async (title, policies) => {
    expect(policies.length).toBeGreaterThan(3);
    const answers = await judge(
      version,
      policies.map((policy) => ({ policy })),
    );
    const failures = answers.flatMap(({ errors }, i) => {
      const of = title.includes('any kind') ? JSON.stringify(inputs[i]) : policies[i]?.metadata.name;
      return errors.map((one) => ({ of, ...one }));
    });
    expect(failures.slice(0, 3)).toEqual([]);
  });
});

it('the floor of any kind denies only what the rules find at the same place', async () => {
  // Evaluation takes longer than compilation.
  const judged = kinds.map((kind) => ({
    kind,
    policy: floorOf(kind),
    objects: fc.sample(objectOf(kind), { seed, numRuns: 100 }),
  }));
  const answers = await judge(current, judged);
  let denied = 0;
  const excessive = judged.flatMap(({ kind, objects }, i) =>
    objects.flatMap((object, n) => {
      const message = answers[i]?.reviews[n]?.message;
      if (message === undefined) return [];
      denied += 1;
      const found = foundIn(kind, object);
      const more = placesIn(message).filter((place) => !found.has(place));
      return more.length === 0
        ? []
        : [{ of: JSON.stringify(inputs[i]), object: JSON.stringify(object), more }];
    }),
  );
  expect(excessive.slice(0, 3)).toEqual([]);
  expect(denied).toBeGreaterThan(10);
});

/** `CODE path`, with `[*]` for an index: of equal items the floor names the first. */
const placed = (code: string, at: string): string => `${code} ${at.replaceAll(/\[\d+\]/g, '[*]')}`;

function foundIn(
  kind: KindDescription,
  { apiVersion, ...one }: { readonly apiVersion: string },
): Set<string> {
  const owner = {
    group: kind.group,
    version: apiVersion.replace('example.com/', ''),
    kind: kind.kind,
    namespace: 'team',
    name: 'one',
  };
  const none = new Map<string, never>();
  const findings = inspect(compileKind(kind).read({ apiVersion, ...one }, owner), {
    facts: none,
    links: none,
    access: none,
    now: 0,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: noTokens,
  });
  return new Set(findings.map(({ code, at }) => placed(code, at.toString())));
}

/** `[CODE] path, path: what`. */
const placesIn = (message: string): readonly string[] =>
  [...message.matchAll(/\[(MCP\d+)\] (\S+(?:, \S+)*): (?:a credential|the URL)/g)].flatMap(
    ([, code = '', places = '']) => places.split(', ').map((at) => placed(code, at)),
  );

describe.each([oldest, current])('the API server of Kubernetes %s sends to a mutating entry', (version) => {
  const ofCreations = mutatingEntries.filter((entry) =>
    entry.rules.some(({ operations }) => operations.includes('CREATE')),
  );
  it.each(ofCreations)('$name what its match conditions select', async (entry) => {
    const cases = workloadCases.filter(([, object]) => isListed(entry, object));
    expect(cases.length).toBeGreaterThan(10);
    // A policy under the same conditions that denies everything: what it denies, they select.
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: entry.name },
      spec: {
        matchConstraints: { resourceRules: entry.rules },
        matchConditions: entry.matchConditions ?? [],
        validations: [{ expression: 'false' }],
      },
    };
    const [answer] = await judge(version, [{ policy, objects: cases.map(([, object]) => object) }]);
    expect(answer?.errors).toEqual([]);
    const selected = (answer?.reviews ?? []).map(({ denied, error }, i) => [cases[i]?.[0], denied, error]);
    expect(selected).toEqual(
      cases.map(([what, object]) => [what, matchesConditions(entry, object), undefined]),
    );
  });
});
