import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createEndpointReader } from '../../src/proxy/sse-endpoint.ts';
import { targetOf } from '../../src/proxy/target.ts';
import { ask, eventually, openStream, proxyFor, server, startUpstream, type Upstream } from './support.ts';

const target = targetOf('https://api.example.com:8443/v1/sse');
const local = 'http://127.0.0.1:14731';

/** Feeds the bytes in pieces of the given size and joins what comes out. */
function read(text: string, size = text.length) {
  const bytes = Buffer.from(text, 'utf8');
  const step = createEndpointReader(target, '/v1/sse', local);
  let out = Buffer.alloc(0);
  for (let at = 0; at < bytes.length; at += size) {
    const result = step(bytes.subarray(at, at + size));
    out = Buffer.concat([out, result.out]);
    if (result.forbidden) return { out: out.toString(), forbidden: true };
    if (result.path !== undefined)
      return { out: Buffer.concat([out, bytes.subarray(at + size)]).toString(), path: result.path };
  }
  return { out: out.toString() };
}

describe('the endpoint event', () => {
  test.each([
    ['root-relative', 'event: endpoint\ndata: /m?s=1\n\n', '/m'],
    ['path-relative', 'event: endpoint\ndata: m?s=1\n\n', '/v1/m'],
    ['with line ends of Windows', 'event: endpoint\r\ndata: /m\r\n\r\n', '/m'],
    ['with line ends of old', 'event:endpoint\rdata:/m\r\r', '/m'],
    ['after a byte order mark', '\uFEFFevent: endpoint\ndata: /m\n\n', '/m'],
    [
      'after comments, ids and other events',
      ': hi\n\nretry: 1\n\nevent: x\ndata: /no\n\nid: 1\nevent: endpoint\ndata: /m\n\n',
      '/m',
    ],
    ['with its data first', 'data: /m\nevent: endpoint\n\n', '/m'],
    ['after blank lines', '\n\n\nevent: endpoint\ndata: /m\n\n', '/m'],
    [
      'before anything else',
      'event: endpoint\ndata: /m\n\ndata: {"ü":1}\n\nevent: endpoint\ndata: https://evil/\n\n',
      '/m',
    ],
  ])('%s passes byte for byte, however the stream is cut', (_, text, path) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(read(text, size)).toEqual({ out: text, path });
  });

  test.each([
    ['https://api.example.com:8443/m?s=1', `${local}/m?s=1`],
    ['HTTPS://API.example.com:8443/m', `${local}/m`],
    ['//api.example.com:8443/m', `${local}/m`],
  ])('%s at the server itself is rewritten to our address', (data, expected) => {
    for (const size of [1, 5, 1000]) {
      expect(read(`id: 7\nevent: endpoint\ndata: ${data}\n\ndata: rest\n\n`, size)).toEqual({
        out: `id: 7\nevent: endpoint\ndata: ${expected}\n\ndata: rest\n\n`,
        path: '/m',
      });
    }
  });

  test('rewritten keeps its kind of line end', () =>
    expect(read('event: endpoint\r\ndata: https://api.example.com:8443/m\r\n\r\n').out).toBe(
      `event: endpoint\r\ndata: ${local}/m\r\n\r\n`,
    ));

  test.each([
    'https://evil.example/m',
    'http://api.example.com:8443/m',
    'https://api.example.com/m',
    '//evil.example/m',
    '/\\evil.example/m',
    'https://u:p@api.example.com:8443/m',
    'ht\ttps://evil.example/m',
    'javascript:alert(1)',
  ])('%s at another origin never passes', (data) => {
    for (const size of [1, 1000])
      expect(read(`: first\n\nevent: endpoint\ndata: ${data}\n\n`, size)).toEqual({
        out: ': first\n\n',
        forbidden: true,
      });
  });

  test('in several lines of data is read as a client reads it', () =>
    expect(read('event: endpoint\ndata: https://evil.\ndata: example/m\n\n')).toMatchObject({
      forbidden: true,
    }));

  test('that does not come within 16 KiB is no endpoint', () => {
    expect(read(`: ${'x'.repeat(16_384)}`, 1000)).toMatchObject({ forbidden: true });
    expect(read(': ping\n\n'.repeat(3000), 1000)).toMatchObject({ forbidden: true });
  });
});

describe('[requirement 8] a legacy server', () => {
  async function setUp(
    first: string | ((upstream: Upstream) => string),
    headers: Record<string, string> = {},
  ) {
    const streams: ServerResponse[] = [];
    const asked: string[] = [];
    const handler: RequestListener = (req, res) => {
      asked.push(
        `${req.method} ${req.url} ${req.headers.authorization} ${req.headers['accept-encoding'] ?? '-'}`,
      );
      if (req.method === 'POST') return res.writeHead(202).end();
      streams.push(res);
      res.writeHead(200, { 'Content-Type': 'text/event-stream', ...headers });
      return res.write(typeof first === 'string' ? first : first(upstream));
    };
    const upstream = await startUpstream(handler);
    const proxy = await proxyFor(server(upstream.url, { transport: 'sse' }));
    return { proxy, streams, asked, upstream };
  }

  test('opens the path it names for POST, and only while its stream is open', async () => {
    const { proxy, streams, asked } = await setUp('event: endpoint\ndata: /messages?session=a\n\n');
    const path = '/messages?session=a';
    expect(await ask(proxy.port, { path, body: '{}' })).toMatchObject({ status: 404 });
    const stream = await openStream(proxy.port, { headers: { 'Accept-Encoding': 'gzip' } });
    await eventually(stream.text, (text) => text.includes('/messages'));
    expect(await ask(proxy.port, { path, body: '{}' })).toMatchObject({ status: 202 });
    expect(await ask(proxy.port, { path })).toMatchObject({ status: 404 });
    expect(await ask(proxy.port, { path: '/messages/other', body: '{}' })).toMatchObject({ status: 404 });
    expect(asked).toEqual([
      'GET /mcp Bearer token-of-github identity',
      `POST ${path} Bearer token-of-github -`,
    ]);
    streams[0]?.write('data: later\n\n');
    await eventually(stream.text, (text) => text.endsWith('data: later\n\n'));
    stream.close();
    await eventually(
      async () => (await ask(proxy.port, { path, body: '{}' })).status,
      (status) => status === 404,
    );
  });

  test('that names itself in full is named as us, at the name the client used', async () => {
    const { proxy } = await setUp(({ port }) => `event: endpoint\ndata: http://127.0.0.1:${port}/m?a=b\n\n`);
    const stream = await openStream(proxy.port, { headers: { Host: `localhost:${proxy.port}` } });
    await eventually(stream.text, (text) => text.includes(`data: http://localhost:${proxy.port}/m?a=b\n`));
    expect(await ask(proxy.port, { path: '/m?a=b', body: '{}' })).toMatchObject({ status: 202 });
    stream.close();
  });

  test('that names another is a forbidden target', async () => {
    const { proxy } = await setUp('event: endpoint\ndata: https://evil.example/m\n\n');
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 502, headers: { 'sallyport-error': 'forbidden-target' } });
    expect(answer.body).not.toContain('evil');
  });

  // Some clients look for the type anywhere in the field, some at its beginning.
  test.each([
    'application/json, text/event-stream',
    'TEXT/Event-Stream;charset=utf-8',
    'text/event-stream, application/json',
    'multipart/mixed; a="text/event-stream"',
  ])('of the type %s that names another is a forbidden target', async (type) => {
    const { proxy } = await setUp('event: endpoint\ndata: https://evil.example/m\n\n', {
      'Content-Type': type,
    });
    expect(await ask(proxy.port)).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'forbidden-target' },
    });
  });

  test('that names another after a first event breaks off', async () => {
    const { proxy, streams } = await setUp(': hello\n\n');
    const stream = await openStream(proxy.port);
    await eventually(stream.text, (text) => text === ': hello\n\n');
    streams[0]?.write('event: endpoint\ndata: https://evil.example/m\n\n');
    await eventually(
      () => stream.res.destroyed,
      (destroyed) => destroyed,
    );
    expect(stream.res.complete).toBe(false);
    expect(stream.text()).toBe(': hello\n\n');
  });

  test('that compresses although asked not to is not read', async () => {
    const { proxy } = await setUp('x', { 'Content-Encoding': 'gzip' });
    expect(await ask(proxy.port)).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'forbidden-target' },
    });
  });

  test('that ends before its endpoint ends at the client', async () => {
    const { proxy, streams } = await setUp(': hello\n\n');
    const stream = await openStream(proxy.port);
    streams[0]?.end('data: x\n\n');
    await eventually(
      () => stream.res.complete,
      (complete) => complete,
    );
    expect(stream.text()).toBe(': hello\n\ndata: x\n\n');
  });

  test('that is configured as a modern one keeps its endpoint event as it is', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.end('event: endpoint\ndata: https://evil.example/m\n\n');
    });
    const proxy = await proxyFor(server(upstream.url));
    expect((await ask(proxy.port)).body).toContain('https://evil.example/m');
  });
});
