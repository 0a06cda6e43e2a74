import { expect, it } from 'vitest';
import type { Deadline } from '../../src/core/cluster.ts';
import { timedCluster } from '../../src/engine/lookup-time.ts';
import { clusterWith } from '../support/cluster.ts';

const deadline: Deadline = { signal: new AbortController().signal };

/** A lookup that ends when the test says so. */
function held() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { end: () => end(), ended };
}

it('counts the time of two lookups at the same time once', async () => {
  let time = 0;
  const [first, second] = [held(), held()];
  const lookups = [first, second];
  const cluster = clusterWith({
    async namespaceLabels() {
      await lookups.shift()?.ended;
      return { state: 'absent' };
    },
  });
  const timed = timedCluster(cluster, () => time);
  const one = timed.cluster.namespaceLabels('a', deadline);
  time = 10;
  const other = timed.cluster.namespaceLabels('b', deadline);
  time = 30;
  expect(timed.waitedMs()).toBe(30);
  first.end();
  await one;
  time = 50;
  second.end();
  await other;
  time = 500;
  expect(timed.waitedMs()).toBe(50);
});

it('counts a lookup that fails', async () => {
  let time = 0;
  const cluster = clusterWith({ get: () => Promise.reject(new Error('the connection was reset')) });
  const timed = timedCluster(cluster, () => time);
  const lookup = timed.cluster.get(
    { group: '', kind: 'Secret', plural: 'secrets', versions: ['v1'], namespace: 'a', name: 'b' },
    deadline,
  );
  time = 7;
  await expect(lookup).rejects.toThrow('reset');
  time = 20;
  expect(timed.waitedMs()).toBe(7);
});
