import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { fieldsAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { hasUpstream } from '../upstream/folder.ts';
import { recordedObject } from '../upstream/recorded.ts';
import { storedWith } from './etcd.ts';
import { Kubectl } from './kubectl.ts';
import { namespace, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import {
  agents,
  asKagentWrote,
  configVolume,
  kagentIn,
  kagentTokens,
  translated,
  translations,
} from './recorded-kagent.ts';
import {
  asKelosWrote,
  kelosIn,
  kelosToken,
  pods,
  serversOf,
  throughProxy,
  workloads,
} from './recorded-kelos.ts';
import { byKagent, byKelos, byKubernetes, rightsOfControllers, type Replay, type Stored } from './replay.ts';
import { configured } from './sallyport.ts';
import { whyOf } from './why.ts';

/**
 * Kelos's and kagent's controllers are in no module that can be downloaded. What they sent was recorded, and is sent here
 * once more: the same objects, by accounts of their names, through the real API server with Sallyport beside it.
 */
if (!hasUpstream)
  console.warn(
    'SKIPPED: SALLYPORT_UPSTREAM is not set, so nothing that Kelos and kagent sent was replayed through a real API ' +
      'server: name a folder with recorded/admission-reviews, recorded/kagent-config and recorded/kagent-translator',
  );

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('recorded');
/** Where Kelos's were stored before the operators were switched on. */
const before = testNamespace('recorded-before');
const families = { inject: { families: { kelos: true, kagent: true } } };

const podsOf = async (labelled: string): Promise<readonly Stored[]> => {
  const found = await kubectl.run(['get', 'pods', '-n', ns, '-l', labelled, '-o', 'json']);
  return (JSON.parse(found) as { readonly items: readonly Stored[] }).items;
};
const podOf = (labelled: string) => until('its pod', 30, async () => (await podsOf(labelled))[0]);

/** Without what says on which node it is, and under which name its service account's token is mounted. */
const unplaced = (spec: Fields): unknown =>
  JSON.parse(
    JSON.stringify({ ...spec, nodeName: undefined }).replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access'),
  );

/** A newer Kubernetes adds a default to the update strategy of a StatefulSet. */
const withStrategyOf = (stored: Stored | undefined, spec: Fields): Fields =>
  stored && 'updateStrategy' in spec ? { ...spec, updateStrategy: stored.spec['updateStrategy'] } : spec;

/** Kubernetes computes another hash of the same template when a release adds a field to pods. */
async function isRecordedRelease(): Promise<boolean> {
  const { serverVersion } = JSON.parse(await kubectl.run(['version', '-o', 'json'])) as {
    readonly serverVersion: { readonly minor: string };
  };
  return serverVersion.minor === '34';
}
const hashLabel = 'pod-template-hash';
const withHashOf = (recorded: Stored, { metadata }: Stored): Fields => ({
  ...fieldsAt(metadata, 'labels'),
  [hashLabel]: fieldsAt(recorded.metadata, 'labels')[hashLabel],
});

/** But for how often it was written. */
const unversioned = ({ metadata, ...rest }: Stored): unknown => ({
  ...rest,
  metadata: { ...metadata, resourceVersion: '' },
});

/** When its own controller has written what it has to say of it. */
const settled = (name: string): Promise<Stored> =>
  until('the status', 30, async () => {
    const stored = await kubectl.get<Stored & { readonly status: Fields }>(ns, `statefulset/${name}`);
    return stored.status['currentReplicas'] === 1 ? stored : undefined;
  });

/** Where a text stands in etcd, but for what was stored before. */
const heldWith = async (text: string) =>
  (await storedWith(cluster, text)).filter((key) => !key.includes(`/${before}/`));

/** The reason that a person reads. */
const why = async (pod: Stored) =>
  (await whyOf(kubectl, ns, `pod/${textAt(pod.metadata, 'name')}`, families)).reason;

describe.skipIf(!hasUpstream)('what was recorded', () => {
  let replay: Replay;
  let earlier: Replay;
  /** As the API server stores them without a change of Sallyport. */
  const untouched = new Map<string, Stored>();

  beforeAll(async () => {
    for (const name of [ns, before]) await kubectl.apply(namespace(name), ...rightsOfControllers(name));
    earlier = await kelosIn(kubectl, before);
    for (const [file] of workloads)
      untouched.set(file, await earlier.create(recordedObject(`create-${file}`), byKelos));
    await configured(kubectl, families);
    replay = await kelosIn(kubectl, ns);
    await kagentIn(kubectl, ns, replay);
  }, 150_000);

  afterAll(async () => {
    await kubectl.run(['delete', 'namespace', ns, before, '--wait=false']);
    await configured(kubectl, {});
  }, 120_000);

  describe('of Kelos', () => {
    it.each(workloads)('loses its token and nothing else, in a dry run as in earnest: %s', async (file) => {
      const recorded = recordedObject(`create-${file}`);
      const dry = await replay.dryCreate(recorded, byKelos);
      const stored = await replay.create(recorded, byKelos);
      expect(JSON.stringify(stored)).not.toContain(kelosToken);
      expect(serversOf(stored)).toEqual([expect.stringMatching(throughProxy)]);
      const here = replay.here(recorded);
      expect(asKelosWrote(stored, here).spec).toEqual(withStrategyOf(untouched.get(file), here.spec));
      const [uid, dryUid] = [textAt(stored.metadata, 'uid'), textAt(dry.metadata, 'uid')];
      expect(JSON.parse(JSON.stringify(dry.spec).replaceAll(dryUid, uid))).toEqual(stored.spec);
    });

    it.each(pods)('becomes the pod that was recorded, without its token: %s', async (file, labelled) => {
      const here = replay.here(recordedObject(`create-pods-${file}`));
      const pod = await podOf(labelled);
      expect(JSON.stringify(pod)).not.toContain(kelosToken);
      expect(serversOf(pod)).toEqual([expect.stringMatching(throughProxy)]);
      expect(unplaced(asKelosWrote(pod, here).spec)).toEqual(unplaced(here.spec));
    });

    it('has its token in the Secret, and nowhere else in etcd', async () => {
      expect(await heldWith(kelosToken)).toEqual([`/registry/secrets/${ns}/gh-mcp-headers`]);
    });

    it.each(['sess1', 'wp-pool1'])('changes in nothing when Kelos sends it again: %s', async (name) => {
      const recorded = recordedObject(`update-statefulsets-${name}`);
      const asStored = await settled(name);
      const dry = await replay.replace(recorded, byKelos, '--dry-run=server');
      expect(unversioned(dry)).toEqual(unversioned(asStored));
      // Where somebody else wrote in between, the API server orders its managers anew; after that it writes nothing.
      const once = await replay.replace(recorded, byKelos);
      expect(unversioned(once)).toEqual(unversioned(asStored));
      expect(await replay.replace(recorded, byKelos)).toEqual(once);
    });

    it.each(['sess1', 'wp-pool1'])(
      'loses its token when Kelos sends it again, where it was stored before: %s',
      async (name) => {
        const asStored = await kubectl.get<Stored>(before, `statefulset/${name}`);
        expect(JSON.stringify(asStored)).toContain(kelosToken);
        const recorded = recordedObject(`update-statefulsets-${name}`);
        const stored = await earlier.replace(recorded, byKelos);
        expect(JSON.stringify(stored)).not.toContain(kelosToken);
        expect(asKelosWrote(stored, earlier.here(recorded)).spec).toEqual(asStored.spec);
      },
    );

    it.each(pods)('loses it in a pod of what was stored before: %s', async (file, _, controller) => {
      const recorded = recordedObject(`create-pods-${file}`);
      const stored = await earlier.create(recorded, byKubernetes(controller));
      expect(JSON.stringify(stored)).not.toContain(kelosToken);
      expect(serversOf(stored)).toEqual([expect.stringMatching(throughProxy)]);
      const here = earlier.here(recorded);
      expect(asKelosWrote(stored, here).spec).toEqual(here.spec);
    });
  });

  describe('of kagent', () => {
    it.each(agents)('is a Deployment that nobody changes: %s', async (name) => {
      const recorded = recordedObject(`create-deployments-${name}`);
      const stored = await replay.create(recorded, byKagent);
      expect(stored.spec).toEqual(replay.here(recorded).spec);
    });

    it.each(agents)(
      'becomes the pod that was recorded, with a copy of its configuration: %s',
      async (name) => {
        const here = replay.here(recordedObject(`create-pods-${name}`));
        const pod = await podOf(`kagent=${name}`);
        expect(configVolume(pod)).toMatch(/^sallyport-/);
        const left = asKagentWrote(pod, here);
        expect(unplaced(left.spec)).toEqual(unplaced(here.spec));
        // In the release that was recorded, the hash of the template is the recorded one, to the byte.
        const labels = (await isRecordedRelease()) ? left.metadata['labels'] : withHashOf(here, left);
        expect(labels).toEqual(here.metadata['labels']);
        expect(left.metadata['annotations']).toEqual(here.metadata['annotations']);
      },
    );

    it.each([
      ['helper', 'linear, legacy'],
      ['gohelper', 'linear'],
    ])('is read through the proxy: %s calls %s', async (name, servers) => {
      const log = await until('the copy', 60, async () => {
        const logs = ['logs', '-n', ns, '-l', `kagent=${name}`, '-c', 'sallyport-config'];
        return (await kubectl.try(logs)).stdout || undefined;
      });
      expect(log).toBe(`sallyport config: config.json calls ${servers} through the proxy\n`);
    });

    it('is the same when kagent sends it again', async () => {
      const recorded = recordedObject('update-deployments-helper');
      const asStored = await kubectl.get<Stored>(ns, 'deployment/helper');
      // kubectl writes an annotation of its own, once.
      const once = await replay.replace(recorded, byKagent);
      const again = await replay.replace(recorded, byKagent);
      expect(again.spec).toEqual(asStored.spec);
      expect(again.metadata['generation']).toBe(once.metadata['generation']);
      expect(await podsOf('kagent=helper')).toHaveLength(1);
    });

    it.each(translations)('is rewritten or left alone for a reason: %s', async (file) => {
      const sent = await translated(kubectl, ns, file);
      const stored = await replay.create(sent, byKagent);
      expect(stored.spec).toMatchObject(sent.spec);
      const pod = await podOf(`kagent=${textAt(sent.metadata, 'name')}`);
      const calls = file.includes('toolserver');
      expect(JSON.stringify(pod).includes('sallyport-proxy')).toBe(calls);
      expect(configVolume(pod)).toMatch(calls ? /^sallyport-/ : /^config$/);
      expect(await why(pod)).toMatch(
        calls ? /through the proxy|has not started/ : 'its agent calls no MCP server',
      );
    });

    it.each(kagentTokens)('has %s in its Secrets, and nowhere else in etcd', async (token) => {
      const held = await heldWith(token);
      expect(held.filter((key) => !key.startsWith(`/registry/secrets/${ns}/`))).toEqual([]);
      expect(held).toContain(`/registry/secrets/${ns}/helper`);
    });
  });
});
