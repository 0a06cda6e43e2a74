import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { images } from '../cluster/images.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { underLoad } from '../cluster/load.ts';
import { testNamespace } from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { replicas, sallyportManifest, system } from '../cluster/sallyport.ts';
import { calmMs, refusesNobody, streamNamespace } from './stream.ts';
import { trusted, untilTrusted } from './trusted.ts';

/** What happens to Sallyport's own pods and certificates while everybody goes on working. Nobody may notice. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('under-load');
const long = 400_000;

const shortName = (image: string) => image.replace('docker.io/library/', '');
const proxies = { now: shortName(images.proxy), next: shortName(images['next-proxy']) };
const servers = { now: shortName(images.server), next: shortName(images['next-server']) };

/** What pods are given, and what is accepted besides. */
async function configure(image: string, accepted: string): Promise<void> {
  const settings = {
    apiVersion: 'sallyport.dev/v1',
    kind: 'Configuration',
    inject: { image, acceptedImages: [accepted] },
  };
  const data = { 'config.yaml': JSON.stringify(settings) };
  const patch = ['--type=merge', '-p', JSON.stringify({ data })];
  await kubectl.run(['patch', 'configmap', '-n', system, 'sallyport', ...patch]);
}

afterAll(async () => {
  await kubectl.run(['apply', '-f', sallyportManifest]);
  await kubectl.run(['set', 'image', '-n', system, 'deployment/sallyport', `sallyport=${servers.now}`]);
  await rolledOut();
});

const rolledOut = () =>
  until('the roll-out and the last of the pods before it', 180, async () => {
    await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport', '--timeout=120s']);
    const there = await replicas(kubectl);
    return there.length === 2 && there.every(({ metadata }) => metadata.deletionTimestamp === undefined)
      ? true
      : undefined;
  });

beforeAll(async () => {
  await streamNamespace(kubectl, ns);
});

describe('under a steady stream of admissions', () => {
  it(
    'a roll-out refuses nobody',
    async () => {
      await refusesNobody(cluster, ns, async () => {
        await kubectl.run(['rollout', 'restart', '-n', system, 'deployment/sallyport']);
        await rolledOut();
      });
    },
    long,
  );

  it(
    'a replica deleted with force refuses nobody',
    async () => {
      await refusesNobody(cluster, ns, async () => {
        const [{ metadata } = { metadata: { name: '' } }] = await replicas(kubectl);
        await kubectl.run(['delete', 'pod', '-n', system, metadata.name, '--force', '--grace-period=0']);
        await rolledOut();
      });
    },
    long,
  );

  it.skipIf(cluster.logs === undefined)(
    'a replica killed in the middle of its work takes with it what it was answering, which is refused, and no more',
    async () => {
      const pods = await replicas(kubectl);
      const killed = await underLoad(cluster, ns, async () => {
        await sleep(calmMs);
        process.kill(await processOf(pods[0]?.metadata.uid ?? ''), 'SIGKILL');
        await sleep(calmMs);
        await rolledOut();
      });
      // The API server asks nobody else when a connection breaks under its question: fail closed, and only this.
      for (const { answer } of killed.failed)
        expect(answer).toMatch(/failed calling webhook .*(EOF|reset|refused)/);
      // Whoever is left, and the one that came back, answer all the rest.
      await refusesNobody(cluster, ns, rolledOut);
    },
    long,
  );

  it(
    'another CA and another certificate refuse nobody',
    async () => {
      const before = await trusted(kubectl);
      expect(before).toHaveLength(1);
      const seen = new Set<number>();
      await refusesNobody(cluster, ns, async () => {
        await kubectl.run(['delete', 'secret', '-n', system, 'sallyport-authority']);
        await untilTrusted(kubectl, 'the new CA to be alone', (now) => {
          seen.add(now.length);
          return now.length === 1 && now[0] !== before[0];
        });
      });
      expect([...seen]).toContain(2);
    },
    long,
  );

  it(
    'two versions serve at once, each accepts the proxy that the other injects, and nobody is refused',
    async () => {
      const outcome = await refusesNobody(cluster, ns, async () => {
        // First the version that is there learns of the next one's proxy; then the next one comes.
        await configure(proxies.now, proxies.next);
        await kubectl.run(['rollout', 'restart', '-n', system, 'deployment/sallyport']);
        await rolledOut();
        await configure(proxies.next, proxies.now);
        await kubectl.run([
          'set',
          'image',
          '-n',
          system,
          'deployment/sallyport',
          `sallyport=${servers.next}`,
        ]);
        await rolledOut();
      });
      expect(outcome.images.toSorted()).toEqual([proxies.now, proxies.next]);
    },
    long,
  );
});

/** The process a pod's container is, as this machine sees it. */
async function processOf(uid: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (uid !== '' && environment.split('\0').includes(`POD_UID=${uid}`)) return Number(pid);
  }
  throw new Error(`no process of pod ${uid}`);
}
