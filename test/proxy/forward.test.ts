import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OtherOrigins, ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { readEgress } from '../../src/core/egress-proxy.ts';
import type { ProxyOptions } from '../../src/proxy/proxy.ts';
import { isServer } from '../../src/proxy/request-target.ts';
import { targetOf } from '../../src/proxy/target.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import {
  ask,
  config,
  eventually,
  openStream,
  proxyFor,
  raw,
  recorder,
  server,
  startRawUpstream,
  startTlsUpstream,
  startUpstream,
  statusOf,
  valuesOf,
  type Files,
} from './support.ts';

async function forwarding(
  servers: ProxyServer | readonly ProxyServer[],
  others: OtherOrigins = 'refuse',
  { files, ...options }: Partial<ProxyOptions> & { files?: Files } = {},
) {
  const all = { ...config([servers].flat()), forward: { port: 0, others } };
  const proxy = await proxyFor(servers, files, { ...options, config: all });
  return { ...proxy, port: proxy.forwardPort ?? 0, ownPort: proxy.port };
}

/** As a client with HTTP_PROXY asks. */
const askFor = (port: number, url: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(port, { path: url, ...options, headers: { Host: new URL(url).host, ...(options.headers as object) } });

const line = (method: string, target: string, host: string, headers: readonly string[] = []) =>
  [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', ''].join('\r\n');

const nameOf = (req: IncomingMessage) =>
  String((req.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody');

describe('a request for http://HOST through the forward listener', () => {
  test('goes on over TLS, with the header and the client certificate of that server', async () => {
    const ca = await makeCa('ca');
    const [serverPair, client] = await Promise.all([makeLeaf(ca, 'server'), makeLeaf(ca, 'agent')]);
    const demanding = { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
    const upstream = await startTlsUpstream(demanding, (req, res) => {
      req.resume();
      res.end(`${nameOf(req)} ${req.headers.authorization} ${req.headers.host} ${req.url}`);
    });
    const tls = {
      cert: '+/tls.crt',
      key: '+/tls.key',
      ca: '+/ca.crt',
      roots: 'replace',
      verify: true,
    } as const;
    const files = { '+/h0': 'token', '+/tls.crt': client.cert, '+/tls.key': client.key, '+/ca.crt': ca.cert };
    const proxy = await forwarding(server(upstream.url, { tls }), 'refuse', { files });
    const host = `127.0.0.1:${upstream.port}`;
    expect(await askFor(proxy.port, `http://${host}/mcp?page=2`, { body: '{}' })).toMatchObject({
      status: 200,
      body: `agent Bearer token ${host} /mcp?page=2`,
    });
  });

  test("may ask for a path below the server's own, and keeps its query", async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const proxy = await forwarding(server(upstream.url.replace('/mcp', '/')));
    const host = `127.0.0.1:${upstream.port}`;
    for (const path of ['/', '/mcp', '/mcp/a-b?c=d'])
      expect(await askFor(proxy.port, `http://${host}${path}`)).toMatchObject({ status: 200 });
    expect(await askFor(proxy.port, `http://${host}`)).toMatchObject({ status: 200 });
    expect(seen.map(({ url }) => url)).toEqual(['/', '/mcp', '/mcp/a-b?c=d', '/']);
  });

  test.each([
    '/',
    '/mcpx',
    '/other',
    '/mcp/..',
    '/mcp/../admin',
    '/mcp/%2e%2e/admin',
    '/mcp/./x',
    '/mcp//x',
    '/mcp/..;/admin',
    '/mcp/a\\..',
    '/%6dcp',
    '/.well-known/oauth-protected-resource',
  ])('[requirement 12] asks for %s, which is not below /mcp, and gets no credential there', async (path) => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const proxy = await forwarding(server(upstream.url), 'pass');
    const host = `127.0.0.1:${upstream.port}`;
    expect(statusOf(await raw(proxy.port, line('GET', `http://${host}${path}`, host)))).toBe(404);
    expect(seen).toEqual([]);
  });

  test("to /.well-known is none of a server's whose path is the root", async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const proxy = await forwarding(server(upstream.url.replace('/mcp', '/')));
    const url = `http://127.0.0.1:${upstream.port}/.well-known/oauth-protected-resource`;
    expect(await askFor(proxy.port, url)).toMatchObject({ status: 404 });
    expect(seen).toEqual([]);
  });

  test('takes the server with the longest path', async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const literal = (name: string) => [{ name: 'X-Server', value: name, conflict: 'override' } as const];
    const proxy = await forwarding([
      server(upstream.url.replace('/mcp', '/'), { name: 'root', headers: literal('root') }),
      server(`${upstream.url}/deep`, { name: 'deep', headers: literal('deep') }),
    ]);
    for (const path of ['/mcp/deep/er', '/mcp'])
      await askFor(proxy.port, `http://127.0.0.1:${upstream.port}${path}`);
    expect(seen.map((one) => valuesOf(one.raw, 'x-server'))).toEqual([['deep'], ['root']]);
  });

  test('whose Host says something else is refused: two readers would see two servers', async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const proxy = await forwarding(server(upstream.url), 'pass');
    const answer = await raw(
      proxy.port,
      line('GET', `http://127.0.0.1:${upstream.port}/mcp`, 'other.example'),
    );
    expect(statusOf(answer)).toBe(421);
    expect(seen).toEqual([]);
  });

  test("that carries an Origin is a web page's", async () => {
    const upstream = await startUpstream(recorder().handler);
    const proxy = await forwarding(server(upstream.url));
    const headers = { Origin: 'https://evil.example' };
    const url = `http://127.0.0.1:${upstream.port}/mcp`;
    expect(await askFor(proxy.port, url, { headers })).toMatchObject({ status: 403 });
  });

  test('for a server at a metadata address is not sent', async () => {
    const proxy = await forwarding(server('http://169.254.169.254/mcp'));
    expect(await askFor(proxy.port, 'http://169.254.169.254/mcp')).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'forbidden-target' },
    });
  });

  test('without its credential is 503, and never goes without it', async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const proxy = await forwarding(server(upstream.url), 'pass', { files: {} });
    expect(await askFor(proxy.port, `http://127.0.0.1:${upstream.port}/mcp`)).toMatchObject({ status: 503 });
    expect(seen).toEqual([]);
  });

  test('is answered with redirects that lead through here again, and never with one elsewhere', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const to = req.url === '/mcp' ? `http://127.0.0.1:${upstream.port}/mcp/` : 'https://evil.example/mcp';
      res.writeHead(307, { Location: to }).end();
    });
    const proxy = await forwarding(server(upstream.url));
    const host = `127.0.0.1:${upstream.port}`;
    expect(await askFor(proxy.port, `http://${host}/mcp`)).toMatchObject({
      status: 307,
      headers: { location: `http://${host}/mcp/` },
    });
    expect(await askFor(proxy.port, `http://${host}/mcp/`)).toMatchObject({ status: 502 });
  });

  test('for a legacy stream may post where its endpoint event says', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      if (req.method === 'POST') return res.writeHead(202).end();
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      return res.write(`event: endpoint\ndata: http://127.0.0.1:${upstream.port}/messages?s=1\n\n`);
    });
    const proxy = await forwarding(server(upstream.url, { transport: 'sse' }));
    const host = `127.0.0.1:${upstream.port}`;
    expect(await askFor(proxy.port, `http://${host}/messages?s=1`, { body: '{}' })).toMatchObject({
      status: 404,
    });
    const stream = await openStream(proxy.port, { path: `http://${host}/mcp`, headers: { Host: host } });
    await eventually(stream.text, (text) => text.includes(`data: http://${host}/messages?s=1`));
    expect(await askFor(proxy.port, `http://${host}/messages?s=1`, { body: '{}' })).toMatchObject({
      status: 202,
    });
    stream.close();
  });

  test('for our own listener, which a client without NO_PROXY sends here, is answered as there', async () => {
    const upstream = await startUpstream(recorder().handler);
    const proxy = await forwarding(server(upstream.url));
    expect(await askFor(proxy.port, `http://127.0.0.1:${proxy.ownPort}/mcp`)).toMatchObject({ status: 200 });
    expect(await askFor(proxy.port, `http://localhost:${proxy.ownPort}/mcp/x`)).toMatchObject({
      status: 404,
    });
  });
});

describe('the name of a server', () => {
  test.each<[string, string, number]>([
    ['https://mcp.example/mcp', 'mcp.example', 80],
    ['https://mcp.example/mcp', 'mcp.example', 443],
    ['https://mcp.example:8443/mcp', 'mcp.example', 8443],
    ['http://mcp.example/mcp', 'mcp.example', 80],
    ['https://[2001:db8::1]/mcp', '[2001:db8::1]', 443],
    ['https://tools.team-a.svc:8443/', 'tools.team-a', 8443],
    ['https://tools.team-a.svc:8443/', 'tools.team-a.svc.cluster.local', 8443],
    ['https://tools.team-a.svc.cluster.local:8443/', 'tools.team-a.svc', 8443],
  ])('%s is meant by %s:%i', (upstream, host, port) =>
    expect(isServer({ authority: host, host, port }, targetOf(upstream))).toBe(true),
  );

  test.each<[string, string, number]>([
    ['https://mcp.example:8443/mcp', 'mcp.example', 443],
    ['https://mcp.example:8443/mcp', 'mcp.example', 80],
    ['http://mcp.example/mcp', 'mcp.example', 443],
    ['https://mcp.example/mcp', 'mcp.example.evil.example', 443],
    ['https://team-a.example/mcp', 'team-a.example.svc', 443],
    ['https://tools.team-a.svc:8443/', 'tools', 8443],
    ['https://tools.team-a.svc:8443/', 'tools.team-b', 8443],
  ])('%s is not meant by %s:%i', (upstream, host, port) =>
    expect(isServer({ authority: host, host, port }, targetOf(upstream))).toBe(false),
  );
});

describe('a request for somebody else', () => {
  const other = async (others: OtherOrigins) => {
    const { seen, handler } = recorder();
    const stranger = await startUpstream(handler);
    const proxy = await forwarding(server('https://mcp.example/mcp'), others);
    return { seen, proxy, host: `127.0.0.1:${stranger.port}` };
  };

  test('is refused where the pod asks for that, and counted', async () => {
    const { seen, proxy, host } = await other('refuse');
    expect(await askFor(proxy.port, `http://${host}/`)).toMatchObject({ status: 403 });
    expect(statusOf(await raw(proxy.port, line('CONNECT', host, host)))).toBe(403);
    expect(seen).toEqual([]);
    expect(await proxy.metrics()).toContain(
      'sallyport_proxy_refused_total{server="*",reason="other-origin"} 2',
    );
  });

  test('passes with all its headers but those of its own hop, and gets no credential', async () => {
    const { seen, proxy, host } = await other('pass');
    const headers = [
      'X-Forwarded-For: 10.0.0.1',
      'Origin: http://page.example',
      'Authorization: Basic own',
      'Proxy-Authorization: Basic ours',
      'Proxy-Connection: keep-alive',
    ];
    const answer = await raw(proxy.port, line('GET', `http://${host}/a/../b?c`, host, headers));
    expect(statusOf(answer)).toBe(200);
    expect(seen[0]?.url).toBe('/a/../b?c');
    expect(seen[0]?.raw).toEqual([
      'Host',
      host,
      'X-Forwarded-For',
      '10.0.0.1',
      'Origin',
      'http://page.example',
      'Authorization',
      'Basic own',
    ]);
    expect(await proxy.metrics()).toContain('sallyport_proxy_requests_total{server="*",outcome="2xx"} 1');
  });

  test('is answered with whatever redirect its server gives', async () => {
    const stranger = await startUpstream((_req, res) =>
      res.writeHead(302, { Location: 'https://elsewhere.example/' }).end(),
    );
    const proxy = await forwarding(server('https://mcp.example/mcp'), 'pass');
    expect(await askFor(proxy.port, `http://127.0.0.1:${stranger.port}/`)).toMatchObject({
      status: 302,
      headers: { location: 'https://elsewhere.example/' },
    });
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://100.100.100.200/',
    'http://[fe80::1]/',
    'http://168.63.129.16/machine/',
    'http://[fd20:ce::254]/computeMetadata/v1/',
    'http://[::ffff:168.63.129.16]/machine/',
    'http://metadata.google.internal/computeMetadata/v1/',
  ])('[requirement 28] at %s never passes', async (url) => {
    const { proxy } = await other('pass');
    const host = url.split('/')[2] ?? '';
    const answer = await raw(proxy.port, line('GET', url, host));
    expect(answer).toMatch(/^HTTP\/1\.1 502 [\s\S]*Sallyport-Error: forbidden-target/);
    const tunnel = await raw(proxy.port, line('CONNECT', `${host}:80`, host));
    expect(tunnel).toMatch(/^HTTP\/1\.1 502 [\s\S]*Sallyport-Error: forbidden-target/);
  });

  test.each([
    ['GET', '/mcp', 421],
    ['GET', 'https://mcp.example/mcp', 501],
    ['GET', 'ftp://mcp.example/mcp', 501],
    ['OPTIONS', '*', 501],
    ['GET', 'http://anna:secret@mcp.example/mcp', 501],
    ['GET', 'http:///mcp', 501],
    ['GET', 'http://mcp.example:0/mcp', 501],
    ['GET', 'http://mcp.example:65536/mcp', 501],
    ['TRACE', 'http://other.example/', 501],
    ['CONNECT', 'mcp.example', 400],
    ['CONNECT', '/mcp', 400],
  ])('%s %s is %i', async (method, target, status) => {
    const { proxy } = await other('pass');
    const host = /^[a-z]+:\/\/([^/]*)/.exec(target)?.[1] ?? 'mcp.example';
    expect(statusOf(await raw(proxy.port, line(method, target, host)))).toBe(status);
  });

  test('that nobody answers is 502 connect', async () => {
    const { proxy } = await other('pass');
    expect(await askFor(proxy.port, 'http://127.0.0.1:1/')).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'connect' },
    });
  });
});

/** Talks through a tunnel as soon as it is there. */
function throughTunnel(port: number, authority: string) {
  const socket = connect(port, '127.0.0.1', () => socket.write(line('CONNECT', authority, authority)));
  let text = '';
  let closed = false;
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  onTestFinished(() => void socket.destroy());
  return { socket, text: () => text, closed: () => closed };
}

describe('a CONNECT', () => {
  const opened = 'HTTP/1.1 200 Connection established\r\n\r\n';

  async function echo() {
    const sockets = new Set<Socket>();
    const echoing = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echoing.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      echoing.close();
    });
    return { port: (echoing.address() as AddressInfo).port, sockets };
  }

  test('[rule 5] to a server of the pod is no way to its credential: the bytes pass as they are', async () => {
    const { port } = await echo();
    const proxy = await forwarding(server(`http://127.0.0.1:${port}/mcp`), 'pass');
    const tunnel = throughTunnel(proxy.port, `127.0.0.1:${port}`);
    await eventually(tunnel.text, (text) => text === opened);
    const bytes = `GET /mcp HTTP/1.1\r\n\r\n\x00\xff${'x'.repeat(200_000)}`;
    tunnel.socket.write(bytes, 'latin1');
    await eventually(tunnel.text, (text) => text.length === opened.length + bytes.length);
    expect(tunnel.text()).toBe(opened + bytes);
  });

  test('ends on both sides when either ends, with what was on its way', async () => {
    const { port, sockets } = await echo();
    const proxy = await forwarding(server('https://mcp.example/mcp'), 'pass');
    const first = throughTunnel(proxy.port, `127.0.0.1:${port}`);
    await eventually(first.text, (text) => text === opened);
    first.socket.end('last words');
    await eventually(first.closed, (closed) => closed);
    await eventually(
      () => sockets.size,
      (size) => size === 0,
    );

    const second = throughTunnel(proxy.port, `127.0.0.1:${port}`);
    await eventually(second.text, (text) => text === opened);
    for (const socket of sockets) socket.end('goodbye');
    await eventually(second.closed, (closed) => closed);
    expect(second.text()).toBe(`${opened}goodbye`);
    const counted = 'sallyport_proxy_requests_total{server="*",outcome="2xx"} 2';
    await eventually(proxy.metrics, (text) => text.includes(counted));
    expect(await proxy.metrics()).toContain('sallyport_proxy_active_requests{server="*"} 0');
  });

  test.each([
    ['a length', 'Content-Length: 5\r\n\r\nhello'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ])('[rule 5] with a body of %s is 400, and no connection is opened', async (_, rest) => {
    const { port, sockets } = await echo();
    const proxy = await forwarding(server('https://mcp.example/mcp'), 'pass');
    const host = `127.0.0.1:${port}`;
    const request = `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n${rest}`;
    const answer = await raw(proxy.port, request, /\r\n\r\n/);
    expect(statusOf(answer)).toBe(400);
    expect(answer).not.toContain('hello');
    expect(sockets.size).toBe(0);
  });

  test('to nobody is 502', async () => {
    const proxy = await forwarding(server('https://mcp.example/mcp'), 'pass');
    const answer = await raw(proxy.port, line('CONNECT', '127.0.0.1:1', '127.0.0.1:1'));
    expect(answer).toMatch(/^HTTP\/1\.1 502 [\s\S]*Sallyport-Error: connect/);
  });

  test('goes through the egress proxy where there is one', async () => {
    const heads: string[] = [];
    const egress = await startRawUpstream((socket, text) => {
      heads.push(text.split('\r\n', 1)[0] ?? '');
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    const settings = readEgress({ HTTPS_PROXY: `http://127.0.0.1:${egress.port}` });
    const proxy = await forwarding(server('https://mcp.example/mcp'), 'pass', { egress: settings });
    const tunnel = throughTunnel(proxy.port, 'other.example:443');
    await eventually(tunnel.text, (text) => text === opened);
    expect(heads).toEqual(['CONNECT other.example:443 HTTP/1.1']);
  });
});

test('[rule 35] a server is reached through the egress proxy of the platform, whoever asked', async () => {
  const heads: string[] = [];
  const egress = await startRawUpstream((socket, text) => {
    heads.push(text.split('\r\n', 1)[0] ?? '');
    socket.end('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n');
  });
  const settings = readEgress({ HTTPS_PROXY: `http://127.0.0.1:${egress.port}` });
  const proxy = await forwarding(server('https://mcp.example/mcp'), 'refuse', { egress: settings });
  expect(await askFor(proxy.port, 'http://mcp.example/mcp')).toMatchObject({ status: 502 });
  expect(heads).toEqual(['CONNECT mcp.example:443 HTTP/1.1']);
});

test('[requirement 1] without the setting there is no such listener', async () => {
  const upstream = await startUpstream(recorder().handler);
  const proxy = await proxyFor(server(upstream.url));
  expect(proxy.forwardPort).toBeUndefined();
  const host = `127.0.0.1:${upstream.port}`;
  expect(statusOf(await raw(proxy.port, line('GET', `http://${host}/mcp`, host)))).toBe(421);
  expect(statusOf(await raw(proxy.port, line('CONNECT', host, host)))).toBe(501);
});
