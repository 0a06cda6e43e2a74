import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { webhookEntries } from '../../src/core/webhook-entries.ts';
import { repository } from '../cluster/cache.ts';
import { knownKinds } from '../cluster/crds.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources: readonly string[];
  readonly operations?: readonly string[];
  readonly verbs?: readonly string[];
}
interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
  readonly webhooks?: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

async function documents(file: string): Promise<readonly Document[]> {
  const text = await readFile(path.join(repository, 'manifests/base', file), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Document);
}

const kinds = await knownKinds();

/** Every combination a rule stands for, one line each. */
const spread = ({ apiGroups, apiVersions = ['*'], resources }: Rule) =>
  apiGroups.flatMap((group) =>
    apiVersions.flatMap((version) => resources.map((resource) => `${group}/${version}/${resource}`)),
  );

it('the manifests install every entry the server answers, and no other', async () => {
  const names = (await documents('webhooks.yaml')).flatMap(({ webhooks = [] }) =>
    webhooks.map(({ name }) => name),
  );
  expect(names.toSorted()).toEqual(Object.keys(webhookEntries).toSorted());
});

describe('manifests and kind descriptions agree', () => {
  it('on what is validated: every version of every kind, and nothing else', async () => {
    const all = await documents('webhooks.yaml');
    const rules = all
      .filter(({ kind }) => kind === 'ValidatingWebhookConfiguration')
      .flatMap(({ webhooks = [] }) =>
        webhooks.flatMap((one) => (webhookEntries[one.name] === 'validate' ? one.rules : [])),
      );
    const expected = kinds.flatMap(({ group, plural, versions }) =>
      versions.map((version) => `${group}/${version}/${plural}`),
    );
    expect(rules.flatMap(spread).toSorted()).toEqual(expected.toSorted());
    for (const { operations } of rules) expect(operations).toEqual(['CREATE', 'UPDATE']);
  });

  it('on what may be read: one object at a time, and of lists what bounds resources and pods', async () => {
    const rules = (await documents('sallyport.yaml')).flatMap(({ kind, metadata, rules = [] }) =>
      kind === 'ClusterRole' && ['sallyport-admission', 'sallyport-questions'].includes(metadata.name)
        ? rules
        : [],
    );
    const expected = [
      ...kinds.map(({ group, plural }) => `${group}/*/${plural}`),
      ...operatorAdapters.flatMap(({ reads }) =>
        reads.flatMap(({ groups, plural }) => groups.map((group) => `${group}/*/${plural}`)),
      ),
    ];
    const listed = ['/*/limitranges', '/*/resourcequotas', '/*/pods'];
    const review = 'authorization.k8s.io/*/subjectaccessreviews';
    expect(rules.flatMap(spread).toSorted()).toEqual(
      [
        ...new Set([...expected, review, '/*/secrets', '/*/configmaps', '/*/namespaces', ...listed]),
      ].toSorted(),
    );
    for (const rule of rules)
      expect(rule.verbs).toEqual([
        spread(rule).includes(review)
          ? 'create'
          : spread(rule).some((one) => listed.includes(one))
            ? 'list'
            : 'get',
      ]);
  });
});

it('the watcher may read what it compares pods with, and no Secret', async () => {
  const rules = (await documents('sallyport.yaml')).flatMap(({ kind, metadata, rules = [] }) =>
    kind === 'ClusterRole' && metadata.name === 'sallyport-watcher' ? rules : [],
  );
  const may = rules.flatMap((rule) => spread(rule).map((what) => `${rule.verbs?.join(',')} ${what}`));
  const injectable = compileKinds().all.filter((kind) => kind.injectable);
  expect(may.toSorted()).toEqual(
    [
      ...new Set([
        ...injectable.map(({ group, plural }) => `get ${group}/*/${plural}`),
        ...operatorAdapters.flatMap(({ reads }) =>
          reads.flatMap(({ groups, plural }) => groups.map((group) => `get ${group}/*/${plural}`)),
        ),
        'list,watch /*/pods',
        'create,patch /*/events',
        'get /*/namespaces',
        'list /*/limitranges',
        'list /*/resourcequotas',
      ]),
    ].toSorted(),
  );
});
