import type { IncomingMessage, ServerResponse } from 'node:http';
import tlsModule, { type SecureVersion, type TLSSocket } from 'node:tls';
import { Agent, request } from 'node:http';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ProxyServer, ProxyTls } from '../../src/core/contracts/proxy-contract.ts';
import { makeCa, makeLeaf, type Pair } from './certificates.ts';
import { faultOf } from '../../src/proxy/upstream-connection.ts';
import { ask, eventually, openStream, proxyFor, server, startTlsUpstream, type Files } from './support.ts';

let ca: Pair;
let otherCa: Pair;
let serverPair: Pair;
let clients: readonly Pair[];

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([makeCa('ca'), makeCa('other ca')]);
  serverPair = await makeLeaf(ca, 'server');
  clients = await Promise.all([0, 1, 2, 3].map((i) => makeLeaf(ca, `client-${i}`)));
});

const tls: ProxyTls = { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', roots: 'append', verify: true };
const headers: ProxyServer['headers'] = [
  { name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' },
];

const nameOf = (req: IncomingMessage): string =>
  String((req.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody');

/** Answers who called: the name in the client certificate and the header. */
const whoCalls = (req: IncomingMessage, res: ServerResponse) => {
  req.resume();
  res.end(`${nameOf(req)} ${req.headers.authorization ?? '-'}`);
};

const mutual = () => ({ ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: true });
const identity = (i: number): Files => ({
  '+/h0': `client-${i}`,
  '+/tls.crt': clients[i]?.cert ?? '',
  '+/tls.key': clients[i]?.key ?? '',
  '+/ca.crt': ca.cert,
});

describe('the client certificate', () => {
  test('is shown to a server that asks for one, beside the header', async () => {
    const upstream = await startTlsUpstream(mutual(), whoCalls);
    const proxy = await proxyFor(server(upstream.url, { headers, tls }), identity(0));
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'client-0 client-0' });
    expect(await proxy.metrics()).toMatch(/certificate_expiry_timestamp_seconds\{server="github"\} \d{10}\n/);
  });

  // A shared agent would resume the old TLS session, and the server would go on seeing the old name.
  test('[requirement 15] rotates together with the header, while requests run: none fails and none mixes the two', async () => {
    const upstream = await startTlsUpstream(mutual(), whoCalls);
    const proxy = await proxyFor(server(upstream.url, { headers, tls }), identity(0));
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const bodies: string[] = [];
    const phase = { rotating: true };
    const call = () =>
      new Promise<void>((resolve, reject) => {
        const req = request(
          { agent, host: '127.0.0.1', port: proxy.port, path: '/mcp', method: 'POST' },
          (res) => {
            let body = String(res.statusCode);
            res.on('data', (chunk: Buffer) => {
              body += ` ${chunk.toString()}`;
            });
            res.on('end', () => {
              bodies.push(body);
              resolve();
            });
            res.on('error', reject);
          },
        );
        req.on('error', reject);
        req.end('{}');
      });
    const worker = async () => {
      while (phase.rotating || bodies.length < 300) await call();
    };
    const workers = Promise.all(Array.from({ length: 8 }, worker));
    for (let turn = 1; turn <= 8; turn += 1) {
      const now = bodies.length;
      await eventually(
        () => bodies.length,
        (length) => length >= now + 15,
      );
      proxy.rotate(identity(turn % 4));
      const name = `client-${turn % 4}`;
      await eventually(
        () => bodies.at(-1),
        (body) => body === `200 ${name} ${name}`,
      );
    }
    phase.rotating = false;
    await workers;
    agent.destroy();
    expect(bodies.length).toBeGreaterThanOrEqual(300);
    expect([...new Set(bodies)].toSorted()).toEqual([0, 1, 2, 3].map((i) => `200 client-${i} client-${i}`));
  }, 300_000);

  test('of an open stream lives on with it, and idle connections of the old one close', async () => {
    // No connection is idle for too long, for the proxy or for the server: only the rotation closes it.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let endStream = () => {};
    const upstream = await startTlsUpstream({ ...mutual(), keepAliveTimeout: 3_600_000 }, (req, res) => {
      if (req.method === 'POST') return whoCalls(req, res);
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const timer = setInterval(() => res.write(`data: ${nameOf(req)}\n\n`), 5);
      endStream = () => {
        // Before the end, not at the close: a line between the two would be written to nowhere.
        clearInterval(timer);
        res.end();
      };
      return res.on('close', () => clearInterval(timer));
    });
    const proxy = await proxyFor(server(upstream.url, { headers, tls }), identity(0));
    const stream = await openStream(proxy.port);
    await ask(proxy.port, { body: '{}' });
    await eventually(
      () => upstream.sockets.size,
      (size) => size === 2,
    );
    proxy.rotate(identity(1));
    await eventually(
      () => upstream.sockets.size,
      (size) => size === 1,
    );
    expect((await ask(proxy.port, { body: '{}' })).body).toBe('client-1 client-1');
    const before = stream.text().length;
    await eventually(stream.text, (text) => text.length > before + 50);
    expect(stream.text()).not.toContain('client-1');
    // Once it ends, its connection is not kept, not even for the time of an idle one.
    const open = new Set(upstream.sockets);
    endStream();
    await eventually(
      () => [...open].filter((socket) => socket.destroyed).length,
      (closed) => closed === 1,
    );
  });

  test('that the server refuses is a fault of ours, not an answer of the server', async () => {
    const stranger = await makeLeaf(otherCa, 'stranger');
    const upstream = await startTlsUpstream(mutual(), whoCalls);
    const proxy = await proxyFor(server(upstream.url, { headers, tls }), {
      ...identity(0),
      '+/tls.crt': stranger.cert,
      '+/tls.key': stranger.key,
    });
    // A Node server closes without an alert after the handshake, so only the closing can be told.
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'upstream-closed' },
    });
  });

  test.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls'],
    ['EPROTO', 'tls'],
    ['ECONNRESET', 'upstream-closed'],
  ])('that is refused with %s after the handshake is a fault of %s', (code, fault) =>
    expect(faultOf('open', Object.assign(new Error('x'), { code }))).toBe(fault),
  );

  test.each([
    [
      'another key',
      () => ({ '+/tls.key': clients[1]?.key ?? '' }),
      'key tls.key does not belong to the certificate',
    ],
    ['no PEM as the key', () => ({ '+/tls.key': 'hello' }), 'key tls.key is not a PEM private key'],
    ['no PEM as the certificate', () => ({ '+/tls.crt': 'hello' }), 'key tls.crt is not a PEM certificate'],
    [
      'a broken certificate',
      () => ({ '+/tls.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
      'key tls.crt is not a PEM certificate',
    ],
    ['no PEM as the CA', () => ({ '+/ca.crt': 'hello' }), 'ConfigMap ca key ca.crt is not a PEM certificate'],
  ])('keeps its last good pair when the new one has %s', async (_, wrong, line) => {
    const sources = {
      '+/tls.crt': 'secret/client/tls.crt',
      '+/tls.key': 'secret/client/tls.key',
      '+/ca.crt': 'configmap/ca/ca.crt',
    };
    const upstream = await startTlsUpstream(mutual(), whoCalls);
    const proxy = await proxyFor(server(upstream.url, { headers, tls, sources }), identity(0));
    proxy.rotate({ ...identity(0), '+/h0': 'client-9', ...wrong() });
    await eventually(proxy.log, (log) => log.includes(line));
    expect((await ask(proxy.port)).body).toBe('client-0 client-0');
  });
});

describe('the certificate of the server', () => {
  const only = (extra: Partial<ProxyTls>): ProxyTls => ({ ...tls, cert: null, key: null, ...extra });
  const start = async (pair: Pair, proxyTls: ProxyTls | null, files: Files, host = '127.0.0.1') => {
    const upstream = await startTlsUpstream(pair, whoCalls);
    const url = `https://${host}:${upstream.port}/mcp`;
    return proxyFor(server(url, { headers, tls: proxyTls }), { '+/h0': 'token', ...files });
  };
  const outcome = async (port: number) => {
    const { status, headers } = await ask(port);
    return headers['sallyport-error'] ?? status;
  };

  test('[requirement 16] is trusted when the CA is added to the roots of the system', async () => {
    const proxy = await start(serverPair, only({}), { '+/ca.crt': ca.cert });
    expect(await outcome(proxy.port)).toBe(200);
  });

  test('[requirement 16] is trusted when the CA replaces the roots, the second of two in the file', async () => {
    const proxy = await start(serverPair, only({ roots: 'replace' }), {
      '+/ca.crt': `${otherCa.cert}${ca.cert}`,
    });
    expect(await outcome(proxy.port)).toBe(200);
  });

  test('is trusted through the second of two added CAs', async () => {
    const proxy = await start(serverPair, only({}), { '+/ca.crt': `${otherCa.cert}\n${ca.cert}` });
    expect(await outcome(proxy.port)).toBe(200);
  });

  test.each([
    ['by no settings at all', null, {}],
    ['by the roots of the system', { ca: null }, {}],
    ['by nothing, when nothing replaces the roots', { ca: null, roots: 'replace' as const }, {}],
    ['by another CA', {}, { '+/ca.crt': 'other' }],
  ])('[requirement 16] is not trusted %s', async (_, settings, files: Files) => {
    const given = files['+/ca.crt'] === undefined ? {} : { '+/ca.crt': otherCa.cert };
    const proxy = await start(serverPair, settings && only(settings), given);
    expect(await outcome(proxy.port)).toBe('tls');
  });

  test('is not trusted for another name', async () => {
    const proxy = await start(serverPair, only({}), { '+/ca.crt': ca.cert }, 'localhost');
    expect(await outcome(proxy.port)).toBe('tls');
  });

  test('is not trusted once it has ended', async () => {
    const proxy = await start(await makeLeaf(ca, 'old', -1), only({}), { '+/ca.crt': ca.cert });
    expect(await outcome(proxy.port)).toBe('tls');
  });

  test('is not accepted over TLS 1.1 or older, whatever OpenSSL and Node would allow', async () => {
    const { DEFAULT_CIPHERS } = tlsModule;
    onTestFinished(() => void (tlsModule.DEFAULT_CIPHERS = DEFAULT_CIPHERS));
    const outcomeWith = async (version: SecureVersion) => {
      // At level 0 OpenSSL allows every version that it has.
      tlsModule.DEFAULT_CIPHERS = 'DEFAULT@SECLEVEL=0';
      const offered = { ...serverPair, minVersion: version, maxVersion: version };
      const proxy = await start(offered, only({}), { '+/ca.crt': ca.cert });
      return outcome(proxy.port);
    };
    expect(await outcomeWith('TLSv1')).toBe('tls');
    expect(await outcomeWith('TLSv1.1')).toBe('tls');
    expect(await outcomeWith('TLSv1.2')).toBe(200);
    expect(await outcomeWith('TLSv1.3')).toBe(200);
  });

  test('is not asked for where the configuration switches that off', async () => {
    const proxy = await start(serverPair, only({ ca: null, verify: false }), {});
    expect(await outcome(proxy.port)).toBe(200);
  });

  // The CA is added to a copy of the system's roots; were it the original, every server would trust it.
  test('is trusted by the server of that CA only', async () => {
    const upstream = await startTlsUpstream(serverPair, whoCalls);
    const trusting = server(upstream.url, { headers, tls: only({}) });
    const other = server(upstream.url, {
      name: 'other',
      dir: '/other',
      headers: [],
      tls: only({ ca: null }),
    });
    const plain = server(upstream.url, { name: 'plain', dir: '/plain', headers: [] });
    const proxy = await proxyFor([trusting, other, plain], { '+/h0': 'token', '+/ca.crt': ca.cert });
    expect(await outcome(proxy.port)).toBe(200);
    expect(await outcome(proxy.ports.get('other') ?? 0)).toBe('tls');
    expect(await outcome(proxy.ports.get('plain') ?? 0)).toBe('tls');
  });

  test('changes its CA without a restart', async () => {
    const proxy = await start(serverPair, only({}), { '+/ca.crt': otherCa.cert });
    expect(await outcome(proxy.port)).toBe('tls');
    proxy.rotate({ '+/h0': 'token', '+/ca.crt': ca.cert });
    await eventually(
      () => outcome(proxy.port),
      (value) => value === 200,
    );
  });
});
