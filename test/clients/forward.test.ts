import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenName, makeCertificates } from './certificates.ts';
import { Conversation, expectInjected, requestsOf } from './conversation.ts';
import { sdks, type Revision, type SdkName } from './matrix.ts';
import { killAll } from './peer.ts';
import { credential, Sidecar } from './sidecar.ts';
import { missing, startUpstream, type Upstream } from './stage.ts';

/** SDKs whose HTTP library looks at `HTTP_PROXY` by itself. */
const clients: readonly SdkName[] = ['go', 'python'];
const transports = { http: '2025-06-18', sse: '2024-11-05' } as const satisfies Record<string, Revision>;
const ports = { http: 8443, sse: 8444 };
const paths = { http: '/mcp', sse: '/sse' };

let upstream: Upstream;
let sidecar: Sidecar;
let wayOut: Server;

beforeAll(async () => {
  const certificates = await makeCertificates();
  const env = { TLS: certificates.folder, CLIENT_CERTIFICATE: 'required' };
  upstream = await startUpstream('typescript-1', env);
  wayOut = await tunnelsTo(upstream.tap.port);
  const files = {
    '+/h0': `${credential.first}\n`,
    ...certificates.authority,
    ...(await certificates.client('agent')),
  };
  const tls = {
    cert: '+/tls.crt',
    key: '+/tls.key',
    ca: '+/ca.crt',
    roots: 'replace',
    verify: true,
  } as const;
  sidecar = await Sidecar.start(
    (['http', 'sse'] as const).map((transport) => ({
      name: transport,
      upstream: `https://${hiddenName}:${ports[transport]}${paths[transport]}`,
      transport,
      tls,
      files,
    })),
    { others: 'refuse', egress: `http://127.0.0.1:${(wayOut.address() as AddressInfo).port}` },
  );
});
afterAll(async () => {
  await killAll();
  upstream?.tap.close();
  wayOut?.close();
  await sidecar?.stop();
});

/** The way out of a cluster: the name that nobody can resolve leads to one port, and never through a lookup. */
async function tunnelsTo(port: number): Promise<Server> {
  const server = createServer((near) => {
    near.once('data', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as readonly [Socket, Socket][]) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('a client that is told http:// and nothing else, of a server that demands https and a client certificate', () => {
  for (const name of clients)
    for (const transport of ['http', 'sse'] as const) {
      const why = missing(name, 'typescript-1');
      const title = `${sdks[name].title}, ${transports[transport]}`;
      it.skipIf(why)(why === undefined ? title : `${title}: ${why}`, async () => {
        const url = `http://${hiddenName}:${ports[transport]}${paths[transport]}`;
        const from = upstream.peer.lines.length;
        const talk = new Conversation(name, transports[transport], url, { HTTP_PROXY: sidecar.forwardUrl });
        await talk.connect();
        await talk.list();
        await talk.echo('through the forward listener');
        talk.client.tell({ do: 'end' });
        await talk.client.next({ step: 'ended' });
        const requests = requestsOf(upstream.peer, from);
        expectInjected(requests);
        for (const request of requests) expect(request['certificate']).toBe('agent');
        await talk.client.kill();
      });
    }
});
