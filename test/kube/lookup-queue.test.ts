import { describe, expect, it } from 'vitest';
import { GaveUpWaiting, LookupQueue, type Turn } from '../../src/kube/lookup-queue.ts';

const many = 1000;
const review = (namespace: string, controller = new AbortController()): Turn => ({
  namespace,
  signal: controller.signal,
});

/** Tasks that end when the test says so, in a queue with these limits. */
function queueWith(limits: Partial<ConstructorParameters<typeof LookupQueue>[0]>) {
  const queue = new LookupQueue({ total: many, perNamespace: many, perReview: many, ...limits });
  const begun: string[] = [];
  const running = new Map<string, (result: 'done' | 'failed') => void>();
  /** The result of each, or its error. */
  const outcomes = new Map<string, Promise<unknown>>();
  const run = (turn: Turn, ...names: readonly string[]): void => {
    for (const name of names) {
      const task = () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name);
          running.set(name, (result) => (result === 'done' ? resolve(name) : reject(new Error(name))));
        });
      outcomes.set(
        name,
        queue.run(turn, task).catch((error: unknown) => error),
      );
    }
  };
  /** Ends one task, and lets the queue begin others. */
  const end = async (name: string, result: 'done' | 'failed' = 'done') => {
    running.get(name)?.(result);
    running.delete(name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { run, end, begun, running, outcomes };
}

describe('lookups at one time', () => {
  it('are at most as many as the limit of all', async () => {
    const { run, end, begun, running } = queueWith({ total: 2 });
    run(review('a'), 'a1', 'a2', 'a3');
    run(review('b'), 'b1');
    expect([...running.keys()]).toEqual(['a1', 'a2']);
    while (running.size > 0) {
      await end([...running.keys()][0] ?? '');
      expect(running.size).toBeLessThanOrEqual(2);
    }
    expect(begun).toHaveLength(4);
  });

  it('of one namespace leave room for another, however many reviews it has', () => {
    const { run, running } = queueWith({ total: 4, perNamespace: 2 });
    for (let i = 0; i < 5; i += 1) run(review('a'), `a${i}-1`, `a${i}-2`);
    run(review('b'), 'b1');
    expect([...running.keys()]).toEqual(['a0-1', 'a0-2', 'b1']);
  });

  it('of one review leave room for another of its namespace', () => {
    const { run, running } = queueWith({ perReview: 2 });
    run(review('a'), 'x1', 'x2', 'x3');
    run(review('a'), 'y1');
    expect([...running.keys()]).toEqual(['x1', 'x2', 'y1']);
  });

  it('make room when one fails, as when one succeeds', async () => {
    const { run, end, running, outcomes } = queueWith({ total: 1 });
    run(review('a'), 'a1', 'a2');
    await end('a1', 'failed');
    expect([...running.keys()]).toEqual(['a2']);
    await end('a2');
    expect(await outcomes.get('a1')).toEqual(new Error('a1'));
    expect(await outcomes.get('a2')).toBe('a2');
  });
});

describe('lookups that wait', () => {
  const orderOf = async ({ end, begun, running }: ReturnType<typeof queueWith>) => {
    while (running.size > 0) await end([...running.keys()][0] ?? '');
    return begun;
  };

  it('begin in turns of their namespaces', async () => {
    const queue = queueWith({ total: 1 });
    queue.run(review('first'), 'first');
    queue.run(review('a'), 'a1', 'a2', 'a3');
    queue.run(review('b'), 'b1', 'b2');
    queue.run(review('c'), 'c1');
    expect(await orderOf(queue)).toEqual(['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('begin in turns of the reviews of their namespace', async () => {
    const queue = queueWith({ total: 1 });
    queue.run(review('first'), 'first');
    queue.run(review('a'), 'x1', 'x2', 'x3');
    queue.run(review('a'), 'y1', 'y2');
    expect(await orderOf(queue)).toEqual(['first', 'x1', 'y1', 'x2', 'y2', 'x3']);
  });

  it('never begin once the time of their review is over, and the others go on', async () => {
    const queue = queueWith({ total: 1 });
    const late = new AbortController();
    queue.run(review('a', late), 'a1', 'a2');
    queue.run(review('a'), 'other');
    late.abort();
    expect(await queue.outcomes.get('a2')).toBeInstanceOf(GaveUpWaiting);
    queue.run(review('a', late), 'a3');
    expect(await queue.outcomes.get('a3')).toBeInstanceOf(GaveUpWaiting);
    expect(await orderOf(queue)).toEqual(['a1', 'other']);
  }, 10_000);
});
