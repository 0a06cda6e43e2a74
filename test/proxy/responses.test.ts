import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, head, proxyFor, raw, server, startRawUpstream, startUpstream, valuesOf } from './support.ts';

const behind = async (handler: RequestListener) => {
  const upstream = await startUpstream(handler);
  return { upstream, proxy: await proxyFor(server(upstream.url)) };
};

describe('an answer passes as it is', () => {
  const answers: readonly (readonly [string, number, Record<string, string>, string])[] = [
    ['an accepted notification', 202, { 'Content-Length': '0' }, ''],
    [
      'an unknown method of a new server',
      404,
      { 'Content-Type': 'application/json' },
      '{"error":{"code":-32601}}',
    ],
    ['a server without a stream', 405, { Allow: 'POST' }, ''],
    ['a login', 401, { 'WWW-Authenticate': 'Bearer resource_metadata="https://x/y"' }, '{}'],
    ['a missing scope', 403, { 'WWW-Authenticate': 'Bearer scope="a b"' }, '{}'],
    [
      '[rule 21] a compressed body',
      200,
      { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding', ETag: '"a"' },
      '\x1f\x8bxyz',
    ],
    ['a strange status', 599, {}, 'no'],
    ['[rule 20] no content', 204, {}, ''],
    ['not modified', 304, { ETag: '"a"' }, ''],
  ];
  test.each(answers)('%s: %i', async (_, status, headers, body) => {
    const { proxy } = await behind((req, res) => {
      req.resume();
      res.writeHead(status, headers);
      res.end(body, 'latin1');
    });
    const answer = await ask(proxy.port, { body: '{}' });
    expect(answer).toMatchObject({ status, body, error: undefined });
    for (const [name, value] of Object.entries(headers)) expect(valuesOf(answer.raw, name)).toEqual([value]);
    expect(answer.headers['sallyport-error']).toBeUndefined();
  });

  test('[rule 20] HEAD keeps its length and has no body', async () => {
    const { proxy } = await behind((_req, res) => res.writeHead(200, { 'Content-Length': '1234' }).end());
    const text = await raw(proxy.port, head(proxy.port, 'HEAD /mcp'));
    expect(text).toMatch(/content-length: 1234/i);
    expect(text).toMatch(/\r\n\r\n$/);
  });

  test('several cookies and repeated headers stay several', async () => {
    const { proxy } = await behind((_req, res) => res.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end());
    expect(valuesOf((await ask(proxy.port)).raw, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });

  test('[rule 19] interim answers are not taken for the final one', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.end(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
      ),
    );
    const proxy = await proxyFor(server(upstream.url));
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'ok' });
  });

  test('[rule 1] without the headers of the hop behind us', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.end(
        'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Connection: x\r\n' +
          'Alt-Svc: h3=":443"\r\nSallyport-Error: tls\r\nX-Stays: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ),
    );
    const proxy = await proxyFor(server(upstream.url));
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(answer.headers['x-stays']).toBe('1');
    for (const name of ['x-hop', 'proxy-connection', 'alt-svc', 'sallyport-error'])
      expect(answer.headers[name]).toBeUndefined();
    expect(answer.headers['keep-alive']).not.toBe('timeout=9');
  });

  test.each([
    ['the whole header', 'Bearer token-of-github'],
    ['a part of another text', 'you sent token-of-github, thanks'],
  ])('[requirement 25] without a header that echoes the credential as %s', async (_, value) => {
    const { proxy } = await behind((_req, res) =>
      res.writeHead(200, { 'X-Echo': value, 'X-Stays': '1' }).end(),
    );
    const answer = await ask(proxy.port);
    expect(answer.headers['x-stays']).toBe('1');
    expect(JSON.stringify(answer.raw)).not.toContain('token-of-github');
    expect(await proxy.metrics()).toContain('sallyport_proxy_echoed_headers_total{server="github"} 1');
  });

  const value = 'Bearer s3cr3t/t0ken+of_github?';
  const token = value.slice('Bearer '.length);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['the header as it is sent', value],
    ['the token without its scheme', token],
    ['base64', base64(token)],
    ['base64 of the whole header', base64(value)],
    ['base64 inside a longer text', `id=${base64(`{"auth":"${token}"}`)}`],
    ['base64url', Buffer.from(`x${token}`).toString('base64url')],
    ['hexadecimal', Buffer.from(token).toString('hex')],
    ['hexadecimal in capitals', `0x${Buffer.from(token).toString('hex').toUpperCase()}`],
    ['percent-encoding', `t=${encodeURIComponent(token)}`],
    ['percent-encoding of some characters', token.replace('3', '%33')],
    [
      'percent-encoding in small letters',
      encodeURIComponent(token).toLowerCase().replace('t0ken', '%740ken'),
    ],
    ['a form', new URLSearchParams({ auth: value }).toString()],
    ['percent-encoded base64', encodeURIComponent(base64(token))],
  ])('[requirement 25] without a header that echoes a whole header of a Secret as %s', async (_, echo) => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(200, { 'X-Echo': echo, 'WWW-Authenticate': 'Bearer', 'X-Stays': 'a+b%20c' }).end(),
    );
    const headers = [{ name: 'Authorization', file: '+/h0', conflict: 'override' as const }];
    const proxy = await proxyFor(server(upstream.url, { headers }), { '+/h0': value });
    const answer = await ask(proxy.port);
    expect(answer.headers['x-echo']).toBeUndefined();
    expect(answer.headers['x-stays']).toBe('a+b%20c');
    // The scheme is no secret.
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test('[requirement 25] without a header that echoes the password of a Basic header', async () => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(200, { 'X-Echo': 'for tiger-in-the-tank', 'X-User': 'scott' }).end(),
    );
    const headers = [{ name: 'Authorization', file: '+/h0', conflict: 'override' as const }];
    const proxy = await proxyFor(server(upstream.url, { headers }), {
      '+/h0': `Basic ${base64('scott:tiger-in-the-tank')}`,
    });
    const answer = await ask(proxy.port);
    expect(answer.headers['x-echo']).toBeUndefined();
    expect(answer.headers['x-user']).toBe('scott');
  });

  test('without a reason phrase that echoes the credential', async () => {
    const { proxy } = await behind((_req, res) => res.writeHead(200, 'token-of-github').end());
    expect(await raw(proxy.port, head(proxy.port, 'GET /mcp'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('a short credential does not empty the answer', async () => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(200, { 'Content-Type': 'application/json', 'X-Echo': 'on' }).end('{}'),
    );
    const proxy = await proxyFor(server(upstream.url), { '+/h0': 'on' });
    const { headers } = await ask(proxy.port);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-echo']).toBeUndefined();
  });
});

describe('[rule 25] [requirement 8] a redirect', () => {
  const to = async (location: string | ((own: string) => string), status = 307) => {
    const followed: string[] = [];
    const upstream = await startUpstream((req, res) => {
      followed.push(req.url ?? '');
      const own = `http://${req.headers.host ?? ''}`;
      const target = typeof location === 'string' ? location : location(own);
      res.writeHead(followed.length === 1 ? status : 200, { Location: target }).end();
    });
    return { proxy: await proxyFor(server(upstream.url)), followed };
  };

  test('within the server is handed to the client at our own address', async () => {
    const { proxy, followed } = await to((own) => `${own}/mcp/?a=1`);
    const answer = await ask(proxy.port, { headers: { Host: `localhost:${proxy.port}` } });
    expect(answer).toMatchObject({ status: 307 });
    expect(answer.headers.location).toBe(`http://localhost:${proxy.port}/mcp/?a=1`);
    expect(followed).toEqual(['/mcp']);
  });

  test('that is relative stays as it is, and a slash at the end is then a path of the server', async () => {
    const { proxy, followed } = await to('/mcp/');
    expect(await ask(proxy.port, { path: '/mcp/' })).toMatchObject({ status: 404 });
    expect((await ask(proxy.port)).headers.location).toBe('/mcp/');
    expect(await ask(proxy.port, { path: '/mcp/' })).toMatchObject({ status: 200 });
    expect(followed).toEqual(['/mcp', '/mcp/']);
  });

  test('to another path of the server opens no other path', async () => {
    const { proxy } = await to('/admin');
    expect((await ask(proxy.port)).headers.location).toBe('/admin');
    expect(await ask(proxy.port, { path: '/admin' })).toMatchObject({ status: 404 });
  });

  test.each([
    'https://evil.example/mcp',
    '//evil.example/mcp',
    '\\\\evil.example/mcp',
    '/\\evil.example',
    'https:evil.example',
    'ftp://127.0.0.1/',
    'http://user@127.0.0.1/',
    'http://[',
  ])('to %s is not handed on', async (location) => {
    const { proxy, followed } = await to(location);
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 502, headers: { 'sallyport-error': 'forbidden-target' } });
    expect(answer.headers.location).toBeUndefined();
    expect(answer.body).not.toContain('evil');
    expect(followed).toHaveLength(1);
  });
});
