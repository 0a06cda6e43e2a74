import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { grantedRights } from '../../src/core/service-accounts.ts';
import { webhookEntries } from '../../src/core/webhook-entries.ts';
import { repository } from '../cluster/cache.ts';
import { knownKinds } from '../cluster/crds.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources: readonly string[];
  readonly operations?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resourceNames?: readonly string[];
}
interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly name: string }[];
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

  it('on the rights of each service account: those of the statement that doctor and the chart use', async () => {
    const all = await documents('sallyport.yaml');
    const granted = all
      .filter(isBinding)
      .flatMap(({ roleRef, subjects = [] }) =>
        all
          .filter(({ kind, metadata }) => kind === roleRef?.kind && metadata.name === roleRef.name)
          .flatMap(({ rules = [] }) =>
            subjects.flatMap(({ name }) =>
              rules.flatMap((rule) => rightsIn(rule, `${name} as ${roleRef?.kind}`)),
            ),
          ),
      );
    const stated = grantedRights.map(({ account, own, verb, group, resource, name = '*' }) =>
      [account, 'as', own ? 'Role' : 'ClusterRole', verb, group, resource, name].join(' '),
    );
    expect(granted.toSorted()).toEqual(stated.toSorted());
  });
});

const isBinding = ({ kind }: Document): boolean => kind === 'RoleBinding' || kind === 'ClusterRoleBinding';

const rightsIn = (
  { apiGroups, resources, verbs = [], resourceNames = ['*'] }: Rule,
  subject: string,
): string[] =>
  apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => resourceNames.map((name) => [subject, verb, group, resource, name].join(' '))),
    ),
  );
