import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  adminHeadMs,
  maxAdminConnections,
  maxClientConnections,
  maxHeldBytes,
  maxWaitingClients,
} from '../../src/proxy/limits.ts';
import { ask, eventually, openStream, proxyFor, recorder, server, startUpstream } from './support.ts';

function open(port: number, bytes = ''): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes, () => resolve(socket)));
    socket.resume().on('error', () => resolve(socket));
    onTestFinished(() => void socket.destroy());
  });
}

async function flood(count: number, port: number, bytes = ''): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i += 1) sockets.push(await open(port, bytes));
  return sockets;
}

const isOpen = (socket: Socket) => !socket.destroyed && !socket.readableEnded;
const openOf = (sockets: readonly Socket[]) => sockets.filter(isOpen).length;

const setUp = async () => proxyFor(server((await startUpstream(recorder().handler)).url));

/** A request whose connection stays open after the answer. */
const request = (port: number, line: string) => `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;

describe('slow connections to the admin port', () => {
  test('do not keep the kubelet and Prometheus out', async () => {
    const proxy = await setUp();
    const slow = await flood(2 * maxAdminConnections, proxy.adminPort, 'GET /metrics HTTP/1.1\r\nHost:');
    expect(await ask(proxy.adminPort, { path: '/metrics' })).toMatchObject({ status: 200 });
    expect(await ask(proxy.adminPort, { path: '/readyz' })).toMatchObject({ status: 200 });
    expect(openOf(slow)).toBeLessThanOrEqual(maxAdminConnections);
  });

  test('are closed when their head takes too long', async () => {
    const proxy = await setUp();
    const slow = [await open(proxy.adminPort), await open(proxy.adminPort, 'GET /met')];
    expect(openOf(slow)).toBe(2);
    await eventually(
      () => openOf(slow),
      (count) => count === 0,
      10 * adminHeadMs,
    );
  });
});

describe('a client that sends requests ahead of a response', () => {
  test('is not read beyond 64 KiB, keeps its connection, and gets every response', async () => {
    let answer = () => {};
    const first = new Promise<void>((resolve) => (answer = resolve));
    let count = 0;
    const upstream = await startUpstream((req, res) => {
      count += 1;
      const held = count === 1 ? first : Promise.resolve();
      void held.then(() => req.resume().on('end', () => res.end('answered')));
    });
    const proxy = await proxyFor(server(upstream.url));
    const body = 'x'.repeat(64 * 1024);
    const one = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = await open(proxy.port);
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    // Several times what all connections may hold together: a client that is read to its end loses its connection.
    const requests = (4 * maxHeldBytes) / one.length;
    for (let i = 0; i < requests; i += 1) socket.write(one);
    // The sockets of this process have their turns while it answers: after some without progress, no more is read.
    let left = -1;
    for (let turns = 0; turns < 20 && isOpen(socket); turns += 1) {
      if (socket.writableLength !== left) turns = 0;
      left = socket.writableLength;
      await ask(proxy.adminPort, { path: '/readyz' });
    }
    expect(isOpen(socket)).toBe(true);
    answer();
    await eventually(
      () => text.match(/answered/g)?.length,
      (answers) => answers === Math.ceil(requests),
    );
  });
});

describe('client connections without a request', () => {
  test('are at most as many as the limit: the oldest are closed, and new ones are answered', async () => {
    const proxy = await setUp();
    const sockets = await flood(maxWaitingClients + 50, proxy.port, 'GET /mcp HT');
    await eventually(
      () => openOf(sockets),
      (count) => count === maxWaitingClients,
    );
    expect(openOf(sockets.slice(0, 50))).toBe(0);
    expect(await ask(proxy.port)).toMatchObject({ status: 200 });
  });

  test('count together on all listeners', async () => {
    const { url } = await startUpstream(recorder().handler);
    const proxy = await proxyFor([server(url), server(url, { name: 'other' })]);
    const first = await flood(50, proxy.port);
    await flood(maxWaitingClients, proxy.ports.get('other') ?? 0);
    await eventually(
      () => openOf(first),
      (count) => count === 0,
    );
  });

  test('give way before a stream and before an idle connection of the app', async () => {
    const upstream = await startUpstream((req, res) => {
      if (req.method !== 'GET') return void res.end('ok');
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      return void res.write('data: 1\n\n');
    });
    const proxy = await proxyFor(server(upstream.url));
    const stream = await openStream(proxy.port);
    const idle = await open(proxy.port, request(proxy.port, 'DELETE /mcp'));
    let answers = 0;
    idle.on(
      'data',
      (chunk: Buffer) => (answers += chunk.toString('latin1').split('HTTP/1.1 200').length - 1),
    );
    const answered = (count: number) =>
      eventually(
        () => answers,
        (got) => got === count,
      );
    await answered(1);
    await flood(maxWaitingClients + 50, proxy.port, 'GET /mcp HT');
    idle.write(request(proxy.port, 'DELETE /mcp'));
    await answered(2);
    expect(stream.res.destroyed).toBe(false);
    stream.close();
  });

  test('whose requests were answered are closed as well when all are idle, the longest idle first', async () => {
    const proxy = await setUp();
    const refused = request(proxy.port, 'GET /elsewhere');
    const sockets = await flood(maxWaitingClients + 50, proxy.port, refused);
    await eventually(
      () => openOf(sockets),
      (count) => count === maxWaitingClients,
    );
    expect(openOf(sockets.slice(0, 50))).toBe(0);
  });
});

describe('unfinished heads', () => {
  const large = `GET /mcp HTTP/1.1\r\nX-A: ${'a'.repeat(60_000)}`;

  test('hold a bounded number of bytes together: the oldest connections are closed', async () => {
    const proxy = await setUp();
    const count = 2 * Math.ceil(maxHeldBytes / large.length);
    const sockets = await flood(count, proxy.port, large);
    await eventually(
      () => openOf(sockets) * large.length,
      (bytes) => bytes <= maxHeldBytes,
    );
    expect(isOpen(sockets.at(-1) as Socket)).toBe(true);
    expect(await ask(proxy.port)).toMatchObject({ status: 200 });
  });

  test('that are completed free what they held', async () => {
    const proxy = await setUp();
    const count = 2 * Math.ceil(maxHeldBytes / large.length);
    for (let i = 0; i < count; i += 1) {
      const headers = { 'X-A': 'a'.repeat(60_000) };
      expect(await ask(proxy.port, { headers })).toMatchObject({ status: 200 });
    }
    const sockets = await flood(10, proxy.port, large);
    expect(openOf(sockets)).toBe(10);
  });
});

describe('requests sent ahead', () => {
  test('hold a bounded number of bytes together, and a request without them is answered', async () => {
    const waiting: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      if (req.url?.includes('hold')) waiting.push(() => res.end());
      else res.end('ok');
    });
    const proxy = await proxyFor(server(upstream.url));
    const ahead = `${request(proxy.port, 'GET /mcp?hold')}${request(proxy.port, 'GET /mcp').repeat(900)}`;
    const sockets = await flood(3 * Math.ceil(maxHeldBytes / ahead.length), proxy.port, ahead);
    await eventually(
      () => openOf(sockets) * ahead.length,
      (bytes) => bytes <= maxHeldBytes + 2 * ahead.length,
    );
    expect(await ask(proxy.port)).toMatchObject({ status: 200 });
  });
});

test('the limit of all client connections leaves room for as many streams as one server may have', () =>
  expect(maxClientConnections).toBeGreaterThan(4096));
