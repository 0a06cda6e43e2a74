import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { annotations, labels } from '../../src/core/annotations.ts';
import { readConfiguration } from '../../src/core/configuration.ts';
import { claimOfObject } from '../../src/core/operators/claim.ts';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { operatorNames } from '../../src/core/operators/operator-names.ts';
import { selects } from '../../src/core/operators/selector.ts';
import { podIn } from '../../src/core/k8s/pod-template.ts';
import { fieldsAt, type Fields } from '../../src/core/k8s/objects.ts';
import { repository } from '../cluster/cache.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import * as toolhive from '../core/operators/toolhive-world.ts';
import { evaluateCel } from '../support/cel.ts';
import { upstreamFiles, upstreamText } from '../upstream/folder.ts';

/** The API server selects what it sends; claimOf decides who handles it. Both must agree on every object. */

interface Entry {
  readonly name: string;
  readonly rules: readonly {
    readonly resources: readonly string[];
    readonly operations: readonly string[];
  }[];
  readonly objectSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

const entries = parseAllDocuments(readFileSync(path.join(repository, 'manifests/base/webhooks.yaml'), 'utf8'))
  .map((document) => document.toJS() as { readonly kind: string; readonly webhooks: readonly Entry[] })
  .filter(({ kind }) => kind === 'MutatingWebhookConfiguration')
  .flatMap(({ webhooks }) => webhooks);

const resources: Readonly<Record<string, string>> = { Pod: 'pods', Job: 'jobs', StatefulSet: 'statefulsets' };

/** The mutating entries to which the API server sends the creation of an object. */
function entriesFor(object: Fields): readonly string[] {
  const kind = String(object['kind']);
  const own = labels(object);
  return entries
    .filter(({ rules }) =>
      rules.some(
        (rule) => rule.resources.includes(resources[kind] ?? '') && rule.operations.includes('CREATE'),
      ),
    )
    .filter(({ objectSelector }) =>
      Object.entries(objectSelector?.matchLabels ?? {}).every(([key, value]) => own.get(key) === value),
    )
    .filter(({ matchConditions = [] }) =>
      matchConditions.every(
        ({ expression }) =>
          evaluateCel(expression, {
            object,
            oldObject: null,
            request: { operation: 'CREATE', kind: { kind } },
          }) === true,
      ),
    )
    .map(({ name }) => name.replace('.sallyport.dev', ''));
}

const platform = (on: boolean) => {
  const read = readConfiguration({
    apiVersion: 'sallyport.dev/v1',
    kind: 'Configuration',
    inject: { families: Object.fromEntries(operatorNames.map((name) => [name, on])) },
  });
  if (read.kind === 'invalid') throw new Error(read.problems.join());
  return read.configuration.inject;
};

const plainPod: Fields = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent', namespace: 'team-a' },
  spec: { containers: [{ name: 'app', image: 'example.com/app:1' }] },
};

/** With labels and annotations of its author, on the object and on the template of its pods. */
function marked(object: Fields, own: object, annotated: object = {}): Fields {
  const add = (one: Fields): Fields => {
    const metadata = fieldsAt(one, 'metadata');
    return {
      ...one,
      metadata: {
        ...metadata,
        labels: { ...Object.fromEntries(labels(one)), ...own },
        annotations: { ...Object.fromEntries(annotations(one)), ...annotated },
      },
    };
  };
  if (object['kind'] === 'Pod') return add(object);
  const spec = fieldsAt(object, 'spec');
  return { ...add(object), spec: { ...spec, template: add(fieldsAt(spec, 'template')) } };
}

/** Deployments are not sent to any entry. */
const recorded = upstreamFiles('recorded/admission-reviews', '.json')
  .map((file): [string, Fields] => [
    file,
    (JSON.parse(upstreamText(file)) as { readonly request: { readonly object: Fields } }).request.object,
  ])
  .filter(([, object]) => Object.hasOwn(resources, String(object['kind'])));

const made: readonly [string, Fields][] = [
  ['a pod', plainPod],
  ['the Job of a Task', kelos.job()],
  ['the StatefulSet of a Session', kelos.statefulSet()],
  ['the pod of a Task', kelos.pod()],
  ['a pod of Kelos without servers', kelos.pod(kelos.agentPod(''))],
  ['the pod of an MCPRemoteProxy', toolhive.proxyPod()],
  ['the pod of an Agent', kagent.pod()],
  ['a Job with the labels of kagent', { ...kelos.job(), metadata: fieldsAt(kagent.pod(), 'metadata') }],
  ['a pod with one label of kagent', marked(plainPod, { kagent: 'helper' })],
  ['the pod of an MCPServer of ToolHive', marked(plainPod, { toolhive: 'true', app: 'mcpserver' })],
  ['a pod of Axon', marked(kelos.pod(), { 'kelos.dev/managed-by': undefined, 'axon.io/task': 'task1' })],
  ...recorded,
];

const marks: readonly [string, (object: Fields) => Fields][] = [
  ['as its operator made it', (object) => object],
  ['with the label', (object) => marked(object, { 'sallyport.dev/inject': 'true' })],
  ['with the label "false"', (object) => marked(object, { 'sallyport.dev/inject': 'false' })],
  [
    'with the label and its servers',
    (object) =>
      marked(
        object,
        { 'sallyport.dev/inject': 'true' },
        { 'sallyport.dev/servers': 'mcpserverentry/github' },
      ),
  ],
  [
    'with servers and no label',
    (object) => marked(object, {}, { 'sallyport.dev/servers': 'mcpserverentry/a' }),
  ],
  [
    'as a mirror of a static pod',
    (object) => marked(object, { 'sallyport.dev/inject': 'true' }, { 'kubernetes.io/config.mirror': 'abc' }),
  ],
];

const cases = made.flatMap(([what, object]) =>
  marks.map(([how, mark]): [string, Fields] => [`${what}, ${how}`, mark(object)]),
);

/** An adapter can tell from the shape of some pods that they hold no servers. No match condition says so. */
const holdsServers = (object: Fields): boolean =>
  operatorAdapters.some(
    (adapter) => adapter.hasServers?.(podIn(object) ?? {}) ?? selects(adapter.selector, asPod(object)),
  );
const asPod = (object: Fields) => ({ kind: 'Pod', object }) as const;

describe.each(cases)('%s', (_what, object) => {
  const sent = entriesFor(object);
  const isPod = object['kind'] === 'Pod';

  it('is sent to the entry of whoever handles it', () => {
    const claim = claimOfObject(object, 'team-a', platform(true));
    if (claim.kind === 'label' && isPod) expect(sent).toContain('inject-labelled-pods');
    if (claim.kind === 'operator') expect(sent).toContain('inject-operator-workloads');
  });

  it('is handled by somebody wherever it is sent, or holds no servers', () => {
    const { kind } = claimOfObject(object, 'team-a', platform(true));
    if (sent.includes('inject-labelled-pods')) expect(['label', 'operator']).toContain(kind);
    if (sent.includes('inject-operator-workloads')) expect(kind === 'operator').toBe(holdsServers(object));
  });

  it('is nobody’s but the label’s while every operator is off', () => {
    const claim = claimOfObject(object, 'team-a', platform(false));
    const labelled = sent.includes('inject-labelled-pods');
    if (isPod) expect(claim.kind).toBe(labelled ? 'label' : 'none');
    if (claim.kind === 'none')
      expect(claim.reason === 'operator-off').toBe(
        sent.includes('inject-operator-workloads') && holdsServers(object),
      );
  });
});

it('every operator that can be switched on has an adapter, and no other', () => {
  expect(operatorAdapters.map(({ name }) => name).toSorted()).toEqual([...operatorNames].toSorted());
});
