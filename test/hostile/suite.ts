import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl } from '../cluster/kubectl.ts';
import { underLoad, type Outcome } from '../cluster/load.ts';
import { fromSecret, namespace, secret, serverEntry, testNamespace } from '../cluster/objects.ts';
import { run } from '../cluster/processes.ts';
import { containerMemoryOfReplicas, type ContainerMemory } from '../cluster/replica-memory.ts';
import { replicaLabel, replicas, system } from '../cluster/sallyport.ts';
import { hostileRequests } from './objects.ts';
import type { Answer } from './sender.ts';

/**
 * One tenant sends what is meant to stop the webhooks, and other tenants work beside it: none of them is refused, none
 * waits, and no replica restarts or comes near its memory limit.
 */

/** A review that takes longer is one that a person notices in `kubectl apply`. */
const honestMs = 1000;

const sender = fileURLToPath(new URL('sender.ts', import.meta.url));

interface Length {
  /** How often each hostile object is sent. */
  readonly rounds: number;
  /** Tenants that send them at the same time. */
  readonly senders: number;
}

/** In milliseconds. `lookupMs` is the part in which the review waited for the API server. */
interface ReviewTime {
  readonly ms: number;
  readonly lookupMs?: number;
}

const ownMs = ({ ms, lookupMs = 0 }: ReviewTime): number => ms - lookupMs;

export function hostileSuite(topic: string, { rounds, senders }: Length): void {
  const cluster = inject('cluster');
  const kubectl = new Kubectl(cluster);
  const [hostile, honest] = [testNamespace(`${topic}-sender`), testNamespace(`${topic}-others`)];
  const requests = hostileRequests(hostile);
  let folder = '';
  let answers: readonly Answer[] = [];
  let others: Outcome;
  let memory: readonly ContainerMemory[] = [];

  const replicaStates = async () => {
    const columns =
      'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
    return kubectl.run(['get', '-n', system, 'pods', '-l', replicaLabel, '-o', columns]);
  };
  let before = '';

  /** How long the replicas took for each review of a namespace, as their logs say. */
  const reviewsOf = async (namespaceName: string): Promise<readonly ReviewTime[]> => {
    const log = await kubectl.run(['logs', '-n', system, '-l', replicaLabel, '--tail=-1', '--prefix=false']);
    return log
      .split('\n')
      .filter((line) => line.includes(`"namespace":"${namespaceName}"`))
      .map((line) => JSON.parse(line) as ReviewTime);
  };
  let reviews: readonly ReviewTime[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sallyport-hostile-'));
    const file = path.join(folder, 'requests.json');
    await writeFile(file, JSON.stringify(requests));
    for (const ns of [hostile, honest])
      await kubectl.apply(
        namespace(ns),
        secret(ns, 'token', { token: 'Bearer abc' }),
        serverEntry(ns, 'asked-for', fromSecret('token', 'token')),
      );
    before = await replicaStates();
    const [program, ...first] = [...cluster.inside, process.execPath];
    const args = ['--import', 'tsx', sender, cluster.kubeconfig, file, String(senders), String(rounds)];
    others = await underLoad(cluster, honest, async () => {
      answers = JSON.parse(await run(program, [...first, ...args])) as readonly Answer[];
    });
    memory = await containerMemoryOfReplicas((await replicas(kubectl)).map(({ metadata }) => metadata.uid));
    reviews = await reviewsOf(honest);
    const total = Object.values(others.sent).reduce((a, b) => a + b, 0);
    const slowest = Math.max(...others.took);
    const took = others.took.toSorted((a, b) => a - b);
    console.log(
      `${answers.length} hostile requests; beside them ${total} of others: ${others.failed.length} failed, ` +
        `median ${took[Math.floor(took.length / 2)]} ms, slowest ${slowest} ms, ` +
        `of ${reviews.length} reviews the slowest ${Math.round(Math.max(...reviews.map(({ ms }) => ms)))} ms, ` +
        `without its lookups ${Math.round(Math.max(...reviews.map(ownMs)))} ms; ` +
        `${reviews.filter(({ ms }) => ms > honestMs).length} reviews took more than ${honestMs} ms; ` +
        `the kernel counted at most ${memory.map(({ peakMiB }) => peakMiB).join(' and ')} MiB for the replicas`,
    );
  }, 1_800_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe('while one tenant sends objects that are meant to stop the webhooks', () => {
    it('no request of others is refused', () => {
      expect(others.failed).toEqual([]);
      expect(Object.keys(others.sent)).toHaveLength(6);
    });

    // What a sender waits for includes the API server, which shares the machine and decodes the hostile objects too. So does a
    // lookup. Both figures are printed.
    it('no replica takes a second for a review of others', () => {
      expect(reviews.length).toBeGreaterThan(100);
      expect(reviews.filter((review) => ownMs(review) > honestMs)).toEqual([]);
    });

    it('each of them gets an answer, and the webhooks never fail to give theirs', () => {
      expect(answers).toHaveLength(requests.length * rounds);
      expect(answers.filter(({ code }) => code === 0)).toEqual([]);
      expect(answers.filter(({ text }) => text.includes('failed calling webhook'))).toEqual([]);
    });

    it('at least sixty of them are denied by Sallyport, not by a schema', () => {
      const ours = new Set(
        answers.filter(({ text }) => text.includes('.sallyport.dev')).map(({ title }) => title),
      );
      expect(ours.size).toBeGreaterThanOrEqual(60);
    });

    it('no denial of ours is larger than a person can read', () => {
      // The API server's own schema validation repeats values, however long.
      const long = answers.filter(({ text, bytes }) => text.includes('.sallyport.dev') && bytes > 128 * 1024);
      expect(long.map(({ title, bytes }) => `${title}: ${bytes}`)).toEqual([]);
    });

    it('no replica restarts', async () => {
      expect(await replicaStates()).toBe(before);
    });

    it.skipIf(cluster.logs === undefined)('no replica comes near its memory limit', () => {
      expect(memory).toHaveLength(2);
      for (const one of memory) {
        expect(one.kills).toBe(0);
        expect(one.peakMiB).toBeLessThan(256);
      }
    });
  });
}
