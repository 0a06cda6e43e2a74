import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { egressFor, readEgress } from '../../src/core/egress-proxy.ts';
import { targetOf } from '../../src/proxy/target.ts';
import { makeCa, makeLeaf, serverName } from './certificates.ts';
import {
  ask,
  eventually,
  openStream,
  proxyFor,
  recorder,
  server,
  startTlsUpstream,
  startUpstream,
  valuesOf,
} from './support.ts';

/** A proxy of the platform: tunnels to one port, whatever name it is asked for, and keeps all it is sent. */
async function startEgress(to: number, answer = 'HTTP/1.1 200 Connection established\r\n\r\n') {
  const asked: string[] = [];
  const passed: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const egress = createServer((socket) => {
    keep(socket).once('data', (head) => {
      asked.push(head.toString('latin1'));
      socket.write(answer);
      if (!answer.startsWith('HTTP/1.1 200')) return;
      const out = keep(connect(to, '127.0.0.1'));
      socket.on('data', (bytes) => passed.push(bytes.toString('latin1')));
      socket.pipe(out).pipe(socket);
      socket.on('close', () => out.destroy());
      out.on('close', () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => egress.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    egress.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = egress.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const env = { HTTPS_PROXY: url, HTTP_PROXY: url };
  return { asked, passed, port, env, egress: readEgress(env) };
}

/** Its only header is a literal that is in the pod's spec anyway. */
const withoutCredential = (url: string) =>
  server(url, { headers: [{ name: 'X-Team', value: 'agents', conflict: 'override' }], sources: {} });

const expectFault = async (port: number, status: number, fault: string) =>
  expect(await ask(port, { body: '{}' })).toMatchObject({ status, headers: { 'sallyport-error': fault } });

describe('[rule 35] [requirement 24] an egress proxy', () => {
  const secureServer = async () => {
    const ca = await makeCa('ca');
    const upstream = await startTlsUpstream(await makeLeaf(ca, 'server'), (req, res) => {
      req.resume();
      const { servername } = req.socket as TLSSocket;
      res.end(`${String(servername)} ${req.headers.authorization} ${req.headers.host}`);
    });
    const tls = { cert: null, key: null, ca: '+/ca.crt', roots: 'replace', verify: true } as const;
    const files = { '+/h0': 'token-of-github', '+/ca.crt': ca.cert };
    return { upstream, one: server(`https://${serverName}/mcp`, { tls }), files };
  };

  test('is asked for a tunnel, and sees TLS only', async () => {
    const { upstream, one, files } = await secureServer();
    const { asked, passed, egress } = await startEgress(upstream.port);
    const proxy = await proxyFor(one, files, { egress });
    for (let i = 0; i < 3; i += 1)
      expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
        status: 200,
        body: `${serverName} Bearer token-of-github ${serverName}`,
      });
    expect(asked).toEqual([`CONNECT ${serverName}:443 HTTP/1.1\r\nHost: ${serverName}:443\r\n\r\n`]);
    expect(passed.join('')).not.toContain('token-of-github');
  });

  test('does not make another server trusted', async () => {
    const { upstream, one, files } = await secureServer();
    const { egress } = await startEgress(upstream.port);
    const other = await makeCa('other');
    const proxy = await proxyFor(one, { ...files, '+/ca.crt': other.cert }, { egress });
    await expectFault(proxy.port, 502, 'tls');
  });

  test('gets its own credential, which stands in no log and goes no further', async () => {
    const { handler, seen } = recorder();
    const upstream = await startUpstream(handler);
    const { asked, port } = await startEgress(upstream.port);
    const egress = readEgress({ http_proxy: `http://anna:p%40ss@127.0.0.1:${port}` });
    const proxy = await proxyFor(withoutCredential(`http://${serverName}:8080/mcp`), undefined, { egress });
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200 });
    const credential = Buffer.from('anna:p@ss').toString('base64');
    expect(asked[0]).toBe(
      `CONNECT ${serverName}:8080 HTTP/1.1\r\nHost: ${serverName}:8080\r\nProxy-Authorization: Basic ${credential}\r\n\r\n`,
    );
    expect(valuesOf(seen[0]?.raw ?? [], 'proxy-authorization')).toEqual([]);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-team')).toEqual(['agents']);
    expect(proxy.log() + (await proxy.metrics())).not.toMatch(new RegExp(`p@ss|anna|${credential}`));
  });

  test('lets streams pass', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('data: 1\n\n');
    });
    const { egress } = await startEgress(upstream.port);
    const proxy = await proxyFor(withoutCredential(`http://${serverName}/mcp`), undefined, { egress });
    const stream = await openStream(proxy.port);
    await eventually(stream.text, (text) => text === 'data: 1\n\n');
    stream.close();
    await eventually(
      () => upstream.sockets.size,
      (size) => size === 0,
    );
  });

  test.each([
    ['refuses', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'],
    ['says more than it should', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ])('that %s is 502 connect', async (_, answer) => {
    const { upstream, one, files } = await secureServer();
    const { egress } = await startEgress(upstream.port, answer);
    const proxy = await proxyFor(one, files, { egress });
    await expectFault(proxy.port, 502, 'connect');
  });

  test('that is not there is 502 connect', async () => {
    const egress = readEgress({ HTTPS_PROXY: 'http://127.0.0.1:1' });
    const proxy = await proxyFor(server(`https://${serverName}/mcp`), undefined, { egress });
    await expectFault(proxy.port, 502, 'connect');
  });

  test('that says nothing is 504 connect', async () => {
    const { egress } = await startEgress(1, 'HTTP/1.1 ');
    const limits = { egress, connectTimeoutMs: 100 };
    const proxy = await proxyFor(server(`https://${serverName}/mcp`), undefined, limits);
    await expectFault(proxy.port, 504, 'connect');
  });

  test.each<[string, Parameters<typeof server>[1]]>([
    ['a header from a Secret', {}],
    ['a whole Secret', { headers: [], bundles: [{ dir: 'b0', conflict: 'override' }], sources: {} }],
  ])('is never asked for an http server with %s: 502 plain-egress, counted', async (_, parts) => {
    const upstream = await startUpstream(recorder().handler);
    const { asked, passed, egress } = await startEgress(upstream.port);
    const files = { '+/h0': 'token-of-github', 'b0/X-Key': 'token-of-github' };
    const proxy = await proxyFor(server(`http://${serverName}:8080/mcp`, parts), files, { egress });
    await expectFault(proxy.port, 502, 'plain-egress');
    expect([...asked, ...passed]).toEqual([]);
    expect(await proxy.metrics()).toContain('failures_total{server="github",cause="plain-egress"} 1');
    expect(proxy.log()).toContain('plain-egress');
  });

  test('is not asked for an http server that NO_PROXY exempts', async () => {
    const { asked, env } = await startEgress(1);
    const egress = readEgress({ ...env, NO_PROXY: 'mcp.invalid' });
    const proxy = await proxyFor(server('http://mcp.invalid/mcp'), undefined, { egress });
    await expectFault(proxy.port, 502, 'connect');
    expect(asked).toEqual([]);
  });

  test('is not asked for a server on loopback', async () => {
    const upstream = await startUpstream(recorder().handler);
    const { asked, egress } = await startEgress(upstream.port);
    const proxy = await proxyFor(server(upstream.url), undefined, { egress });
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200 });
    expect(asked).toEqual([]);
  });

  test('is not asked for a forbidden address', async () => {
    const { asked, egress } = await startEgress(1);
    const proxy = await proxyFor(server('http://169.254.169.254/mcp'), undefined, { egress });
    await expectFault(proxy.port, 502, 'forbidden-target');
    expect(asked).toEqual([]);
  });
});

describe('NO_PROXY', () => {
  const direct = (url: string, list: string) =>
    egressFor(targetOf(url), readEgress({ HTTPS_PROXY: 'http://egress:3128', NO_PROXY: list })) === null;

  test.each([
    ['https://api.example.com/', '*'],
    ['https://api.example.com/', 'api.example.com'],
    ['https://api.example.com/', 'API.Example.com'],
    ['https://api.example.com/', 'example.com'],
    ['https://api.example.com/', '.example.com'],
    ['https://api.example.com/', '*.example.com'],
    ['https://api.example.com/', 'other, example.com ,'],
    ['https://api.example.com/', 'example.com:443'],
    ['https://api.example.com:8443/', 'api.example.com:8443'],
    ['https://10.1.2.3/', '10.1.2.3'],
    ['https://10.1.2.3/', '10.1.2.3:443'],
    ['https://10.1.2.3/', '10.0.0.0/8'],
    ['https://[2001:db8::1]/', '2001:db8::/32'],
    ['https://[2001:db8::1]/', '2001:db8::1'],
    ['https://[2001:db8::1]/', '[2001:db8::1]:443'],
    ['https://mcp.team.svc.cluster.local/', '.svc.cluster.local'],
    ['https://127.0.0.1:8443/', ''],
    ['https://127.8.8.8/', ''],
    ['https://[::1]/', ''],
    ['https://localhost/', ''],
    ['http://api.example.com/', ''],
  ])('%s is dialled directly with %s', (url, list) => expect(direct(url, list)).toBe(true));

  test.each([
    ['https://api.example.com/', ''],
    ['https://example.com/', '.example.com'],
    ['https://api.example.com/', 'ample.com'],
    ['https://api.example.com/', 'example.com:8443'],
    ['https://api.example.com/', 'example'],
    ['https://api.example.com/', 'api.example.com.evil.example'],
    ['https://api.example.com/', '0.0.0.0/0'],
    ['https://10.1.2.3/', '10.1.2.30'],
    ['https://10.1.2.3/', '2.3'],
    ['https://10.1.2.3/', '11.0.0.0/8'],
    ['https://10.1.2.3/', '10.0.0.0/33'],
    ['https://10.1.2.3/', '10.1.2.3:80'],
    ['https://[2001:db8::1]/', '2001:db9::/32'],
    ['https://api.example.com/', '/'],
    ['https://api.example.com/', ':443'],
  ])('%s is not with %s', (url, list) => expect(direct(url, list)).toBe(false));
});

test.each([
  [
    { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' },
    { host: 'a', port: 1 },
  ],
  [
    { HTTPS_PROXY: '', https_proxy: 'http://b:2' },
    { host: 'b', port: 2 },
  ],
  [{ HTTPS_PROXY: 'egress.example:3128' }, { host: 'egress.example', port: 3128 }],
  [{ HTTPS_PROXY: 'http://[2001:db8::1]' }, { host: '2001:db8::1', port: 80 }],
  [{ HTTP_PROXY: 'http://a:1' }, null],
])('of %j the egress proxy for https is %j', (env, expected) => {
  const { https } = readEgress(env);
  if (expected === null) expect(https).toBeNull();
  else expect(https).toMatchObject({ ...expected, authorization: null });
});
