import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ProxyTls } from '../../src/core/contracts/proxy-contract.ts';
import { makeCa, makeLeaf, type Pair } from './certificates.ts';
import { ask, eventually, openStream, proxyFor, server, startTlsUpstream, startUpstream } from './support.ts';

let ca: Pair;
let serverPair: Pair;
let client: Pair;
beforeAll(async () => {
  ca = await makeCa('ca');
  [serverPair, client] = await Promise.all([makeLeaf(ca, 'server'), makeLeaf(ca, 'client')]);
});

const plain: ProxyTls = { cert: null, key: null, ca: null, roots: 'append', verify: true };

/** Each way to reach a server, and who it takes us for. */
const modes: Readonly<Record<string, { readonly tls: ProxyTls | null; readonly peer: string }>> = {
  'no TLS': { tls: null, peer: 'nobody' },
  'a CA': { tls: { ...plain, ca: '+/ca.crt' }, peer: 'nobody' },
  'a client certificate': {
    tls: { ...plain, ca: '+/ca.crt', cert: '+/tls.crt', key: '+/tls.key' },
    peer: 'client',
  },
  'no verification': { tls: { ...plain, verify: false }, peer: 'nobody' },
};

describe.each(Object.entries(modes))('[requirement 15] the headers, with %s', (_, { tls, peer }) => {
  const start = async (transport: 'http' | 'sse') => {
    const answer = (req: IncomingMessage, res: ServerResponse) => {
      const socket = req.socket as TLSSocket;
      const name = tls?.cert ? String(socket.getPeerCertificate().subject?.CN) : 'nobody';
      const who = `${name} ${req.headers.authorization} ${String(req.headers['x-tenant'])}`;
      req.resume();
      if (transport === 'http' || req.method === 'POST') return res.end(who);
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      return res.write(`event: endpoint\ndata: /messages\n\ndata: ${who}\n\n`);
    };
    const mutual = tls?.cert ? { ca: ca.cert, requestCert: true, rejectUnauthorized: true } : {};
    const upstream =
      tls === null
        ? await startUpstream(answer)
        : await startTlsUpstream({ ...serverPair, ...mutual }, answer);
    const files = {
      '+/h0': 'token',
      '+/ca.crt': ca.cert,
      '+/tls.crt': client.cert,
      '+/tls.key': client.key,
    };
    const headers = [
      { name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict: 'override' as const },
      { name: 'X-Tenant', value: 'tenant', conflict: 'override' as const },
    ];
    return proxyFor(server(upstream.url, { transport, tls, headers }), files);
  };
  const expected = `${peer} Bearer token tenant`;

  test('reach a server of Streamable HTTP', async () => {
    const proxy = await start('http');
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200, body: expected });
  });

  test('reach a server of the legacy transport, with the stream and with what is posted', async () => {
    const proxy = await start('sse');
    const stream = await openStream(proxy.port);
    await eventually(stream.text, (text) => text.includes(`data: ${expected}\n\n`));
    const posted = await ask(proxy.port, { path: '/messages', body: '{}' });
    expect(posted).toMatchObject({ status: 200, body: expected });
    stream.close();
  });
});
