import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { fieldsAt, isFields, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { podIn, withPod } from '../../src/core/k8s/pod-template.ts';
import { documents, Kubectl, type Manifest } from '../cluster/kubectl.ts';
import {
  fromSecret,
  namespace,
  secret,
  serverEntry,
  serviceAccount,
  testNamespace,
} from '../cluster/objects.ts';
import { asking } from '../upstream/outcomes.ts';

/**
 * Pods and workloads that public projects ship, in the folder that SALLYPORT_PODS names. Each is injected, or rejected with
 * a reason, and the API server accepts what `sallyport inject` prints. Nothing is stored.
 */

const folder = process.env['SALLYPORT_PODS'] ?? '';
if (folder === '')
  console.warn('SKIPPED: SALLYPORT_PODS is not set, so no pod of another project was injected');

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('public-pods');
const entry = serverEntry(ns, 'github', fromSecret('github-token', 'token'));
const sidecar = 'sallyport-proxy';

interface Published {
  readonly name: string;
  readonly workload: Fields;
}

/** The objects of a document, with those of a List. */
const objectsOf = (document: unknown): readonly Fields[] => {
  if (!isFields(document)) return [];
  return document['kind'] === 'List' ? listAt(document, 'items') : [document];
};

const inNamespace = (object: Fields): Fields => ({
  ...object,
  metadata: { ...fieldsAt(object, 'metadata'), namespace: ns },
});

const workloadsOf = (file: string): Published[] =>
  loadAll(readFileSync(path.join(folder, file), 'utf8'))
    .flatMap(objectsOf)
    .filter((object) => podIn(object) !== undefined)
    .map((object) => ({
      name: `${file}: ${textAt(object, 'kind')} ${textAt(fieldsAt(object, 'metadata'), 'name')}`,
      workload: inNamespace(object),
    }));

const published = folder === '' ? [] : readdirSync(folder).toSorted().flatMap(workloadsOf);
const templateOf = (workload: Fields): Fields => podIn(workload) ?? {};

/** A StatefulSet's controller adds a volume for each claim, in place of one with its name. */
const claimVolumes = (workload: Fields): Fields[] =>
  listAt(fieldsAt(workload, 'spec'), 'volumeClaimTemplates').map((claim) => {
    const name = textAt(fieldsAt(claim, 'metadata'), 'name');
    return { name, persistentVolumeClaim: { claimName: `${name}-0` } };
  });

/** The pod that the workload's controller creates. */
function podOf(workload: Fields): Manifest {
  const template = templateOf(workload);
  const spec = fieldsAt(template, 'spec');
  const claims = claimVolumes(workload);
  const claimed = new Set(claims.map((volume) => textAt(volume, 'name')));
  const kept = listAt(spec, 'volumes').filter((volume) => !claimed.has(textAt(volume, 'name')));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...fieldsAt(template, 'metadata'), namespace: ns, name: 'published' },
    spec: { ...spec, volumes: [...kept, ...claims] },
  };
}

const dryRun = (...manifests: readonly Manifest[]) =>
  kubectl.try(
    ['create', '--dry-run=server', '-o', 'json', '-f', '-'],
    documents(manifests.map((manifest) => JSON.stringify(manifest))),
  );

/** What `sallyport inject` prints of the workload, with its server among the files. */
async function injected(workload: Fields) {
  const files = mkdtempSync(path.join(tmpdir(), 'sallyport-public-pods-'));
  try {
    writeFileSync(path.join(files, '1.json'), JSON.stringify(workload));
    writeFileSync(path.join(files, '2.json'), JSON.stringify(entry));
    const { code, stdout, stderr } = await kubectl.sallyport('inject', files);
    const [printed] = parseAllDocuments(stdout).map((document) => document.toJS() as Fields);
    return { code, stderr, printed: printed ?? {} };
  } finally {
    rmSync(files, { recursive: true });
  }
}

const firstInitContainer = (pod: Fields): string =>
  textAt(listAt(fieldsAt(pod, 'spec'), 'initContainers')[0], 'name');

const codesIn = (text: string): string[] => [...new Set(text.match(/\[MCP\d{3}\]/g))].toSorted();

/** What the API server itself warns of. The proxy is a container more, so indexes differ. */
const warningsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('Warning: ') && !line.includes('[MCP'))
    .map((line) => line.replaceAll(/\d+/g, 'N'))
    .toSorted();

describe.skipIf(folder === '')('pods of public projects', () => {
  let injections = 0;

  beforeAll(async () => {
    const accounts = published.map(({ workload }) =>
      textAt(fieldsAt(templateOf(workload), 'spec'), 'serviceAccountName'),
    );
    const named = [...new Set(accounts)].filter((name) => name !== '' && name !== 'default');
    await kubectl.apply(
      namespace(ns),
      secret(ns, 'github-token', { token: 'Bearer abc' }),
      entry,
      ...named.map((name) => serviceAccount(ns, name)),
    );
  });
  afterAll(() => kubectl.run(['delete', 'namespace', ns, '--wait=false']));

  it.each(published.map(({ name, workload }) => [name, workload] as const))(
    '%s is injected, or rejected with a reason',
    async (_, workload) => {
      const asIs = await dryRun(workload, podOf(workload));
      expect(asIs.code, `take it out of the folder, because this API server rejects it: ${asIs.stderr}`).toBe(
        0,
      );
      const labelled = withPod(workload, asking(templateOf(workload), 'mcpserverentry/github'));
      const { code, stderr, printed } = await injected(labelled);
      const admitted = await dryRun(podOf(labelled));
      if (code !== 0) {
        expect(codesIn(stderr)).not.toEqual([]);
        expect(codesIn(admitted.stderr)).toEqual(codesIn(stderr));
        return;
      }
      injections += 1;
      expect(admitted).toMatchObject({ code: 0 });
      expect(firstInitContainer(JSON.parse(admitted.stdout) as Fields)).toBe(sidecar);
      expect(firstInitContainer(templateOf(printed))).toBe(sidecar);
      const again = await dryRun(printed, podOf(printed));
      expect({ code: again.code, warnings: warningsIn(again.stderr) }).toEqual({
        code: 0,
        warnings: warningsIn(asIs.stderr),
      });
    },
    180_000,
  );

  it('are at least 30 that are injected', () => {
    expect(injections).toBeGreaterThanOrEqual(30);
  });
});
