import { describe, expect, test } from 'vitest';
import { ask, head, raw, statusOf, valuesOf } from './support.ts';
import { setUp } from './recording-server.ts';

describe('a request is not sent on', () => {
  const refused: readonly (readonly [string, number, (port: number) => string])[] = [
    ['with a Host of a web page', 421, (port) => head(port, 'GET /mcp', [], `evil.example:${port}`)],
    ['with another port in its Host', 421, (port) => head(port, 'GET /mcp', [], '127.0.0.1:1')],
    ['with no port in its Host', 421, (port) => head(port, 'GET /mcp', [], '127.0.0.1')],
    ['[rule 5] with two Hosts', 400, (port) => head(port, 'GET /mcp', [`Host: 127.0.0.1:${port}`])],
    ['[rule 5] without a Host', 400, () => 'GET /mcp HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['[rule 5] with a whole URL as its target', 421, (port) => head(port, 'GET http://evil.example/mcp')],
    [
      '[rule 5] with our own URL as its target',
      421,
      (port) => head(port, `GET http://127.0.0.1:${port}/mcp`),
    ],
    ['[rule 5] with CONNECT', 501, (port) => head(port, 'CONNECT evil.example:443')],
    ['[rule 5] with TRACE', 501, (port) => head(port, 'TRACE /mcp')],
    ['with OPTIONS *', 501, (port) => head(port, 'OPTIONS *')],
    [
      '[rule 26] with an Upgrade to WebSocket',
      501,
      (port) => head(port, 'GET /mcp', ['Upgrade: websocket', 'Connection: Upgrade']),
    ],
    [
      '[rule 26] with an Upgrade to h2c',
      501,
      (port) => head(port, 'GET /mcp', ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings']),
    ],
    ['from a web page', 403, (port) => head(port, 'GET /mcp', ['Origin: https://evil.example'])],
    ['from a page without a name', 403, (port) => head(port, 'GET /mcp', ['Origin: null'])],
    [
      'from a page on our own address',
      403,
      (port) => head(port, 'GET /mcp', [`Origin: http://127.0.0.1:${port}`]),
    ],
    ['across sites', 403, (port) => head(port, 'GET /mcp', ['Sec-Fetch-Site: cross-site'])],
    ['from another port of localhost', 403, (port) => head(port, 'GET /mcp', ['Sec-Fetch-Site: same-site'])],
    [
      '[rule 6] with a length and chunks',
      400,
      (port) => head(port, 'POST /mcp', ['Content-Length: 5', 'Transfer-Encoding: chunked']),
    ],
    [
      '[rule 6] with two lengths',
      400,
      (port) => head(port, 'POST /mcp', ['Content-Length: 5', 'Content-Length: 6']),
    ],
    [
      'in a coding nobody knows',
      501,
      (port) => `${head(port, 'POST /mcp', ['Transfer-Encoding: xchunked'])}0\r\n\r\n`,
    ],
    [
      'in two codings',
      501,
      (port) => `${head(port, 'POST /mcp', ['Transfer-Encoding: gzip, chunked'])}0\r\n\r\n`,
    ],
    ['[rule 6] with a space before a colon', 400, (port) => head(port, 'GET /mcp', ['X-Api-Key : 1'])],
    ['[rule 6] with a folded header', 400, (port) => head(port, 'GET /mcp', ['X-A: 1\r\n 2'])],
    [
      '[rule 10] with more than 64 KiB of headers',
      431,
      (port) => head(port, 'GET /mcp', [`X-A: ${'a'.repeat(70_000)}`]),
    ],
  ];
  test.each(refused)('[requirement 10] %s: %i', async (_, status, bytes) => {
    const { seen, proxy } = await setUp();
    const answer = await raw(proxy.port, bytes(proxy.port));
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toMatch(/access-control/i);
    expect(seen).toEqual([]);
    // The listener goes on.
    expect(await ask(proxy.port)).toMatchObject({ status: 200 });
  });

  // `Mcp-Param-*` beside tokens pass Node's own 16 KiB.
  test('[rule 10] but 40 KiB of headers are', async () => {
    const { seen, proxy } = await setUp();
    const many = Array.from({ length: 40 }, (_, i) => `Mcp-Param-${i}: ${'a'.repeat(1000)}`);
    expect(statusOf(await raw(proxy.port, head(proxy.port, 'GET /mcp', many)))).toBe(200);
    expect(seen[0]?.raw.filter((part) => part.startsWith('Mcp-Param-'))).toHaveLength(40);
  });
});

describe('the path', () => {
  test.each([
    '/',
    '/mcp/',
    '/mcp/x',
    '/MCP',
    '//mcp',
    '/mcp/../mcp',
    '/./mcp',
    '/%6dcp',
    '/mcp%2f..',
    '/mcp;x',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '//evil.example/mcp',
  ])(
    '[requirement 2] [requirement 12] %s is not the upstream path, and no credential goes there',
    async (path) => {
      const { seen, proxy } = await setUp();
      expect(statusOf(await raw(proxy.port, head(proxy.port, `GET ${path}`)))).toBe(404);
      expect(seen).toEqual([]);
    },
  );

  test('/.well-known stays closed even where a configuration names it', async () => {
    const { seen, proxy } = await setUp('/.well-known/mcp');
    expect(await ask(proxy.port, { path: '/.well-known/mcp' })).toMatchObject({ status: 404 });
    expect(seen).toEqual([]);
  });

  test.each([
    ['/mcp', '/mcp', '/mcp'],
    ['/mcp', '/mcp?a=1', '/mcp?a=1'],
    ['/mcp', '/mcp?', '/mcp'],
    ['/mcp?team=a', '/mcp', '/mcp?team=a'],
    ['/mcp?team=a', '/mcp?team=a', '/mcp?team=a'],
    ['/mcp?team=a', '/mcp?team=a&page=2', '/mcp?team=a&page=2'],
    ['/mcp?team=a', '/mcp?team=ab', '/mcp?team=a&team=ab'],
    ['/mcp?team=a', '/mcp?page=2', '/mcp?team=a&page=2'],
    ['', '/', '/'],
  ])('of upstream %s, asked for %s, is %s', async (upstreamPath, asked, sent) => {
    const { seen, proxy } = await setUp(upstreamPath);
    expect(await ask(proxy.port, { path: asked })).toMatchObject({ status: 200 });
    expect(seen[0]?.url).toBe(sent);
  });
});

describe('a body', () => {
  test('in chunks arrives in chunks, whole', async () => {
    const { seen, proxy } = await setUp();
    const body = 'x'.repeat(300_000);
    await ask(proxy.port, { body, headers: { 'Transfer-Encoding': 'chunked' } });
    expect(seen[0]?.body).toHaveLength(body.length);
    expect(valuesOf(seen[0]?.raw ?? [], 'transfer-encoding')).toEqual(['chunked']);
    expect(valuesOf(seen[0]?.raw ?? [], 'content-length')).toEqual([]);
  });

  test('with a length keeps it', async () => {
    const { seen, proxy } = await setUp();
    await ask(proxy.port, { body: '12345' });
    expect(valuesOf(seen[0]?.raw ?? [], 'content-length')).toEqual(['5']);
    expect(valuesOf(seen[0]?.raw ?? [], 'transfer-encoding')).toEqual([]);
  });

  test.each([
    ['POST', ['0']],
    ['GET', []],
    ['DELETE', []],
  ])('that is not there is not invented for %s', async (method, lengths) => {
    const { seen, proxy } = await setUp();
    expect(statusOf(await raw(proxy.port, head(proxy.port, `${method} /mcp`)))).toBe(200);
    expect(valuesOf(seen[0]?.raw ?? [], 'content-length')).toEqual(lengths);
    expect(valuesOf(seen[0]?.raw ?? [], 'transfer-encoding')).toEqual([]);
  });

  test('of a DELETE is kept', async () => {
    const { seen, proxy } = await setUp();
    await ask(proxy.port, { method: 'DELETE', body: 'why', headers: { 'Content-Length': 3 } });
    expect(seen[0]).toMatchObject({ method: 'DELETE', body: 'why' });
  });

  test('[rule 18] is asked for by us when the client expects 100-continue, and the server never hears of it', async () => {
    const { seen, proxy } = await setUp();
    const lines = head(proxy.port, 'POST /mcp', ['Content-Length: 2', 'Expect: 100-continue']);
    const answer = await raw(proxy.port, `${lines}{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(valuesOf(seen[0]?.raw ?? [], 'expect')).toEqual([]);
    expect(seen[0]?.body).toBe('{}');
  });

  test('of a smuggler stays the body of one request', async () => {
    const { seen, proxy } = await setUp();
    const inner = 'GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n';
    await ask(proxy.port, { body: inner });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.body).toBe(inner);
  });
});
