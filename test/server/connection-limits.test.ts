import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { headMs, maxConnections, maxHeadBytes } from '../../src/server/https-server.ts';
import { remoteProxy, reviewOf, startWebhook } from '../support/webhook.ts';

/** The address of a client that floods; the kubelet of these tests has 127.0.0.1. */
const flooder = '127.0.0.2';
const unfinishedHead = `POST /validate HTTP/1.1\r\nHost: x\r\nX-Filler: ${'x'.repeat(maxHeadBytes - 200)}`;
const whole = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

/** Opens a connection, with TLS and some bytes if you say so. */
function open(
  port: number,
  from: string,
  tls?: { readonly ca: string; readonly send: string },
): Promise<Socket> {
  return new Promise((resolve) => {
    const tcp = connectTcp({ host: '127.0.0.1', port, localAddress: from });
    const done = () => resolve(tcp);
    tcp.on('error', () => undefined).once('close', done);
    onTestFinished(() => void tcp.destroy());
    if (!tls) return void tcp.once('connect', done);
    const secure = connectTls({ socket: tcp, ca: tls.ca, servername: 'localhost' }, () =>
      secure.write(tls.send, done),
    );
    secure.on('error', () => undefined).resume();
    onTestFinished(() => void secure.destroy());
  });
}

/** As many connections are opened side by side; which of them is the oldest is not known. */
const batch = 64;

async function flood(count: number, one: () => Promise<Socket>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count)
    sockets.push(
      ...(await Promise.all(Array.from({ length: Math.min(batch, count - sockets.length) }, one))),
    );
  return sockets;
}

const openOf = (sockets: readonly Socket[]) =>
  sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;

describe('connections to the webhook server', () => {
  it('are at most as many as its memory limit has room for: the oldest unfinished ones are closed', async () => {
    const { port, ca, call } = await startWebhook();
    const sockets = await flood(maxConnections + 100, () =>
      open(port, flooder, { ca, send: unfinishedHead }),
    );
    await expect.poll(() => openOf(sockets)).toBeLessThanOrEqual(maxConnections);
    expect(openOf(sockets.slice(0, 100))).toBe(0);
    expect(openOf(sockets.slice(-100))).toBe(100);
    expect((await call('/healthz', { method: 'GET' })).status).toBe(200);
    expect((await call('/metrics', { method: 'GET' })).status).toBe(200);
    expect((await call('/validate', { body: JSON.stringify(reviewOf(remoteProxy())) })).text).toContain(
      '[MCP201]',
    );
  });

  it('of one address displace those of the same address, not a probe that is on its way', async () => {
    const { port, ca } = await startWebhook();
    await flood(maxConnections - 1, () => open(port, flooder));
    const probe = await open(port, '127.0.0.1', { ca, send: 'GET /healthz HTTP/1.1\r\nHost:' });
    const more = await flood(maxConnections, () => open(port, flooder));
    expect(openOf([probe])).toBe(1);
    expect(openOf(more)).toBeGreaterThan(0);
  });

  it('that carried a review stay open while others come and go', async () => {
    const { port, ca } = await startWebhook();
    const body = JSON.stringify(reviewOf(remoteProxy()));
    const request = `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const apiServer = await open(port, flooder, { ca, send: request });
    const idle = await flood(maxConnections, () => open(port, flooder, { ca, send: whole }));
    await expect.poll(() => openOf(idle)).toBe(maxConnections - 1);
    expect(openOf(idle.slice(0, batch))).toBe(batch - 1);
    expect(openOf([apiServer])).toBe(1);
  });

  it('that do not finish a head in time are closed, whether they sent nothing, a part, or a part after a request', async () => {
    const { port, ca } = await startWebhook();
    const sockets = await Promise.all([
      open(port, flooder),
      open(port, flooder, { ca, send: '' }),
      open(port, flooder, { ca, send: unfinishedHead }),
      open(port, flooder, { ca, send: `${whole}GET /healthz` }),
    ]);
    expect(openOf(sockets)).toBe(sockets.length);
    await expect.poll(() => openOf(sockets), { timeout: 10 * headMs }).toBe(0);
  });

  it('with a head that is too large are refused', async () => {
    const { call } = await startWebhook();
    const headers = { 'x-filler': 'x'.repeat(maxHeadBytes) };
    expect((await call('/healthz', { method: 'GET', headers })).status).toBe(431);
  });
});
