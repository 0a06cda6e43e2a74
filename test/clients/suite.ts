import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../cluster/processes.ts';
import { Conversation, expectInjected, requestsOf } from './conversation.ts';
import {
  hasResumption,
  hasSessions,
  elicits,
  legacyTransport,
  namesRevision,
  sdkNames,
  sdks,
  shared,
  type Revision,
  type SdkName,
} from './matrix.ts';
import { credential } from './sidecar.ts';
import { missing, startStage, type Stage, type Upstream } from './stage.ts';

/** One client against all servers, in every revision the two share, through one proxy. */
export function clientSuite(client: SdkName): void {
  const servers = sdkNames.filter((server) => missing(client, server) === undefined);
  let stage: Stage;

  beforeAll(async () => {
    if (servers.length === 0) return;
    stage = await startStage(servers, {}, (name, port) =>
      (['http', 'sse'] as const).map((transport) => ({
        name: `${name}-${transport}`,
        upstream: `http://127.0.0.1:${port}${pathOf(transport)}`,
        transport,
        files: { '+/h0': `${credential.first}\n` },
      })),
    );
  });
  afterAll(() => stage?.stop());

  for (const server of sdkNames)
    for (const revision of shared(client, server)) {
      const title = `${sdks[client].title} client, ${sdks[server].title} server, ${revision}`;
      const why = missing(client, server);
      describe.skipIf(why)(why === undefined ? title : `${title}: ${why}`, () => {
        const transport = legacyTransport(revision) ? 'sse' : 'http';
        cell(client, revision, () => ({
          url: stage.sidecar.url(`${server}-${transport}`, pathOf(transport)),
          upstream: stage.upstreams.get(server) as Upstream,
        }));
      });
    }
}

const pathOf = (transport: 'http' | 'sse') => (transport === 'sse' ? '/sse' : '/mcp');

/** One session from its beginning to its end, and one that is never ended. */
function cell(
  client: SdkName,
  revision: Revision,
  place: () => { readonly url: string; readonly upstream: Upstream },
): void {
  let talk: Conversation;
  let server: Upstream['peer'];
  let tap: Upstream['tap'];
  let from = 0;

  const gone = (asked: string) =>
    until('the end of the connection', 30, () => Promise.resolve(tap.carrying(asked) === 0 || undefined), 5);

  beforeAll(() => {
    const { url, upstream } = place();
    ({ peer: server, tap } = upstream);
    from = server.lines.length;
    tap.forget();
    talk = new Conversation(client, revision, url);
  });
  afterEach(() => {
    talk.client.skip();
    server.skip();
  });
  afterAll(() => talk.client.kill());

  it(`negotiates ${revision}, as the bytes between proxy and server show`, async () => {
    await talk.connect();
    if (hasSessions(revision)) {
      expect(tap.asked).toContain('"method":"initialize"');
      expect(tap.answered).toContain(`"protocolVersion":"${revision}"`);
    } else {
      expect(tap.asked).toContain('"method":"server/discover"');
      expect(tap.asked).not.toContain('"method":"initialize"');
    }
    if (legacyTransport(revision)) expect(tap.answered).toContain('event: endpoint');
  });

  it('lists the tools', () => talk.list());

  it('calls a tool with 200 kB of text in several alphabets', () =>
    // From 2026-07-28 on the tag is a header too, encoded, since it cannot stand there as it is.
    talk.echo('añ€漢😀 '.repeat(10_000), { tag: 'größer' }));

  it('sees the progress of a long call as it happens', async () => {
    talk.start('slow');
    // The server goes on only when it is told to, and it is told after the client has seen the step before.
    for (const progress of [1, 2, 3]) {
      await talk.client.next({ step: 'progress', progress });
      server.tell({ go: progress });
    }
    await talk.result('done');
  });

  it(
    hasSessions(revision)
      ? `is asked by the server in the middle of a call (${elicits(revision) ? 'elicitation' : 'sampling'})`
      : 'is asked for input in the result of a call, and calls again with it',
    async () => {
      talk.start('ask');
      await talk.client.next({ step: 'asked' });
      await talk.result(elicits(revision) ? 'elicited yes' : 'sampled yes');
    },
  );

  it('hears what the server says unasked, on its standing stream', async () => {
    // Clients open that stream when they like, so the server says it until somebody hears it.
    await until('a word from the server', 30, async () => {
      talk.start('announce');
      await talk.result('announced');
      return talk.client.lines.some(({ step }) => step === 'changed') || undefined;
    });
    if (!hasSessions(revision)) expect(tap.carrying('"subscriptions/listen"')).toBe(1);
    else expect(tap.carrying(legacyTransport(revision) ? 'GET /sse' : 'GET /mcp')).toBe(1);
  });

  if (hasResumption(revision))
    it('comes back to a call whose connection broke, and misses nothing', async () => {
      talk.start('slow');
      await talk.client.next({ step: 'progress', progress: 1 });
      tap.cut();
      await server.next({ event: 'ended', method: 'POST' });
      // The second step is made while nobody listens, or the first moment somebody does.
      server.tell({ go: 1 });
      await server.next({ event: 'request', method: 'GET', resumes: true });
      for (const progress of [2, 3]) {
        await talk.client.next({ step: 'progress', progress });
        server.tell({ go: progress });
      }
      await talk.result('done');
    });

  it('cancels a call, and the server hears of it', async () => {
    talk.start('wait');
    await server.next({ event: 'waiting' });
    expect(tap.asked).not.toContain('notifications/cancelled');
    talk.client.tell({ do: 'cancel' });
    await server.next({ event: 'cancelled' });
    await talk.client.next({ step: 'failed' });
    if (hasSessions(revision)) expect(tap.asked).toContain('"method":"notifications/cancelled"');
    else await gone('"wait"');
    await talk.echo('still there');
  });

  it(hasSessions(revision) ? 'ends its session, and the server hears of it' : 'ends', async () => {
    talk.client.tell({ do: 'end' });
    await talk.client.next({ step: 'ended' });
    if (legacyTransport(revision)) await server.next({ event: 'ended', method: 'GET', path: '/sse' });
    else if (hasSessions(revision)) {
      const { status } = await server.next({ event: 'ended', method: 'DELETE' });
      expect([200, 204]).toContain(status);
    } else expect(tap.asked).not.toContain('DELETE ');
  });

  it('vanishes in the middle of a call, and the server sees the connection end', async () => {
    tap.forget();
    await talk.connect();
    talk.start('wait');
    await server.next({ event: 'waiting' });
    const stream = legacyTransport(revision) ? 'GET /sse' : '"wait"';
    expect(tap.carrying(stream)).toBe(1);
    await talk.client.kill();
    // The tool never ends, so it is not the server that closes.
    await gone(stream);
    // From this revision on, that is how a call is cancelled.
    if (!hasSessions(revision)) await server.next({ event: 'cancelled' });
  });

  it('sent the credential of the Secret, once, with every request, and never its own', () => {
    const requests = requestsOf(server, from);
    expectInjected(requests);
    expect(tap.asked).not.toContain('the-wrong-one');
  });

  if (namesRevision(revision))
    it('sent the headers of its revision, and they arrived', () => {
      const posts = requestsOf(server, from).filter(({ method }) => method === 'POST');
      // With sessions the revision is known after the first.
      const named = hasSessions(revision) ? posts.slice(1, 4) : posts;
      expect(named.map((post) => post['revision'])).toEqual(named.map(() => revision));
      if (hasSessions(revision)) return;
      const headers = posts.map((post) => post['headers'] as string[]);
      for (const names of headers) expect(names).toContain('mcp-method');
      expect(headers.some((names) => names.includes('mcp-param-tag'))).toBe(true);
    });
}
