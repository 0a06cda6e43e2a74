import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { neededSources, type SourceFact } from '../../src/core/facts.ts';
import { applyEdits } from '../../src/core/inject/apply.ts';
import { checkPod } from '../../src/core/inject/final-check.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import type { Reading } from '../../src/core/kinds/reader.ts';
import { objectKey, sourceKey } from '../../src/core/model.ts';
import { encodeDecision } from '../../src/core/review/encode.ts';
import { decide } from '../../src/core/review/decide.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { Work } from '../../src/core/work.ts';
import { noTokens } from '../../src/core/service-account-token.ts';
import { injectOperator } from '../../src/engine/inject-operator.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';
import { agentPod, githubEntry, job, on, serverList, world } from '../core/operators/kelos-world.ts';
import { injectInto, planned } from '../core/inject/world.ts';
import { fixtureFolders, objectsOf } from '../kinds/fixtures.ts';
import { configurationWith, labelledPod, remoteProxy } from '../support/webhook.ts';
import { growable, grown, stepCounter } from './counted.ts';
import { sourceDocuments } from '../support/source-documents.ts';

/** The work of a review grows no faster than the object. */

const counter = await stepCounter();
afterAll(() => counter.stop());

/** Sorting compares a little more than in proportion; the constant is the work that does not depend on the size. */
const allowed = (half: number) => 2 * half * 1.06 + 300;

async function expectLinear(
  run: (size: number) => unknown,
  exceeds: (size: number) => boolean = () => false,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 100, max: 120 }), async (most) => {
      // As long as a limit allows: what one item does with each other item must show.
      const size = [most, Math.floor(most / 2), Math.floor(most / 4)].find((one) => !exceeds(2 * one)) ?? 10;
      await run(size);
      const half = await counter.count(() => run(size));
      const whole = await counter.count(() => run(2 * size));
      expect([half, whole, whole <= allowed(half)]).toEqual([half, whole, true]);
    }),
    { numRuns: 1 },
  );
}

/** What the form of descriptions can say and no built-in kind says. */
const own = kindDescription.parse({
  family: 'ours',
  group: 'tools.example.com',
  kind: 'Toolbox',
  plural: 'toolboxes',
  versions: ['v1'],
  operatorNamespace: 'tools-system',
  servers: {
    role: 'endpoint',
    each: '$.spec.routes[].backends[]',
    when: "^.type == 'mcp'",
    unless: '@.off',
    name: '@.name',
    url: { host: '@.host', scheme: "^.scheme | 'https'", port: '@.port', path: '@.path' },
    headers: [
      { each: '@.headers[]', name: '@.name', value: '@.value' },
      {
        each: '@.headers[]',
        name: '@.name',
        secret: '@.secret',
        namespace: '^.namespace',
        keyByWord: { path: '@.provider', values: { one: 'token' } },
        requiredLabels: { 'tools.example.com/credential': 'true' },
      },
    ],
    env: [{ each: '@.env[]', secret: '@.secret', namespace: 'operator', optional: "@.need == 'Optional'" }],
    tls: {
      ca: [
        { secret: '@.ca', key: "'ca.crt'" },
        { configMap: '@.trust', key: "'ca.crt'" },
      ],
      unverifiedWhen: "@.verify == 'None'",
    },
  },
});
const toolbox = {
  apiVersion: 'tools.example.com/v1',
  kind: 'Toolbox',
  metadata: { name: 'one' },
  spec: {
    routes: [
      {
        type: 'mcp',
        scheme: 'HTTPS',
        backends: [
          {
            name: 'a',
            host: 'a.example.com',
            port: 8443,
            path: 'mcp',
            namespace: 'vault',
            headers: [
              { name: 'X-Region', value: 'eu' },
              { name: 'X-Key', secret: 'a', provider: 'one' },
            ],
            env: [{ secret: 'b', need: 'Optional' }],
            ca: 'c',
            trust: 'd',
            verify: 'Full',
          },
        ],
      },
    ],
  },
};

const kinds = compileKinds([own]);
const configuration = configurationWith({});
const states: Readonly<Record<string, SourceFact>> = {
  absent: { state: 'absent' },
  present: { state: 'present', keys: new Map([['token', {}]]), upstreams: ['https://other.example.com'] },
};

function readingOf(object: Fields): Reading {
  const { group, version } = splitApiVersion(String(object['apiVersion']));
  const kind = kinds.find(group, String(object['kind']));
  if (!kind) throw new Error('the kind is not described');
  const owner = { group, version, kind: kind.kind, namespace: 'team', name: 'one' };
  return kind.read(object, owner, new Work());
}

/** Reading, judging, deciding and answering, with every Secret and link in one state. */
function review(object: Fields, state: SourceFact): void {
  const reading = readingOf(object);
  expect(reading.exceeded).toBeUndefined();
  const sources = neededSources(reading.servers);
  const findings = inspect(reading, {
    facts: new Map(sources.map((source) => [sourceKey(source), state])),
    links: new Map(
      reading.servers.flatMap(({ links }) =>
        links.map(({ target }) => [objectKey(target), { state: 'absent' }]),
      ),
    ),
    access: new Map(sources.map((source) => [sourceKey(source), 'no'])),
    now: 0,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: noTokens,
  });
  const subject = { kind: 'things', namespace: 'team', name: 'one', username: '', today: '2026-11-29' };
  const decision = decide(findings, { subject, dryRun: false, before: findings }, configuration);
  encodeDecision({ uid: '1', kind: 'Thing', displayName: 'team/one' }, decision);
}

const cases = fixtureFolders.flatMap((folder) =>
  objectsOf(folder, 'good.yaml').flatMap((object, i) => {
    const { group } = splitApiVersion(object.apiVersion);
    if (!kinds.find(group, object.kind)) return [];
    return growable(object).map((at) => ({ title: `${folder} ${i} ${at.join('.')}`, object, at }));
  }),
);
const ownCases = growable(toolbox).map((at) => ({
  title: `an own kind ${at.join('.')}`,
  object: toolbox,
  at,
}));

describe('a resource that is twice as long takes at most twice the steps', () => {
  it('in every list and map of the fixtures', () => expect(cases.length).toBeGreaterThan(80));
  it.each([...cases, ...ownCases])('$title', async ({ object, at }) => {
    await expectLinear(
      (size) => {
        for (const state of Object.values(states)) review(grown(object, at, size) as Fields, state);
      },
      (size) => readingOf(grown(object, at, size) as Fields).exceeded !== undefined,
    );
  });
});

describe('a pod that is twice as long takes at most twice the steps', () => {
  const variable = { name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' };
  const container = {
    name: 'app',
    image: 'example.com/agent:1',
    args: ['--verbose'],
    env: [variable, { name: 'A', valueFrom: { secretKeyRef: { name: 'github-token', key: 'token' } } }],
    envFrom: [{ secretRef: { name: 'other' } }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    ports: [{ containerPort: 8080 }],
  };
  const pod: Fields = {
    ...labelledPod('mcpremoteproxy/github'),
    spec: {
      containers: [container],
      initContainers: [{ ...container, name: 'init' }],
      volumes: [{ name: 'data', secret: { secretName: 'github-token' } }],
    },
  };
  const places = growable(pod);

  it.each(places.map((at) => ({ title: at.join('.'), at })))('at the first gate: $title', async ({ at }) => {
    await expectLinear((size) => injectInto(grown(pod, at, size) as Fields, [remoteProxy()]));
  });

  it.each(places.map((at) => ({ title: at.join('.'), at })))('at the last check: $title', async ({ at }) => {
    const small = planned(await injectInto(pod, [remoteProxy()]));
    const injected = applyEdits(pod, small.edits);
    // The proxy is the first init container now.
    const there = at.map((key, i) => (i === 2 && at[1] === 'initContainers' ? Number(key) + 1 : key));
    await expectLinear((size) => checkPod(grown(injected, there, size) as Fields, configuration.inject));
  });
});

describe("an operator's Job that is twice as long takes at most twice the steps", () => {
  const made = job(agentPod(serverList({ github: githubEntry() })));
  const documents = sourceDocuments(world);
  const cluster = fileCluster(() => Promise.resolve(documents), {
    namespace: 'team-a',
    missing: { state: 'absent' },
  });
  const engine = { kinds, configuration: configurationWith(on), cluster, now: () => 0 };
  const deadline = { signal: new AbortController().signal };

  it.each(growable(made).map((at) => ({ title: at.join('.'), at })))('$title', async ({ at }) => {
    await expectLinear((size) =>
      injectOperator(engine, { object: grown(made, at, size) as Fields, namespace: 'team-a' }, deadline),
    );
  });

  it('with servers in its list', async () => {
    const entries = (size: number) =>
      Object.fromEntries(Array.from({ length: size }, (_, i) => [`s${i}`, githubEntry()]));
    await expectLinear((size) =>
      injectOperator(
        engine,
        { object: job(agentPod(serverList(entries(size)))), namespace: 'team-a' },
        deadline,
      ),
    );
  });
});
