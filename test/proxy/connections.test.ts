import { readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  clientHeadersTimeoutMs,
  clientKeepAliveMs,
  idleUpstreamMs,
  maxUpstreamAgeMs,
} from '../../src/proxy/limits.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import {
  ask,
  eventually,
  head,
  proxyFor,
  raw,
  recorder,
  server,
  startRawUpstream,
  startTlsUpstream,
  startUpstream,
  valuesOf,
} from './support.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A server that gives each connection a number and answers with it. */
async function counting() {
  const numbers = new Map<Socket, number>();
  const upstream = await startUpstream((req, res) => {
    if (!numbers.has(req.socket)) numbers.set(req.socket, numbers.size + 1);
    req.resume();
    res.end(String(numbers.get(req.socket)));
  });
  return { upstream, proxy: await proxyFor(server(upstream.url)) };
}

/** What the clock says to our process; the sockets are real. */
const wait = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

describe('a connection to the server', () => {
  test('[rule 30] is used again while it is young', async () => {
    const { proxy } = await counting();
    const bodies = [];
    for (let i = 0; i < 3; i += 1) bodies.push((await ask(proxy.port, { body: '{}' })).body);
    expect(bodies).toEqual(['1', '1', '1']);
  });

  test('[rule 30] is not used again after its idle time', async () => {
    const { proxy } = await counting();
    vi.useFakeTimers({ toFake: ['Date'] });
    expect((await ask(proxy.port, { body: '{}' })).body).toBe('1');
    wait(idleUpstreamMs + 1);
    expect((await ask(proxy.port, { body: '{}' })).body).toBe('2');
  });

  test('[rule 30] is not used again when its server names a shorter time', async () => {
    let connections = 0;
    const upstream = await startRawUpstream((socket) => {
      connections += 1;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=2\r\n\r\nok');
    });
    const proxy = await proxyFor(server(upstream.url));
    vi.useFakeTimers({ toFake: ['Date'] });
    await ask(proxy.port, { body: '{}' });
    wait(1001);
    await ask(proxy.port, { body: '{}' });
    expect(connections).toBe(2);
  });

  test('[rule 32] is not used for ever: a new one asks DNS again', async () => {
    const { proxy } = await counting();
    vi.useFakeTimers({ toFake: ['Date'] });
    expect((await ask(proxy.port, { body: '{}' })).body).toBe('1');
    for (let passed = 0; passed < maxUpstreamAgeMs; passed += idleUpstreamMs - 1000) {
      wait(idleUpstreamMs - 1000);
      await ask(proxy.port, { body: '{}' });
    }
    expect((await ask(proxy.port, { body: '{}' })).body).toBe('2');
  });

  test.each([
    ['bytes that nobody asked for', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'],
    ['a single byte', '\n'],
  ])('[rule 7] is not used again after %s', async (_, bytes) => {
    const sockets: Socket[] = [];
    const upstream = await startRawUpstream((socket) => {
      sockets.push(socket);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const proxy = await proxyFor(server(upstream.url));
    // No connection becomes too old or idle for too long: only the bytes close it.
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'ok' });
    sockets[0]?.write(bytes);
    await eventually(
      () => sockets[0]?.destroyed === true || sockets[0]?.readableEnded === true,
      (closed) => closed,
    );
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'ok' });
    expect(sockets).toHaveLength(2);
  });

  test.each([
    ['another response', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'],
    ['a single byte', '\n'],
  ])('[rule 7] is not used again when %s follows the response in one packet', async (_, bytes) => {
    let connections = 0;
    const upstream = await startRawUpstream((socket) => {
      connections += 1;
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${bytes}`;
      socket.on('data', () => socket.write(answer));
      socket.write(answer);
    });
    const proxy = await proxyFor(server(upstream.url));
    for (let i = 0; i < 2; i += 1) expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'ok' });
    expect(connections).toBe(2);
  });

  // The kernel's table names the timer of a connection: 2 is keepalive.
  test.runIf(process.platform === 'linux')('[rule 28] is probed while it is silent', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
    });
    const proxy = await proxyFor(server(upstream.url));
    const socket = connect(proxy.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write(head(proxy.port, 'GET /mcp'));
    const port = upstream.port.toString(16).toUpperCase().padStart(4, '0');
    const row = new RegExp(` 0100007F:[0-9A-F]{4} 0100007F:${port} 01 \\S+ (\\d\\d):`);
    await eventually(
      () => row.exec(readFileSync('/proc/self/net/tcp', 'latin1'))?.[1],
      (timer) => timer === '02',
    );
  });

  test('[rule 33] goes to an IPv6 address as well', async () => {
    const { seen, handler } = recorder();
    const { createServer: createHttp } = await import('node:http');
    const upstream = createHttp(handler);
    await new Promise<void>((resolve) => upstream.listen(0, '::1', resolve));
    onTestFinished(() => {
      upstream.close();
      upstream.closeAllConnections();
    });
    const { port } = upstream.address() as AddressInfo;
    const proxy = await proxyFor(server(`http://[::1]:${port}/mcp`));
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200 });
    expect(valuesOf(seen[0]?.raw ?? [], 'host')).toEqual([`[::1]:${port}`]);
  });

  test('[rule 33] goes to the address that answers, of several behind a name', async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    // `localhost` is ::1 and 127.0.0.1; the server listens on the second only.
    const proxy = await proxyFor(server(`http://localhost:${upstream.port}/mcp`));
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200 });
    expect(valuesOf(seen[0]?.raw ?? [], 'host')).toEqual([`localhost:${upstream.port}`]);
  });

  test('[rule 34] speaks HTTP/1.1 to a server that offers HTTP/2', async () => {
    const ca = await makeCa('ca');
    const offered = { ...(await makeLeaf(ca, 'server')), ALPNProtocols: ['h2', 'http/1.1'] };
    const upstream = await startTlsUpstream(offered, (req, res) => {
      res.end(String((req.socket as TLSSocket).alpnProtocol));
    });
    const tls = { cert: null, key: null, ca: '+/ca.crt', roots: 'append', verify: true } as const;
    const proxy = await proxyFor(server(upstream.url, { tls }), { '+/h0': 'token', '+/ca.crt': ca.cert });
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'http/1.1' });
  });
});

describe('a trailer', () => {
  test('[rule 22] of a request stops here', async () => {
    let bytes = '';
    const upstream = createServer((socket) => {
      socket.on('data', (chunk) => {
        bytes += chunk.toString('latin1');
        if (bytes.endsWith('0\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void upstream.close());
    const proxy = await proxyFor(server(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`));
    const lines = head(proxy.port, 'POST /mcp', ['Transfer-Encoding: chunked', 'Trailer: X-Sum']);
    expect(await raw(proxy.port, `${lines}2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(bytes).toContain('\r\n2\r\n{}\r\n0\r\n\r\n');
    expect(bytes).not.toMatch(/X-Sum/i);
  });

  test('[rule 22] of an answer stops here', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
      ),
    );
    const proxy = await proxyFor(server(upstream.url));
    const text = await raw(proxy.port, head(proxy.port, 'GET /mcp'));
    expect(text).toMatch(/\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
    expect(text).not.toMatch(/X-Sum|trailer/i);
  });
});

describe('a client', () => {
  test('[rule 29] that sends its request byte by byte is answered', async () => {
    const { seen, handler } = recorder();
    const proxy = await proxyFor(server((await startUpstream(handler)).url));
    const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    for (const byte of `${head(proxy.port, 'POST /mcp', ['Content-Length: 2'])}{}`) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(
      () => text,
      (got) => got.includes('{"ok":true}'),
    );
    expect(seen[0]).toMatchObject({ method: 'POST', body: '{}' });
  });

  test.each([
    ['nothing', clientKeepAliveMs, []],
    ['the beginning of a head and no more', clientHeadersTimeoutMs, ['GET /mcp HT']],
    [
      'a head that grows and never ends',
      clientHeadersTimeoutMs,
      ['GET /mcp HT', 'TP/1.1\r\n', 'X-A: 1\r\n', 'X-B'],
    ],
  ])('[rule 29] that sends %s is closed after its time', async (_, milliseconds, pieces) => {
    const proxy = await proxyFor(server((await startUpstream(recorder().handler)).url));
    vi.useFakeTimers({ toFake: ['Date'] });
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    socket.resume();
    await new Promise((resolve) => socket.once('connect', resolve));
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 50));
      wait(5000);
    }
    // Longer than it takes to look at the clock.
    wait(milliseconds - 5000 * pieces.length - 5000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(closed).toBe(false);
    wait(10_000);
    await eventually(
      () => closed,
      (value) => value,
    );
  });

  test('[rule 29] keeps its idle connection for longer than it waits itself', () =>
    expect(clientKeepAliveMs).toBeGreaterThanOrEqual(75_000));

  test('of HTTP/1.0 gets an answer without chunks, and the end of the connection', async () => {
    const { proxy } = await counting();
    const text = await raw(proxy.port, `GET /mcp HTTP/1.0\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n\r\n1$/);
    expect(text).not.toMatch(/transfer-encoding/i);
  });
});
