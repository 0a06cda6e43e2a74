import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/core/cluster.ts';
import { largeReviewBytes } from '../../src/server/body.ts';
import { maxWaitingPerNamespace, maxWaitingPerRequester } from '../../src/server/workers/fair-queue.ts';
import { maxReviewValues } from '../../src/server/workers/count-values.ts';
import { clusterWith, unanswered } from '../support/cluster.ts';
import {
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
} from '../support/webhook.ts';

type Json = Readonly<Record<string, unknown>>;

/** Harmless text that makes a review large enough for a worker. */
const padding = { note: 'x'.repeat(largeReviewBytes) };
const large = (spec: Json = {}, namespace = 'team-a') => ({
  ...remoteProxy(spec),
  metadata: { name: 'github', namespace, annotations: padding },
});
/** A worker thread starts in a tenth of a second, on a busy machine in some. */
const patient = { timeout: 60_000 };
const objects = { 's.yaml': [secret('github-token', { token: 'Bearer abc' })] };

/** How many JSON texts of more than `largeReviewBytes` this thread parses or writes while `run` is under way. */
async function largeJsonIn(run: () => Promise<unknown>): Promise<number> {
  const { parse, stringify } = JSON;
  let count = 0;
  const note = (text: unknown) => {
    if (typeof text === 'string' && text.length > largeReviewBytes) count += 1;
  };
  JSON.parse = (text: string, ...more: []) => {
    note(text);
    return parse(text, ...more) as unknown;
  };
  JSON.stringify = (value: unknown, ...more: []) => {
    const text = stringify(value, ...more);
    note(text);
    return text;
  };
  try {
    await run();
  } finally {
    Object.assign(JSON, { parse, stringify });
  }
  return count;
}

describe('a review over the threshold', () => {
  it('is judged like a small one: the same findings, the same warnings, the same patch', async () => {
    const given = { objects: { 's.yaml': [...objects['s.yaml'], remoteProxy()] } };
    const { validate, mutate, outcomes } = await startWebhook(given);
    for (const spec of [{}, { remoteUrl: 'http://example.com/' }, { remoteUrl: 'https://' }])
      expect(await validate(reviewOf(large(spec)))).toEqual(await validate(reviewOf(remoteProxy(spec))));
    const pod = labelledPod('mcpremoteproxy/github');
    const annotations = { ...(pod.metadata.annotations as Json), ...padding };
    const big = { ...pod, metadata: { ...pod.metadata, annotations } };
    const added = operationsOf(await mutate(reviewOf(pod))).map(({ path }) => path);
    expect(operationsOf(await mutate(reviewOf(big))).map(({ path }) => path)).toEqual(added);
    expect(outcomes).toEqual(['answered', 'answered', 'answered', 'answered']);
  });

  it('is neither parsed nor encoded by the thread that answers probes', async () => {
    const { call, outcomes } = await startWebhook({ objects });
    const body = JSON.stringify(reviewOf(large()));
    const parsed = await largeJsonIn(async () => {
      expect((await call('/validate?timeout=30s', { body })).text).toContain('"allowed":true');
    });
    expect(outcomes).toEqual(['answered']);
    expect(parsed).toBe(0);
  });

  it('leaves the same line in the log', async () => {
    const { validate, logged } = await startWebhook();
    await validate(reviewOf(remoteProxy()));
    await validate(reviewOf(large()));
    const [small, big] = logged.map((line) => ({
      ...(JSON.parse(line) as Json),
      time: 0,
      ms: 0,
      lookupMs: 0,
    }));
    expect(big).toEqual(small);
  });

  it('is judged by a configuration that changed, and by kinds of your own', async () => {
    const sensitive = { credentials: { headers: { sensitive: ['X-Team-Pass'] } } };
    const plain = { headerForward: { addPlaintextHeaders: { 'X-Team-Pass': 'abcdef' } } };
    const { validate } = await startWebhook({ configuration: sensitive });
    expect((await validate(reviewOf(large(plain)))).status?.message).toContain('[MCP101]');
  });

  it('asks the cluster of the server', async () => {
    const asked: string[] = [];
    const note = <T>(name: string, answer: T) => {
      asked.push(name);
      return Promise.resolve(answer);
    };
    const labels = new Map([['sallyport.dev/mode', 'audit']]);
    const cluster = clusterWith({
      facts: () => note('facts', new Map()),
      namespaceLabels: () => note('namespaceLabels', { state: 'present', labels } as const),
    });
    const configuration = { modes: { namespaceLabelMay: ['audit'] } };
    const { validate } = await startWebhook({ cluster, configuration });
    expect((await validate(reviewOf(large({ remoteUrl: 'https://' })))).allowed).toBe(true);
    expect(asked).toEqual(expect.arrayContaining(['facts', 'namespaceLabels']));
  });

  it.each<[string, Cluster['get'], string]>([
    ['is unknown', () => Promise.resolve(unanswered), '[MCP504]'],
    ['throws', () => Promise.reject(new Error('hunter2')), 'Sallyport failed'],
  ])('is refused when a lookup %s, and the answer says nothing of an error', async (_, get, message) => {
    const { mutate } = await startWebhook({ cluster: clusterWith({ get }) });
    const pod = labelledPod('mcpremoteproxy/github');
    const annotations = { ...(pod.metadata.annotations as Json), ...padding };
    const answer = await mutate(reviewOf({ ...pod, metadata: { ...pod.metadata, annotations } }));
    expect(answer.status?.message).toContain(message);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it('that is no JSON, or no review, is refused', async () => {
    const { call } = await startWebhook();
    const body = JSON.stringify(reviewOf(large()));
    expect((await call('/validate?timeout=30s', { body: body.slice(0, -1) })).text).toContain('"code":400');
    expect((await call('/validate?timeout=30s', { body: 'x'.repeat(100_000) })).status).toBe(400);
    const wrong = body.replace('"operation":"CREATE"', '"operation":"OTHER"');
    expect((await call('/validate?timeout=30s', { body: wrong })).text).toContain('"allowed":false');
  });
});

describe('a review that cannot be judged in time', () => {
  /** A cluster whose answers the test delays; it counts the requests. */
  const silent = () => {
    const open: (() => void)[] = [];
    let aborted = 0;
    const cluster = clusterWith({
      facts: (_, { signal }) => {
        signal.addEventListener('abort', () => (aborted += 1));
        return new Promise((resolve) => open.push(() => resolve(new Map())));
      },
    });
    /** Answers everything, until `done`. */
    const answerUntil = async (done: Promise<unknown>) => {
      const answering = setInterval(() => open.forEach((one) => one()), 10);
      await done.finally(() => clearInterval(answering));
    };
    return { cluster, asked: () => open.length, aborted: () => aborted, open, answerUntil };
  };

  it('because the cluster is silent is refused, its lookups are aborted, and the worker stays', async () => {
    const { cluster, aborted } = silent();
    const { validate, outcomes } = await startWebhook({ cluster });
    const { allowed, status } = await validate(reviewOf(large()), '?timeout=5s');
    expect({ allowed, code: status?.code }).toEqual({ allowed: false, code: 504 });
    expect(outcomes).toEqual(['answered']);
    await expect.poll(aborted, patient).toBe(1);
  });

  it('waits behind another of its namespace until the deadline, while other namespaces are served', async () => {
    const { cluster, asked, answerUntil } = silent();
    const { validate, outcomes } = await startWebhook({ cluster });
    const first = validate(reviewOf(large()), '?timeout=30s');
    await expect.poll(asked, patient).toBe(1);
    const second = validate(reviewOf(large()), '?timeout=5s');
    const other = large({ headerForward: {} }, 'team-b');
    expect((await validate(reviewOf(other), '?timeout=20s')).allowed).toBe(true);
    expect((await second).status).toMatchObject({ code: 504, reason: 'Timeout' });
    // The first one still occupies its namespace; which of the others ends first depends on the machine.
    expect(outcomes.toSorted()).toEqual(['answered', 'waited']);
    await answerUntil(first);
    expect((await first).status?.code).not.toBe(504);
    expect(outcomes.toSorted()).toEqual(['answered', 'answered', 'waited']);
  });

  it('is refused at once when too many of its namespace wait, and not those of another', async () => {
    const { cluster, asked, answerUntil } = silent();
    const { validate, outcomes } = await startWebhook({ cluster });
    const first = validate(reviewOf(large()), '?timeout=30s');
    await expect.poll(asked, patient).toBe(1);
    const waiting = Array.from({ length: maxWaitingPerNamespace + 1 }, () =>
      validate(reviewOf(large()), '?timeout=30s'),
    );
    await expect.poll(() => outcomes, patient).toEqual(['full']);
    const other = large({ headerForward: {} }, 'team-b');
    expect((await validate(reviewOf(other))).allowed).toBe(true);
    const all = Promise.all([first, ...waiting]);
    await answerUntil(all);
    expect((await all).filter(({ status }) => status?.code === 429)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome !== 'answered')).toEqual(['full']);
  });

  it('waits behind one review of a requester who has many more in other namespaces, and not behind all', async () => {
    const { cluster, open, answerUntil } = silent();
    const { validate, outcomes } = await startWebhook({ cluster });
    const send = (username: string, object: Json) =>
      validate(reviewOf(object, { userInfo: { username, groups: [] } }), '?timeout=30s');
    const hostile = (i: number) => send('hostile', large({}, `hostile-${i}`));
    const running = [hostile(0), hostile(1)];
    await expect.poll(() => open.length, patient).toBe(2);
    const waiting = Array.from({ length: maxWaitingPerRequester + 1 }, (_, i) =>
      hostile(2 + Math.floor(i / maxWaitingPerNamespace)),
    );
    await expect.poll(() => outcomes, patient).toEqual(['full']);
    const other = send('dev@example.com', large({ headerForward: {} }, 'team-b'));
    // Refused at once, so the one before it has arrived.
    expect((await hostile(9)).status?.code).toBe(429);
    open[0]?.();
    expect((await other).allowed).toBe(true);
    await answerUntil(Promise.all([...running, ...waiting]));
  });

  it('because its worker is busy is refused, and the next one gets another worker', async () => {
    // The thread's own clock, so that nothing but the deadline ends it.
    const { validate, outcomes } = await startWebhook({ objects, worker: 'busy' });
    const { allowed, status } = await validate(reviewOf(large()), '?timeout=5s');
    expect({ allowed, code: status?.code }).toEqual({ allowed: false, code: 504 });
    expect(outcomes).toEqual(['deadline']);
    expect((await validate(reviewOf(large()), '?timeout=5s')).allowed).toBe(false);
    expect(outcomes).toEqual(['deadline', 'deadline']);
  });

  it('because it exhausts the memory of its worker is refused, and the server lives', async () => {
    const { validate, outcomes } = await startWebhook({ objects, worker: 'greedy' });
    const { allowed, status } = await validate(reviewOf(large()), '?timeout=30s');
    expect({ allowed, code: status?.code }).toEqual({ allowed: false, code: 413 });
    expect(outcomes).toEqual(['memory']);
    expect((await validate(reviewOf(remoteProxy()))).allowed).toBe(true);
  });

  it('because its worker fails is refused', async () => {
    const { validate, outcomes } = await startWebhook({ objects, worker: 'failing' });
    expect((await validate(reviewOf(large()))).status?.code).toBe(500);
    expect(outcomes).toEqual(['failed']);
  });
});

describe('hostile objects beside honest reviews', () => {
  const header = (i: number) => [`X-Tenant-${i}`, 'harmless'];
  const hostile = {
    'tens of thousands of headers': large(
      {
        headerForward: {
          addPlaintextHeaders: Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => header(i))),
        },
      },
      'team-h',
    ),
    'blanks after a word': large({ args: [`ab${' '.repeat(1_000_000)}`], remoteUrl: 'https://' }, 'team-h'),
    'more values than are parsed': large(
      { extra: Array.from({ length: maxReviewValues }, () => 0) },
      'team-h',
    ),
    'a text of 3 MB': large({ remoteUrl: `https://${'a'.repeat(3_000_000)}` }, 'team-h'),
  };

  it.each(Object.entries(hostile))(
    '%s: refused, and every honest review and probe is answered',
    async (_, object) => {
      const { validate, call } = await startWebhook({ objects });
      const progress = { done: false };
      const refused = validate(reviewOf(object), '?timeout=10s').finally(() => (progress.done = true));
      for (let rounds = 0; !progress.done && rounds < 10_000; rounds += 1) {
        expect((await validate(reviewOf(remoteProxy()))).allowed).toBe(true);
        expect((await call('/healthz', { method: 'GET' })).status).toBe(200);
        expect((await call('/readyz', { method: 'GET' })).status).toBe(200);
      }
      expect((await refused).allowed).toBe(false);
      expect((await validate(reviewOf(large()))).allowed).toBe(true);
    },
  );

  it('nested deeper than any parser likes, they are refused', async () => {
    const { call } = await startWebhook();
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    const body = JSON.stringify(reviewOf(large({ extra: 'HERE' }))).replace('"HERE"', deep);
    expect((await call('/validate?timeout=30s', { body })).text).toContain('"allowed":false');
    expect((await call('/healthz', { method: 'GET' })).status).toBe(200);
  });
});
