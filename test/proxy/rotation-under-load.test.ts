import { Agent, request } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import type { ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import { eventually, proxyFor, server, startTlsUpstream, type Files } from './support.ts';

const perSecond = 500;
const rotations = 10;
const between = 500;

test('[requirement 15] ten rotations of one Secret with header, certificate and CA under 500 requests a second: none fails, none mixes', async () => {
  const [ca, other] = await Promise.all([makeCa('ca'), makeCa('other')]);
  const serverPair = await makeLeaf(ca, 'server');
  const clients = await Promise.all(
    Array.from({ length: rotations + 1 }, (_, i) => makeLeaf(ca, `client-${i}`)),
  );
  const files = (i: number): Files => ({
    '+/h0': `client-${i}`,
    '+/tls.crt': clients[i]?.cert ?? '',
    '+/tls.key': clients[i]?.key ?? '',
    '+/ca.crt': i % 2 === 0 ? ca.cert : `${other.cert}${ca.cert}`,
  });
  const upstream = await startTlsUpstream(
    { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    (req, res) => {
      req.resume();
      const name = String((req.socket as TLSSocket).getPeerCertificate().subject?.CN);
      res.end(`${name} ${req.headers.authorization}`);
    },
  );
  const one: Partial<ProxyServer> = {
    headers: [{ name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' }],
    tls: { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', roots: 'replace', verify: true },
  };
  const proxy = await proxyFor(server(upstream.url, one), files(0));

  const answers = new Map<string, number>();
  let sent = 0;
  let answered = 0;
  const agent = new Agent({ keepAlive: true });
  const note = (answer: string) => {
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    answered += 1;
  };
  const call = () => {
    sent += 1;
    const options = { agent, host: '127.0.0.1', port: proxy.port, path: '/mcp', method: 'POST' };
    const req = request(options, (res) => {
      let body = `${res.statusCode}`;
      res.on('data', (chunk: Buffer) => {
        body += ` ${chunk.toString()}`;
      });
      res.on('end', () => note(body));
      res.on('error', (error) => note(error.message));
    });
    req.on('error', (error) => note(error.message));
    req.end('{}');
  };
  // Sent at their rate, whether or not those before were answered.
  const timer = setInterval(call, 1000 / perSecond);
  try {
    for (let turn = 1; turn <= rotations; turn += 1) {
      const before = answered;
      await eventually(
        () => answered,
        (count) => count >= before + between,
      );
      proxy.rotate(files(turn));
      const name = `200 client-${turn} client-${turn}`;
      await eventually(
        () => answers.get(name) ?? 0,
        (count) => count > 0,
      );
    }
  } finally {
    clearInterval(timer);
  }
  await eventually(
    () => answered,
    (count) => count === sent,
  );
  agent.destroy();
  expect([...answers.keys()].toSorted()).toEqual(
    Array.from({ length: rotations + 1 }, (_, i) => `200 client-${i} client-${i}`).toSorted(),
  );
  expect(sent).toBeGreaterThanOrEqual(rotations * between);
}, 300_000);
