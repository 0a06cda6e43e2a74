import { describe, expect, it } from 'vitest';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { agentPod, githubEntry, job, on, serverList, world } from '../core/operators/kelos-world.ts';
import {
  labelledPod,
  remoteProxy,
  remoteServer,
  reviewOf,
  startWebhook,
  updateOf,
} from '../support/webhook.ts';

/** Objects that one tenant may write, and that nobody writes by mistake. */

const count = <T>(many: number, make: (i: number) => T): T[] =>
  Array.from({ length: many }, (_, i) => make(i));
const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`) as unknown;

const kmcpServer = (deployment: object) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'tools', namespace: 'team-a' },
  spec: { transportType: 'stdio', deployment: { image: 'example.com/tools:1', port: 3000, ...deployment } },
});
const agentConfig = (mcpServers: readonly object[]) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'AgentConfig',
  metadata: { name: 'tools', namespace: 'team-a' },
  spec: { mcpServers },
});
const fromSecrets = (many: number) => ({
  addHeadersFromSecret: count(many, (i) => ({
    headerName: `X-Token-${i}`,
    valueSecretRef: { name: `secret-${i}`, key: 'token' },
  })),
});
const harmless = (many: number) => count(many, (i) => ({ name: `X-Setting-${i}`, value: 'on' }));

const hostile: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
  [
    'an MCPServer with 20,000 secretRefs',
    kmcpServer({ secretRefs: count(20_000, (i) => ({ name: `s${i}` })) }),
    /256 references to Secrets and ConfigMaps/,
  ],
  [
    'an MCPRemoteProxy of 1.4 MB with 20,000 headers from Secrets',
    remoteProxy({ headerForward: fromSecrets(20_000) }),
    /50000 values/,
  ],
  [
    'an AgentConfig with 20,000 servers of one name',
    agentConfig(count(20_000, () => ({ name: 'one', type: 'http', url: 'https://a.example.com/' }))),
    /50000 values/,
  ],
  [
    'an AgentConfig with 10,000 servers',
    agentConfig(count(10_000, (i) => ({ name: `s${i}`, type: 'http', url: 'https://a.example.com/' }))),
    /512 servers and endpoints/,
  ],
  ['a RemoteMCPServer with 60,000 headers', remoteServer(harmless(60_000)), /50000 values/],
  ['a RemoteMCPServer with 10,000 headers', remoteServer(harmless(10_000)), /512 headers/],
  [
    'an MCPServer with 40,000 arguments',
    kmcpServer({ args: count(40_000, (i) => `--option-${i}=on`) }),
    /4096 arguments, variables and other plain values/,
  ],
  [
    'an MCPServer with one argument of 1 MB of blanks',
    kmcpServer({ args: [`ab${' '.repeat(1_000_000)}`] }),
    /262144 characters in one text/,
  ],
  [
    'a header name of 1 MB',
    remoteProxy({ headerForward: { addPlaintextHeaders: { ['x'.repeat(1_000_000)]: 'on' } } }),
    /512 characters in one name or key/,
  ],
  [
    'a header name of 10 kB in a list',
    remoteServer([{ name: 'x'.repeat(10_000), value: 'on' }]),
    /512 characters in one name or key/,
  ],
  ['9,000 levels of nesting', remoteProxy({ extra: nested(9_000) }), /128 levels of nesting/],
  ['100,000 levels of nesting', remoteProxy({ extra: nested(100_000) }), /128 levels of nesting/],
  ['a list of 100,000 numbers', remoteProxy({ extra: count(100_000, () => 0) }), /50000 values/],
  [
    'a map of 200,000 keys',
    remoteProxy({ extra: Object.fromEntries(count(200_000, (i) => [`k${i}`, 0])) }),
    /50000 values/,
  ],
  [
    'servers in a ConfigMap, nested 60,000 levels deep',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'tools', namespace: 'team-a', labels: { 'sallyport.dev/server': 'true' } },
      data: { 'server.yaml': `url: ${'['.repeat(60_000)}` },
    },
    /YAML with at most 128 levels of nesting/,
  ],
  [
    'an MCPRemoteProxy with 8,000 headers from Secrets',
    remoteProxy({ headerForward: fromSecrets(8000) }),
    /256 references to Secrets and ConfigMaps/,
  ],
  [
    'servers in a ConfigMap, nested 200 levels deep',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'tools', namespace: 'team-a', labels: { 'sallyport.dev/server': 'true' } },
      data: { 'server.yaml': `url: ${'['.repeat(200)}${']'.repeat(200)}` },
    },
    /128 levels of nesting/,
  ],
];

/** `JSON.stringify` would recurse. */
function bodyOf(review: { readonly request: Readonly<Record<string, unknown>> }): string {
  const { object } = review.request as { object: { spec?: { extra?: unknown } } };
  const extra = object.spec?.extra;
  if (!Array.isArray(extra) || extra.length !== 1) return JSON.stringify(review);
  let levels = 0;
  for (let one: unknown = extra; Array.isArray(one); one = one[0]) levels += 1;
  const spec = { ...object.spec, extra: 'NESTED' };
  const text = JSON.stringify({ ...review, request: { ...review.request, object: { ...object, spec } } });
  return text.replace('"NESTED"', `${'['.repeat(levels)}1${']'.repeat(levels)}`);
}

const configMaps = { resource: { group: '', version: 'v1', resource: 'configmaps' } };

describe('a resource over a limit', () => {
  it.each(hostile)('is denied in one short answer: %s', async (_what, object, message) => {
    const { call } = await startWebhook();
    const review = reviewOf(object, object['kind'] === 'ConfigMap' ? configMaps : {});
    const { status, text } = await call('/validate?timeout=30s', { body: bodyOf(review) });
    expect(status).toBe(200);
    const { response } = JSON.parse(text) as { response: AdmissionResponse };
    expect(response.allowed).toBe(false);
    expect(response.status?.code).toBe(403);
    expect(response.status?.message).toMatch(message);
    expect(text.length).toBeLessThan(4096);
  });

  /**
   * Within every other limit. To read this object takes about 480,000 steps, and the copy that kubectl keeps of it as
   * many where it is not the same; an update is judged with what was before.
   */
  it('is denied where judging it and what was before takes more than a million steps', async () => {
    const { validate } = await startWebhook();
    const agent = (description: string) => {
      const written = {
        apiVersion: 'kagent.dev/v1alpha2',
        kind: 'Agent',
        metadata: { name: 'helper', namespace: 'team-a' },
        spec: { description, declarative: { deployment: { env: count(40_000, () => ({})) } } },
      };
      const applied = { ...written, spec: { ...written.spec, description: 'before' } };
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) };
      return { ...written, metadata: { ...written.metadata, annotations } };
    };
    expect((await validate(reviewOf(agent('one')), '?timeout=30s')).allowed).toBe(true);
    const { allowed, status } = await validate(updateOf(agent('one'), agent('two')), '?timeout=30s');
    expect(allowed).toBe(false);
    expect(status?.code).toBe(403);
    expect(status?.message).toMatch(
      /\[MCP002\] .*judging the object takes more than the limit of 1000000 steps/,
    );
    expect((await validate(updateOf(agent('one'), agent('one')), '?timeout=30s')).allowed).toBe(true);
  });

  it('is denied where its arguments have more words than can be searched in time', async () => {
    const { validate } = await startWebhook();
    const serve = (words: number) => kmcpServer({ args: count(8, (i) => `serve ${i}${' a'.repeat(words)}`) });
    const { allowed, status } = await validate(reviewOf(serve(100_000)), '?timeout=30s');
    expect(allowed).toBe(false);
    expect(status?.message).toMatch(
      /\[MCP002\] .*judging the object takes more than the limit of 1000000 steps/,
    );
    expect((await validate(reviewOf(serve(1000)), '?timeout=30s')).allowed).toBe(true);
  });

  it('is named with the limit, the place and what to do', async () => {
    const { validate } = await startWebhook();
    const { status } = await validate(reviewOf(remoteServer(harmless(513))));
    expect(status?.message).toBe(
      'RemoteMCPServer team-a/linear: 1 problem.\n[MCP002] (root): the object is over the limit of 512 headers, with the keys of whole Secrets; Sallyport does not judge what is over a limit, and what is not judged is not permitted. Fix: make it smaller or split it into several objects; if it must be like that, ask your platform team for an exemption.',
    );
  });

  it.each([
    ['headers', remoteServer(harmless(512))],
    ['plain values', kmcpServer({ args: count(4096, (i) => `--option-${i}=on`) })],
    ['levels of nesting', remoteProxy({ headerForward: {}, extra: nested(126) })],
  ])('is not one that is exactly at it: %s', async (_what, object) => {
    const { validate } = await startWebhook();
    expect((await validate(reviewOf(object))).allowed).toBe(true);
  });

  it('is a warning where the ceiling is warn', async () => {
    const { validate } = await startWebhook({ configuration: { modes: { ceiling: 'warn' } } });
    const { allowed, warnings } = await validate(reviewOf(remoteServer(harmless(513))));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      '[MCP002] (root): the object is over the limit of 512 headers, with the keys of whole Secrets',
    ]);
  });

  it('is admitted with an exemption', async () => {
    const exemption = {
      codes: ['MCP002'],
      kind: 'remotemcpservers.kagent.dev',
      namespace: 'team-a',
      name: 'linear',
      reason: 'a generated test object',
    };
    const { validate } = await startWebhook({ configuration: { exemptions: [exemption] } });
    expect((await validate(reviewOf(remoteServer(harmless(513))))).allowed).toBe(true);
  });
});

describe('an update of a resource over a limit', () => {
  const large = (many: number, metadata: object = {}) => {
    const server = remoteServer(harmless(many));
    return { ...server, metadata: { ...server.metadata, ...metadata } };
  };
  it.each([
    ['brings it below the limit', large(600), large(10), true],
    ['takes a finalizer away', large(600, { finalizers: ['example.com/x'] }), large(600), true],
    ['changes its status', { ...large(600), status: { a: 1 } }, { ...large(600), status: { a: 2 } }, true],
    ['makes it a little smaller', large(600), large(599), false],
    ['makes it larger', large(600), large(700), false],
    ['brings it over the limit', large(10), large(600), false],
    [
      'gives it an annotation that a rule reads',
      large(600),
      large(600, { annotations: { 'sallyport.dev/client-tls-secret': 'other' } }),
      false,
    ],
  ])('that %s', async (_what, before, after, allowed) => {
    const { validate } = await startWebhook();
    expect((await validate(updateOf(before, after))).allowed).toBe(allowed);
  });
});

describe('a denial of many problems', () => {
  const spaced = (many: number, length = 10) =>
    count(many, (i) => ({ name: `X Tenant ${i} ${'\u0001'.repeat(length)}`, value: 'on' }));

  it('shows the first hundred and counts the rest, each of them once', async () => {
    const { validate } = await startWebhook();
    const { status } = await validate(reviewOf(remoteServer(spaced(512))));
    const lines = status?.message.split('\n') ?? [];
    expect(lines[0]).toBe('RemoteMCPServer team-a/linear: 512 problems.');
    expect(lines.filter((line) => line.startsWith('[MCP301]'))).toHaveLength(100);
    expect(lines.at(-1)).toBe('And 412 more: sallyport lint shows them.');
    expect(status?.details?.causes).toHaveLength(100);
    expect(status?.details?.causes[0]).toEqual({ reason: 'MCP301', field: 'spec.headersFrom[0].name' });
  });

  it('is shorter than 80 kB, however long the names are', async () => {
    const { call } = await startWebhook();
    const { text } = await call('/validate?timeout=30s', {
      body: JSON.stringify(reviewOf(remoteServer(spaced(512, 490)))),
    });
    expect(text.length).toBeLessThan(80_000);
    expect(text).toMatch(/And \d+ more: sallyport lint shows them\./);
  });

  it('keeps a thousand and says how many there are', async () => {
    const { validate } = await startWebhook();
    const args = count(1500, (i) => `--api-token=abcdefgh-${i}`);
    const { allowed, status } = await validate(reviewOf(kmcpServer({ args })));
    expect(allowed).toBe(false);
    expect(status?.message).toContain('the object is over the limit of 1000 problems: it has 1500');
  });
});

describe('a pod over a limit', () => {
  const podWith = (spec: object, annotations: Readonly<Record<string, string>> = {}) => {
    const pod = labelledPod('mcpremoteproxy/github');
    const metadata = { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } };
    return { ...pod, metadata, spec: { ...pod.spec, ...spec } };
  };
  const servers = (many: number) => count(many, (i) => `mcpremoteproxy/s${i}`).join(',');
  const pods: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    [
      'with 10,000 servers in its annotation',
      labelledPod(servers(10_000)),
      /entries, over the limit of 256;/,
    ],
    [
      'with 20,000 pinned ports',
      podWith({}, { 'sallyport.dev/ports': count(20_000, (i) => `s${i}=14731`).join(',') }),
      /entries, over the limit of 256;/,
    ],
    [
      'with 20,000 names of containers',
      podWith({}, { 'sallyport.dev/containers': count(20_000, (i) => `c${i}`).join(',') }),
      /entries, over the limit of 256;/,
    ],
    ['with an annotation of 1 MB', podWith({}, { other: 'x'.repeat(1_000_000) }), /characters in one text/],
    [
      'with 30,000 variables',
      podWith({ containers: [{ name: 'app', env: count(40_000, (i) => ({ name: `V${i}`, value: '1' })) }] }),
      /50000 values/,
    ],
  ];
  it.each(pods)('is refused at both gates: %s', async (_what, pod, message) => {
    const { mutate, check } = await startWebhook({ objects: { 'a.yaml': [remoteProxy()] } });
    for (const judge of [mutate, check]) {
      const answer = await judge(reviewOf(pod));
      expect(answer.allowed).toBe(false);
      expect(answer.status?.message).toMatch(/\[MCP002\]/);
      expect(answer.status?.message).toMatch(message);
      expect(JSON.stringify(answer).length).toBeLessThan(4096);
    }
  });

  it('is left as it came where an operator made it, with the reason', async () => {
    const { rewrite } = await startWebhook({ objects: { 'c.yaml': world }, configuration: on });
    const large = job(agentPod(serverList({ github: githubEntry() })));
    const annotations = Object.fromEntries(count(60_000, (i) => [`a${i}`, '']));
    const metadata = { ...(large['metadata'] as object), annotations };
    const answer = await rewrite(reviewOf({ ...large, metadata }));
    expect(answer.allowed).toBe(true);
    expect(answer.patch).toBeUndefined();
    expect(answer.auditAnnotations?.['left-alone']).toMatch(/over the limit of 50000 values/);
  });
});

/** Expressions that began anew at each character took minutes for one of these, and the webhook answered nobody. */
describe('a text of 250 kB is judged like any other', () => {
  const long = (text: string) => text.repeat(Math.floor(250_000 / text.length));
  it.each([
    ['an amount of digits', { resources: { limits: { memory: `${long('1')}x`, cpu: `${long('1')}x` } } }],
    ['a mount path of slashes', { volumeMounts: [{ name: 'a', mountPath: `/${long('/')}x` }] }],
  ])('%s', async (_what, container) => {
    const { mutate } = await startWebhook({ objects: { 'a.yaml': [remoteProxy({ headerForward: {} })] } });
    const pod = labelledPod('mcpremoteproxy/github');
    const spec = { containers: [{ name: 'app', image: 'example.com/agent:1', ...container }] };
    expect((await mutate(reviewOf({ ...pod, spec }))).uid).not.toBe('');
  });

  it.each([
    ['a header value of line ends', [{ name: 'X-Setting', value: `${long('\n')}x` }]],
    ['a header value of blanks', [{ name: 'X-Setting', value: `x${long(' ')}x` }]],
  ])('%s', async (_what, headers) => {
    const { validate } = await startWebhook();
    expect((await validate(reviewOf(remoteServer(headers)))).allowed).toBe(false);
  });

  it.each(['{value}', '{'])('a template of %j in the YAML of a ConfigMap', async (text) => {
    const { validate } = await startWebhook();
    const server = {
      url: 'https://mcp.example.com/',
      headers: [{ name: 'X-A', secret: { name: 's', key: 'k' }, template: `${text.repeat(9000)}\u0001` }],
    };
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'tools', namespace: 'team-a', labels: { 'sallyport.dev/server': 'true' } },
      data: { 'server.yaml': JSON.stringify(server) },
    };
    expect((await validate(reviewOf(object, configMaps))).allowed).toBe(false);
  });
});
