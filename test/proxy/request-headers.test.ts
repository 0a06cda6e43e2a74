import { describe, expect, test } from 'vitest';
import { ask, head, raw, statusOf, valuesOf } from './support.ts';
import { setUp } from './recording-server.ts';

describe('the injected headers', () => {
  test('[rule 3] are on every request, each once', async () => {
    const { seen, proxy } = await setUp();
    const answer = await ask(proxy.port, { body: '{"jsonrpc":"2.0"}' });
    expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' });
    expect(valuesOf(seen[0]?.raw ?? [], 'authorization')).toEqual(['Bearer token-of-github']);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-api-key')).toEqual(['key-of-github']);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-tenant-id')).toEqual(['tenant-456']);
    expect(seen[0]?.body).toBe('{"jsonrpc":"2.0"}');
  });

  test('[rule 1] [rule 2] survive a Connection header of the client that names them, and the server never sees it', async () => {
    const { seen, proxy } = await setUp();
    const headers = [
      'Connection: , Authorization',
      'Connection: X-Api-Key, X-Mine',
      'X-Mine: 1',
      'X-Other: 2',
    ];
    expect(statusOf(await raw(proxy.port, head(proxy.port, 'GET /mcp', headers)))).toBe(200);
    const sent = seen[0]?.raw ?? [];
    expect(valuesOf(sent, 'authorization')).toEqual(['Bearer token-of-github']);
    expect(valuesOf(sent, 'x-api-key')).toEqual(['key-of-github']);
    expect(valuesOf(sent, 'x-mine')).toEqual([]);
    expect(valuesOf(sent, 'x-other')).toEqual(['2']);
    expect(valuesOf(sent, 'connection').join()).not.toMatch(/authorization|x-api-key/i);
  });

  test.each([
    ['another case', ['aUTHORIZATION: mine', 'x-API-key: mine']],
    ['several times', ['Authorization: mine', 'Authorization: mine too', 'X-Api-Key: mine']],
    ['with underscores', ['x_api_key: mine', 'X_API-KEY: mine', 'authorization: mine']],
  ])('[rule 3] [rule 4] [requirement 9] replace what the client sent in %s', async (_, headers) => {
    const { seen, proxy } = await setUp();
    await raw(proxy.port, head(proxy.port, 'GET /mcp', headers));
    const sent = (seen[0]?.raw ?? []).join('\n');
    expect(sent).not.toContain('mine');
    expect(valuesOf(seen[0]?.raw ?? [], 'authorization')).toEqual(['Bearer token-of-github']);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-api-key')).toEqual(['key-of-github']);
    expect(await proxy.metrics()).toContain('sallyport_proxy_header_conflicts_total{server="github"} 1');
  });

  test('[requirement 26] yield to the client where the configuration says keep', async () => {
    const { seen, proxy } = await setUp('/mcp', 'keep');
    await ask(proxy.port, { headers: { Authorization: 'mine' } });
    await ask(proxy.port, { headers: { Authorization: 'mine', Connection: 'Authorization' } });
    expect(seen.map(({ raw }) => valuesOf(raw, 'authorization'))).toEqual([
      ['mine'],
      ['Bearer token-of-github'],
    ]);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-api-key')).toEqual(['key-of-github']);
  });

  test('refuse the client its own where the configuration says reject', async () => {
    const { seen, proxy } = await setUp('/mcp', 'reject');
    expect(await ask(proxy.port, { headers: { x_api_key: 'mine' } })).toMatchObject({ status: 403 });
    expect(await ask(proxy.port)).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(1);
  });
});

describe('headers of the client', () => {
  test.each([
    'Keep-Alive: 5',
    'Proxy-Authorization: Basic eDp5',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Trailer: X-Sum',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Forwarded: for=1.2.3.4',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'x_forwarded_host: evil',
    'X-Real-Ip: 1.2.3.4',
    'Via: 1.1 somebody',
    'Content_Length: 7',
  ])('[rule 1] [rule 24] [requirement 11] stop here: %s', async (line) => {
    const { seen, proxy } = await setUp();
    expect(statusOf(await raw(proxy.port, head(proxy.port, 'GET /mcp', [line])))).toBe(200);
    expect(valuesOf(seen[0]?.raw ?? [], line.split(':')[0] ?? '')).toEqual([]);
  });

  test.each([
    ['Mcp-Session-Id', 'a.b~c'],
    ['mcp-PROTOCOL-version', '2025-11-25'],
    ['Mcp-Param-Whatever', 'x'],
    ['Last-Event-ID', '7'],
    ['Accept', 'application/json, text/event-stream'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['Accept-Encoding', 'br, gzip'],
    ['Cookie', 'a=b'],
  ])('[requirement 6] pass as they are: %s', async (name, value) => {
    const { seen, proxy } = await setUp();
    await raw(proxy.port, head(proxy.port, 'GET /mcp', [`${name}: ${value}`]));
    const sent = seen[0]?.raw ?? [];
    expect(sent[sent.indexOf(name) + 1]).toBe(value);
  });

  test('[rule 23] do not decide the Host, which is the upstream authority', async () => {
    const { seen, proxy, upstream } = await setUp();
    await raw(proxy.port, head(proxy.port, 'GET /mcp', [], `LOCALHOST:${proxy.port}`));
    expect(valuesOf(seen[0]?.raw ?? [], 'host')).toEqual([`127.0.0.1:${upstream.port}`]);
  });

  test('[rule 9] keep their bytes outside ASCII', async () => {
    const { seen, proxy } = await setUp();
    await raw(proxy.port, head(proxy.port, 'GET /mcp', ['X-Name: \xe9\xff']));
    expect(valuesOf(seen[0]?.raw ?? [], 'x-name')).toEqual(['\xe9\xff']);
  });
});
