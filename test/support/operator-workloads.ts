import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { annotations, labels } from '../../src/core/annotations.ts';
import { fieldsAt, type Fields } from '../../src/core/k8s/objects.ts';
import { repository } from '../cluster/cache.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import * as toolhive from '../core/operators/toolhive-world.ts';
import { upstreamFiles, upstreamText } from '../upstream/folder.ts';
import { evaluateCel } from './cel.ts';

/** Pods and workloads of every operator and of none, and the entries of the mutating webhook that may receive them. */

export interface MutatingEntry {
  readonly name: string;
  readonly rules: readonly {
    readonly resources: readonly string[];
    readonly operations: readonly string[];
  }[];
  readonly objectSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

export const mutatingEntries = parseAllDocuments(
  readFileSync(path.join(repository, 'manifests/base/webhooks.yaml'), 'utf8'),
)
  .map(
    (document) => document.toJS() as { readonly kind: string; readonly webhooks: readonly MutatingEntry[] },
  )
  .filter(({ kind }) => kind === 'MutatingWebhookConfiguration')
  .flatMap(({ webhooks }) => webhooks);

const resources: Readonly<Record<string, string>> = { Pod: 'pods', Job: 'jobs', StatefulSet: 'statefulsets' };

/** Whether the API server sends the creation of such an object to the entry at all, by resource and operation. */
export const isListed = ({ rules }: MutatingEntry, object: Fields): boolean =>
  rules.some(
    (rule) =>
      rule.resources.includes(resources[String(object['kind'])] ?? '') && rule.operations.includes('CREATE'),
  );

/** Whether every match condition of the entry is true for the creation of the object. */
export const matchesConditions = ({ matchConditions = [] }: MutatingEntry, object: Fields): boolean =>
  matchConditions.every(
    ({ expression }) =>
      evaluateCel(expression, {
        object,
        oldObject: null,
        request: { operation: 'CREATE', kind: { kind: String(object['kind']) } },
      }) === true,
  );

/** The mutating entries to which the API server sends the creation of an object. */
export function entriesFor(object: Fields): readonly string[] {
  const own = labels(object);
  return mutatingEntries
    .filter((entry) => isListed(entry, object))
    .filter(({ objectSelector }) =>
      Object.entries(objectSelector?.matchLabels ?? {}).every(([key, value]) => own.get(key) === value),
    )
    .filter((entry) => matchesConditions(entry, object))
    .map(({ name }) => name.replace('.sallyport.dev', ''));
}

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

export const workloadCases = made.flatMap(([what, object]) =>
  marks.map(([how, mark]): [string, Fields] => [`${what}, ${how}`, mark(object)]),
);
