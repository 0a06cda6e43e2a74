import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { Conversation, expectInjected, requestsOf } from './conversation.ts';
import { legacyTransport, sdkNames, sdks, shared, type Revision, type SdkName } from './matrix.ts';
import { credential } from './sidecar.ts';
import { missing, startStage, type Stage, type Upstream } from './stage.ts';

/** The newest of each kind: with the legacy transport, with sessions, and without. */
const revisions: readonly Revision[] = ['2024-11-05', '2025-11-25', '2026-07-28'];

const servers = sdkNames.filter((name) => missing(name) === undefined);
let keys: Readonly<Record<string, string>>;
const files = (value: string) => ({ '+/h0': `${value}\n`, ...keys });
let stage: Stage;

beforeAll(async () => {
  const certificates = await makeCertificates();
  keys = { ...certificates.authority, ...(await certificates.client('agent')) };
  const env = { TLS: certificates.folder, CLIENT_CERTIFICATE: 'required' };
  stage = await startStage(servers, env, (name, port) =>
    (['http', 'sse'] as const).map((transport) => ({
      name: `${name}-${transport}`,
      upstream: `https://127.0.0.1:${port}${transport === 'sse' ? '/sse' : '/mcp'}`,
      transport,
      tls: { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', roots: 'replace', verify: true },
      files: files(credential.first),
    })),
  );
});
afterAll(() => stage?.stop());

/** The client speaks plain HTTP on loopback; the server takes nobody without a certificate of its own authority. */
describe('over https, with a private authority and a client certificate', () => {
  for (const client of sdkNames)
    for (const server of sdkNames)
      for (const revision of shared(client, server).filter((one) => revisions.includes(one))) {
        const title = `${sdks[client].title} client, ${sdks[server].title} server, ${revision}`;
        const why = missing(client, server);
        describe.skipIf(why)(why === undefined ? title : `${title}: ${why}`, () =>
          cell(client, server, revision),
        );
      }
});

function cell(client: SdkName, server: SdkName, revision: Revision): void {
  const route = `${server}-${legacyTransport(revision) ? 'sse' : 'http'}`;
  let talk: Conversation;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = stage.upstreams.get(server) as Upstream;
    const url = stage.sidecar.url(route, legacyTransport(revision) ? '/sse' : '/mcp');
    talk = new Conversation(client, revision, url);
  });
  afterAll(async () => {
    await talk.client.kill();
    await stage.sidecar.rotate(route, files(credential.first));
  });

  it('goes on with the new credential after a rotation in the middle', async () => {
    const server = upstream.peer;
    let from = server.lines.length;
    await talk.connect();
    await talk.list();
    await talk.echo('before');
    expectInjected(requestsOf(server, from));

    // A call is under way while the Secret is rotated: it ends as it began.
    talk.start('slow');
    await talk.client.next({ step: 'progress', progress: 1 });
    await stage.sidecar.rotate(route, files(credential.second));
    for (const progress of [2, 3]) {
      server.tell({ go: progress });
      await talk.client.next({ step: 'progress', progress });
    }
    server.tell({ go: 4 });
    await talk.result('done');

    from = server.lines.length;
    await talk.echo('after');
    // The session is the one of before: nothing began anew.
    expect(requestsOf(server, from).filter(({ method }) => method === 'POST')).toHaveLength(1);
    talk.client.tell({ do: 'end' });
    await talk.client.next({ step: 'ended' });
    expectInjected(requestsOf(server, from), credential.second);
  });
}
