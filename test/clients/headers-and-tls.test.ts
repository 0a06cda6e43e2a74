import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProxyTls } from '../../src/core/contracts/proxy-contract.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import { Conversation, expectInjected, requestsOf } from './conversation.ts';
import { sdks, type Revision, type SdkName } from './matrix.ts';
import { killAll, type Line } from './peer.ts';
import { credential, Sidecar, type Route } from './sidecar.ts';
import { missing, startUpstream, type Upstream } from './stage.ts';

type Files = Readonly<Record<string, string>>;
type Kind = 'plain' | 'https' | 'mutual';

interface Mode {
  readonly upstream: Kind;
  readonly tls: ProxyTls | null;
  /** What the Secret holds beside the header. */
  readonly files: (certificates: Certificates) => Files | Promise<Files>;
  /** Whose certificate the server sees. */
  readonly shown: string | null;
}

const nothing: ProxyTls = { cert: null, key: null, ca: null, roots: 'append', verify: true };
const key = { cert: '+/tls.crt', key: '+/tls.key' };
const ca = '+/ca.crt';

/** What a server can ask for in transport, beside a header. */
const modes: Readonly<Record<string, Mode>> = {
  'no TLS': { upstream: 'plain', tls: null, files: () => ({}), shown: null },
  'a CA': {
    upstream: 'https',
    tls: { ...nothing, ca },
    files: ({ authority }) => authority,
    shown: null,
  },
  'a CA and a client certificate': {
    upstream: 'mutual',
    tls: { ...nothing, ...key, ca },
    files: async ({ authority, client }) => ({ ...authority, ...(await client('agent')) }),
    shown: 'agent',
  },
  'verification switched off': {
    upstream: 'https',
    tls: { ...nothing, verify: false },
    files: () => ({}),
    shown: null,
  },
  'verification switched off and a client certificate': {
    upstream: 'mutual',
    tls: { ...nothing, ...key, verify: false },
    files: ({ client }) => client('agent'),
    shown: 'agent',
  },
};

const transports = { http: '2025-06-18', sse: '2024-11-05' } as const satisfies Record<string, Revision>;
type Transport = keyof typeof transports;
const clients: readonly SdkName[] = ['typescript-1', 'python', 'go'];
const paths = { http: '/mcp', sse: '/sse' };
const routeName = (mode: string, transport: Transport) =>
  `${mode.toLowerCase().replaceAll(' ', '-')}-${transport}`;
const header = { '+/h0': `${credential.first}\n` };

const upstreams = new Map<Kind, Upstream>();
let certificates: Certificates;
let sidecar: Sidecar;

beforeAll(async () => {
  certificates = await makeCertificates();
  const tls = { TLS: certificates.folder };
  upstreams.set('plain', await startUpstream('typescript-1'));
  upstreams.set('https', await startUpstream('typescript-1', tls));
  upstreams.set('mutual', await startUpstream('typescript-1', { ...tls, CLIENT_CERTIFICATE: 'required' }));
  const routes: Route[] = [];
  for (const [name, mode] of Object.entries(modes)) {
    const files = { ...header, ...(await mode.files(certificates)) };
    for (const transport of ['http', 'sse'] as const) {
      const upstream = addressOf(mode.upstream, transport);
      routes.push({ name: routeName(name, transport), upstream, transport, tls: mode.tls, files });
    }
  }
  const untrusted = { name: 'untrusted', upstream: addressOf('https', 'http'), tls: nothing, files: header };
  sidecar = await Sidecar.start([...routes, { ...untrusted, transport: 'http' }]);
});

afterAll(async () => {
  await killAll();
  for (const { tap } of upstreams.values()) tap.close();
  await sidecar?.stop();
});

const addressOf = (kind: Kind, transport: Transport) =>
  `${kind === 'plain' ? 'http' : 'https'}://127.0.0.1:${upstreams.get(kind)?.tap.port ?? 0}${paths[transport]}`;

/** A whole session, and what the server saw of it. */
async function session(client: SdkName, route: string, transport: Transport, kind: Kind): Promise<Line[]> {
  const server = upstreams.get(kind)?.peer;
  if (server === undefined) throw new Error(`there is no ${kind} server`);
  const from = server.lines.length;
  const talk = new Conversation(client, transports[transport], sidecar.url(route, paths[transport]));
  try {
    await talk.connect();
    await talk.list();
    await talk.echo('hello');
  } finally {
    await talk.client.kill();
  }
  return requestsOf(server, from);
}

describe('the header and the transport together', () => {
  for (const client of clients)
    for (const transport of ['http', 'sse'] as const)
      for (const [name, mode] of Object.entries(modes))
        it.skipIf(missing(client))(
          `${sdks[client].title} client, ${transport}: the header arrives with ${name}`,
          async () => {
            const requests = await session(client, routeName(name, transport), transport, mode.upstream);
            expectInjected(requests);
            expect(new Set(requests.map(({ certificate }) => certificate))).toEqual(new Set([mode.shown]));
          },
        );

  it('a server that is not trusted gets no request', async () => {
    const server = upstreams.get('https')?.peer;
    const ask = { method: 'POST', body: '{}', headers: { 'x-of-this-test': 'yes' } };
    const answer = await fetch(sidecar.url('untrusted', '/mcp'), ask);
    expect([answer.status, answer.headers.get('sallyport-error')]).toEqual([502, 'tls']);
    const asked = server === undefined ? [] : requestsOf(server).flatMap(({ headers }) => headers);
    expect(asked).toContain('authorization');
    expect(asked).not.toContain('x-of-this-test');
  });

  it('a new client certificate is shown by the next request', async () => {
    const route = routeName('a CA and a client certificate', 'http');
    await sidecar.rotate(route, {
      ...header,
      ...certificates.authority,
      ...(await certificates.client('agent after rotation')),
    });
    const requests = await session('typescript-1', route, 'http', 'mutual');
    expectInjected(requests);
    expect(new Set(requests.map(({ certificate }) => certificate))).toEqual(
      new Set(['agent after rotation']),
    );
  });
});
