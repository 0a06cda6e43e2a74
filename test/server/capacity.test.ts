import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { maxReviewBytes } from '../../src/server/body.ts';
import { Capacity } from '../../src/server/capacity.ts';
import { clusterWith } from '../support/cluster.ts';
import { remoteProxy, reviewOf, startWebhook, type Answer } from '../support/webhook.ts';

/** A cluster that answers nobody until it is told to, and says how many ask. */
function heldCluster() {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let asked = 0;
  const cluster = clusterWith({
    facts: async () => {
      asked += 1;
      await held;
      return new Map();
    },
  });
  return { cluster, letGo, asked: () => asked };
}

const review = (uid: string) => JSON.stringify(reviewOf(remoteProxy(), { uid }));
const padded = (namespace: string, username = 'dev@example.com') => {
  const userInfo = { username, groups: ['system:authenticated'] };
  const body = JSON.stringify(reviewOf(remoteProxy(), { uid: 'large', namespace, userInfo }));
  return body.replace(/\}$/, `,"padding":"${'x'.repeat(maxReviewBytes - 100_000)}"}`);
};
const busy = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 429);

describe('more reviews than are answered at once', () => {
  it('are told to come again in a second, which an API server does, and there is room again afterwards', async () => {
    const { cluster, letGo, asked } = heldCluster();
    const { call } = await startWebhook({ cluster, capacity: new Capacity(8) });
    const send = (i: number) => call('/validate?timeout=30s', { body: review(`uid-${i}`) });
    const first = Array.from({ length: 8 }, (_, i) => send(i));
    await expect.poll(asked, { timeout: 60_000 }).toBe(8);
    const late = await Promise.all(Array.from({ length: 4 }, (_, i) => send(1000 + i)));
    expect(busy(late)).toHaveLength(4);
    for (const { headers, text } of late) {
      expect(headers['retry-after']).toBe('1');
      expect(JSON.parse(text)).toMatchObject({ kind: 'Status', code: 429, reason: 'TooManyRequests' });
    }
    letGo();
    expect(busy(await Promise.all(first))).toEqual([]);
    expect((await send(2000)).status).toBe(200);
  });

  it('are 256, and the next one is refused', async () => {
    const { cluster, letGo, asked } = heldCluster();
    const { call, port, ca } = await startWebhook({ cluster });
    const socket = connect({ host: '127.0.0.1', port, ca });
    onTestFinished(() => void socket.destroy());
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    for (let i = 0; i < 256; i += 1) {
      const body = review(`uid-${i}`);
      socket.write(
        `POST /validate?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    }
    await expect.poll(asked, { timeout: 20_000 }).toBe(256);
    const { status } = await call('/validate?timeout=30s', { body: review('one-more') });
    expect(status).toBe(429);
    letGo();
    const judged = () => new Set(text.match(/"uid":"uid-\d+"/g)).size;
    await expect.poll(judged, { timeout: 20_000 }).toBe(256);
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(256);
  }, 60_000);

  it('in bytes: a namespace holds one of the largest, and the others still have room', async () => {
    const { cluster, letGo, asked } = heldCluster();
    const { call } = await startWebhook({ cluster });
    const send = (body: string) => call('/validate?timeout=30s', { body });
    const first = [send(padded('team-a')), send(padded('team-b'))];
    await expect.poll(asked, { timeout: 60_000 }).toBe(2);
    // Refused, and not left to the failure policy of the webhook entry.
    const { status, text } = await send(padded('team-a'));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ response: { allowed: false, status: { code: 429 } } });
    const small = send(review('small'));
    letGo();
    const answers = await Promise.all([...first, small]);
    expect(busy(answers)).toEqual([]);
    for (const answer of answers) expect(answer.text).not.toContain('"code":429');
  });

  it('in bytes: a requester in many namespaces leaves room for another requester', async () => {
    const { cluster, letGo, asked } = heldCluster();
    const { call } = await startWebhook({ cluster });
    const send = (body: string) => call('/validate?timeout=30s', { body });
    const first = ['team-a', 'team-b'].map((namespace) => send(padded(namespace, 'hostile')));
    await expect.poll(asked, { timeout: 60_000 }).toBe(2);
    expect((await send(padded('team-c', 'hostile'))).text).toContain('"code":429');
    const other = send(padded('team-d', 'honest "dev"'));
    letGo();
    for (const answer of await Promise.all([...first, other]))
      expect(answer.text).not.toContain('"code":429');
  });

  it('that broke off leave their places', async () => {
    const { call, port, ca } = await startWebhook({ capacity: new Capacity(4) });
    const head =
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{';
    const sockets = await Promise.all(
      Array.from(
        { length: 4 },
        () =>
          new Promise<TLSSocket>((resolve) => {
            const socket = connect({ host: '127.0.0.1', port, ca }, () =>
              socket.write(head, () => resolve(socket)),
            );
            socket.on('error', () => undefined);
          }),
      ),
    );
    const status = async () => (await call('/validate', { body: review('after') })).status;
    await expect.poll(status, { timeout: 60_000 }).toBe(429);
    for (const socket of sockets) socket.destroy();
    await expect.poll(status, { timeout: 60_000 }).toBe(200);
  });
});
