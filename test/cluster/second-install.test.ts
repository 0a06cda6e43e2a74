import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { base, system, webhookConfigurations, webhooksAnswer } from './sallyport.ts';

/** The manifests once more, into another namespace of the same cluster, as a second team may do it. */

const kubectl = new Kubectl(inject('cluster'));
const second = testNamespace('second-install');

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly spec?: { readonly policyName?: string };
}

const isClusterWide = (kind: string) => /^(Cluster|ValidatingAdmissionPolicy)/.test(kind);

/** With another namespace, and names of their own where two of one name would be one object. */
async function manifests(file: string): Promise<readonly Manifest[]> {
  const text = await readFile(path.join(base, file), 'utf8');
  return parseAllDocuments(text.replaceAll(system, second)).map((document) => {
    const object = document.toJS() as Named;
    const renamed = (kind: string, name: string) => (isClusterWide(kind) ? `${name}-second` : name);
    const { metadata, roleRef, spec } = object;
    const policyName = spec?.policyName;
    return {
      ...object,
      metadata: { ...metadata, name: renamed(object.kind, metadata.name) },
      ...(roleRef && { roleRef: { ...roleRef, name: renamed(roleRef.kind, roleRef.name) } }),
      ...(policyName === undefined ? {} : { spec: { ...spec, policyName: `${policyName}-second` } }),
    };
  });
}

const installed = async () => {
  const text = await kubectl.run([
    'get',
    webhookConfigurations,
    '-l',
    'app.kubernetes.io/name=sallyport',
    '-o',
    'json',
  ]);
  const { items } = JSON.parse(text) as {
    items: { metadata: { annotations: object }; webhooks: object[] }[];
  };
  return items.map(({ metadata, webhooks }) => ({ annotations: metadata.annotations, webhooks }));
};
const logs = (deployment: string) => kubectl.run(['logs', '-n', second, `deployment/${deployment}`]);

let before: Awaited<ReturnType<typeof installed>>;
let clusterWide: readonly string[] = [];

beforeAll(async () => {
  before = await installed();
  const objects = await manifests('sallyport.yaml');
  clusterWide = (objects as unknown as readonly Named[])
    .filter(({ kind }) => isClusterWide(kind))
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  await kubectl.apply(namespace(second), ...objects);
});
afterAll(async () => {
  await kubectl.run(['delete', 'namespace', second]);
  await kubectl.run(['delete', ...clusterWide]);
});

describe('a second install in the same cluster', () => {
  it.each(['sallyport', 'sallyport-certificates'])(
    '%s says in its log whose the cluster is, and what to do',
    async (name) => {
      const line = await until(
        `${name} to say so`,
        90,
        async () => /not ready: (.*a cluster can have only one.*)"/.exec(await logs(name))?.[1],
      );
      expect(line).toContain(`belongs to the installation in namespace ${system}`);
      expect(line).toContain('Fix: uninstall this installation');
    },
  );

  it('is never ready, makes nothing, and leaves the first one as it is', async () => {
    // The watcher answers no review and publishes nothing, so it becomes ready.
    const ready = [
      'get',
      'deployments/sallyport',
      'deployments/sallyport-certificates',
      '-n',
      second,
      '-o',
      'jsonpath={.items[*].status.readyReplicas}',
    ];
    expect(await kubectl.run(ready)).toBe('');
    expect(await kubectl.run(['get', 'secrets', '-n', second, '-o', 'name'])).toBe('');
    expect(await installed()).toEqual(before);
    await webhooksAnswer(kubectl);
  });
});
