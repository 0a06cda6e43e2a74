import { Agent, get, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Unknown } from '../../src/core/facts.ts';
import { sourceKey } from '../../src/core/model.ts';
import type { Cluster, Deadline } from '../../src/core/cluster.ts';
import { clusterWith } from '../support/cluster.ts';
import { labelledPod, remoteProxy, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const review = JSON.stringify(reviewOf(remoteProxy()));
const head = (length: number) =>
  `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Sends bytes as they are and hands back everything that came until the connection closed. */
function exchange(
  port: number,
  ca: string,
  bytes: string,
  then: 'end' | 'destroy' | 'wait',
): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        if (then === 'destroy') setTimeout(() => socket.destroy(), 20);
      });
    });
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('a connection', () => {
  it.each([
    ['ends before the body it announced', head(review.length + 10) + review, 'end'],
    ['is cut in the middle of the body', head(review.length) + review.slice(0, 50), 'destroy'],
    [
      'is cut in the middle of a chunk',
      `${head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')}ff\r\n{`,
      'destroy',
    ],
    ['announces a length over the cap and sends a byte', `${head(9 * 1024 * 1024)}{`, 'end'],
    ['announces two lengths', head(5).replace('\r\n\r\n', `\r\nContent-Length: 9\r\n\r\n${review}`), 'end'],
  ] as const)('that %s gets no allowance, and the next request is answered', async (_what, bytes, then) => {
    const { port, ca, call } = await startWebhook();
    expect(await exchange(port, ca, bytes, then)).not.toContain('"allowed":true');
    expect((await call('/validate', { body: review })).text).toContain('[MCP201]');
  });

  it('that announces less than it sends is refused for the part that was announced', async () => {
    const { port, ca } = await startWebhook({
      objects: { 's.yaml': [secret('github-token', { token: 'x' })] },
    });
    const answer = await exchange(port, ca, head(100) + review, 'wait');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('"allowed":true');
  });
});

describe('200 requests at once', () => {
  it('each get the answer to their own uid', async () => {
    const { validate } = await startWebhook({ objects: { 's.yaml': [secret('there', { token: 'x' })] } });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const name = i % 2 === 0 ? 'there' : `absent-${i}`;
        const headerForward = {
          addHeadersFromSecret: [{ headerName: 'Authorization', valueSecretRef: { name, key: 'token' } }],
        };
        const answer = await validate(reviewOf(remoteProxy({ headerForward }), { uid: `uid-${i}` }));
        const named = answer.allowed || answer.status?.message.includes(`team-a/absent-${i} `);
        return { uid: answer.uid, allowed: answer.allowed, named };
      }),
    );
    expect(answers).toEqual(answers.map((_, i) => ({ uid: `uid-${i}`, allowed: i % 2 === 0, named: true })));
  });
});

describe('paths and methods', () => {
  it.each([
    ['GET', '/validate'],
    ['PUT', '/mutate'],
    ['DELETE', '/validate'],
    ['POST', '/'],
    ['POST', '/validate/more'],
    ['POST', '/mutating'],
    ['GET', '/%ff'],
    ['GET', '/%2e%2e/%00'],
    ['POST', '/healthz'],
  ])('%s %s is 404 in JSON', async (method, target) => {
    const { call } = await startWebhook();
    const answer = await call(target, { method });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' });
  });

  it('/healthz is about the program, /readyz about whether it may get requests', async () => {
    let reason: string | undefined = 'no certificate yet';
    const { call } = await startWebhook({ notReady: () => reason });
    const ask = async (target: string) => {
      const { status, text } = await call(target, { method: 'GET' });
      return { status, body: JSON.parse(text) as unknown };
    };
    expect(await ask('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await ask('/readyz')).toEqual({ status: 503, body: { status: 'not ready', reason } });
    reason = undefined;
    expect(await ask('/readyz')).toEqual({ status: 200, body: { status: 'ready' } });
  });
});

const unknown: Unknown = {
  state: 'unknown',
  cause: 'late',
  why: 'the API server did not respond before the timeout',
};
const atDeadline = ({ signal }: Deadline) =>
  new Promise<Unknown>((resolve) => {
    signal.addEventListener('abort', () => resolve(unknown), { once: true });
  });
const obedient: Pick<Cluster, 'facts' | 'get'> = {
  facts: async (sources, deadline) => {
    const late = await atDeadline(deadline);
    return new Map(sources.map((source) => [sourceKey(source), late]));
  },
  get: (_, deadline) => atDeadline(deadline),
};
const deaf = () => new Promise<never>(() => undefined);

describe('a cluster that does not answer', () => {
  const clusters: Readonly<Record<string, Partial<Cluster>>> = {
    'throws at once': {
      facts: () => Promise.reject(new Error('canary-in-an-error')),
      get: () => Promise.reject(new Error('canary-in-an-error')),
    },
    'throws synchronously': {
      facts: () => {
        throw new Error('canary-in-an-error');
      },
      get: () => {
        throw new Error('canary-in-an-error');
      },
    },
    'gives up at the deadline': obedient,
    'never gives up': { facts: deaf, get: deaf },
  };
  it.each(Object.keys(clusters))('that %s is a refusal, never a hang', async (name) => {
    const cluster = clusters[name];
    if (!cluster) throw new Error(name);
    const { validate, mutate, logged } = await startWebhook({ cluster: clusterWith(cluster) });
    const answers = await Promise.race([
      Promise.all([
        validate(reviewOf(remoteProxy()), '?timeout=1s'),
        mutate(reviewOf(labelledPod('mcpremoteproxy/github')), '?timeout=1s'),
      ]),
      sleep(60_000, undefined, { ref: false }),
    ]);
    expect(answers?.map(({ allowed }) => allowed)).toEqual([false, false]);
    expect(JSON.stringify([answers, logged])).not.toContain('canary-in-an-error');
  });

  const callers: readonly (readonly [string, string, number])[] = [
    ['names no timeout', '', 3000],
    ['names seconds', '?timeout=2s', 2000],
    ['names milliseconds', '?timeout=600ms', 600],
    ['names more than the 30 s that Kubernetes allows', '?timeout=3600s', 30_000],
    ['names less than a review needs', '?timeout=1ms', 501],
  ];

  /** A review whose lookups have begun; from then on time passes as the test says. */
  async function begun(cluster: Pick<Cluster, 'facts' | 'get'>, query: string) {
    let asked = () => {};
    const hasBegun = new Promise<void>((resolve) => (asked = resolve));
    const facts: Cluster['facts'] = (...args) => {
      asked();
      return cluster.facts(...args);
    };
    const { validate, call } = await startWebhook({ cluster: clusterWith({ ...cluster, facts }) });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let isAnswered = false;
    const answer = validate(reviewOf(remoteProxy()), query).finally(() => (isAnswered = true));
    await hasBegun;
    const after = async (ms: number) => {
      vi.advanceTimersByTime(ms);
      await call('/healthz', { method: 'GET' });
      return isAnswered;
    };
    return { answer, after };
  }

  it.each(callers)(
    'is waited for until 500 ms before the timeout of a caller that %s',
    async (_, query, timeoutMs) => {
      const { answer, after } = await begun(obedient, query);
      // The lookups began a moment after the review.
      if (timeoutMs > 600) expect(await after(timeoutMs - 600)).toBe(false);
      await after(timeoutMs > 600 ? 100 : timeoutMs - 500);
      expect((await answer).status?.message).toContain('did not respond before the timeout');
    },
    30_000,
  );

  it.each(callers)(
    'that ignores the end of the review delays no answer: it is sent 300 ms before the timeout of a caller that %s',
    async (_, query, timeoutMs) => {
      const { answer, after } = await begun({ facts: deaf, get: deaf }, query);
      expect(await after(timeoutMs - 301)).toBe(false);
      await after(1);
      expect(await answer).toMatchObject({ allowed: false, status: { code: 504, reason: 'Timeout' } });
    },
    30_000,
  );

  it('about a Secret denies where a credential may not go (MCP208); existence alone (MCP203) is a warning', async () => {
    const { validate } = await startWebhook({ cluster: clusterWith(obedient) });
    const { allowed, warnings, status } = await validate(reviewOf(remoteProxy()), '?timeout=1s');
    expect(allowed).toBe(false);
    expect(status?.message.match(/MCP\d+/g)).toEqual(['MCP208']);
    expect(status?.message).toContain(
      'whether Secret team-a/github-token may be sent to https://api.example.com is not known: the API server did not respond before the timeout',
    );
    expect(warnings).toEqual([
      expect.stringMatching(
        /^\[MCP203\].* was not checked: the API server did not respond before the timeout$/,
      ),
    ]);
  });
});

it('[detail 37] keeps an idle connection longer than the 90 seconds an API server keeps it', async () => {
  const { call } = await startWebhook();
  const { headers } = await call('/healthz', { method: 'GET' });
  expect(Number(/^timeout=(\d+)$/.exec(String(headers['keep-alive']))?.[1])).toBeGreaterThan(90);
});

describe('a server that drains', () => {
  it('answers on, new connections too, and lets each one go with its next answer', async () => {
    const { listening, port, ca } = await startWebhook();
    const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
    const ask = (over: Agent | false) =>
      new Promise<string>((resolve, reject) => {
        get(
          {
            host: '127.0.0.1',
            port,
            path: '/healthz',
            ca,
            agent: over,
            headers: { connection: 'keep-alive' },
          },
          (res) => {
            res.resume().on('end', () => resolve(`${res.statusCode} ${res.headers.connection}`));
          },
        ).on('error', reject);
      });
    expect(await ask(agent)).toBe('200 keep-alive');
    listening.drain();
    expect(await ask(agent)).toBe('200 close');
    expect(await ask(false)).toBe('200 close');
    agent.destroy();
  });
});

describe('closing the server', () => {
  it('lets a request in flight finish, takes no new one, and does not wait for idle connections', async () => {
    let letGo = () => {};
    let asked = () => {};
    const inFlight = new Promise<void>((resolve) => (asked = resolve));
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const cluster = clusterWith({
      facts: async () => {
        asked();
        await held;
        return new Map();
      },
    });
    const { listening, port, ca } = await startWebhook({ cluster });
    const agent = new Agent({ ca, keepAlive: true });
    const answer = new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({
        host: '127.0.0.1',
        port,
        path: '/validate?timeout=30s',
        method: 'POST',
        headers,
        agent,
      });
      sent.on('response', (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
      });
      sent.on('error', reject);
      sent.end(review);
    });
    await inFlight;
    const closed = listening.close();
    const refused = new Promise<string>((resolve) => {
      get({ host: '127.0.0.1', port, path: '/healthz', ca }, () => resolve('answered')).on('error', (error) =>
        resolve((error as NodeJS.ErrnoException).code ?? ''),
      );
    });
    expect(await refused).toBe('ECONNREFUSED');
    letGo();
    expect(await answer).toContain('"allowed":true');
    const inTime = await Promise.race([
      closed.then(() => 'closed'),
      sleep(60_000, 'still open after a minute', { ref: false }),
    ]);
    agent.destroy();
    expect(inTime).toBe('closed');
  });
});
