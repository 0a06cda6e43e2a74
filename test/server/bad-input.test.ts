import { describe, expect, it, onTestFinished } from 'vitest';
import { maxReviewBytes } from '../../src/server/body.ts';
import {
  labelledPod,
  remoteProxy,
  reviewOf,
  startWebhook,
  updateOf,
  type Answer,
} from '../support/webhook.ts';

const json = { 'content-type': 'application/json' };
const statusOf = ({ text }: Answer) => JSON.parse(text) as { kind: string; code: number; message: string };
const good = JSON.stringify(reviewOf(remoteProxy()));

describe('a body that is no review is refused with a Status in JSON', () => {
  it.each([
    ['nothing', 400, '', 'the body is not JSON'],
    ['half of a review', 400, good.slice(0, 200), 'the body is not JSON'],
    ['YAML', 400, 'apiVersion: admission.k8s.io/v1', 'the body is not JSON'],
    ['null', 400, 'null', 'the body is not an AdmissionReview object'],
    ['a list', 400, '[]', 'the body is not an AdmissionReview object'],
    ['a string', 400, '"review"', 'the body is not an AdmissionReview object'],
    ['an empty object', 400, '{}', 'apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview'],
    [
      'version v1beta1',
      400,
      JSON.stringify({ apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview', request: {} }),
      'apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview',
    ],
    [
      'no request',
      400,
      JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }),
      'request is missing',
    ],
    ...[undefined, null, '', 7, true, [], {}].map(
      (uid) =>
        [
          `uid ${JSON.stringify(uid)}`,
          400,
          JSON.stringify(reviewOf(remoteProxy(), { uid })),
          'request.uid is missing',
        ] as const,
    ),
    ['bytes that are not UTF-8', 400, Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'the body is not JSON'],
  ] as const)('%s', async (_what, code, body, message) => {
    const { call } = await startWebhook();
    for (const target of ['/validate', '/mutate?timeout=2s']) {
      const answer = await call(target, { body });
      expect(answer.status).toBe(code);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(statusOf(answer)).toMatchObject({ kind: 'Status', status: 'Failure', code, message });
    }
  });

  it.each([undefined, 'text/plain', 'application/jsonx', 'application/yaml', 'multipart/form-data'])(
    'content type %s is 415',
    async (type) => {
      const { call } = await startWebhook();
      const answer = await call('/validate', { body: good, headers: type ? { 'content-type': type } : {} });
      expect(answer.status).toBe(415);
      expect(statusOf(answer)).toMatchObject({ kind: 'Status', code: 415 });
    },
  );

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;x=y'])(
    'content type %s is fine',
    async (type) => {
      const { call } = await startWebhook();
      const answer = await call('/validate', { body: good, headers: { 'content-type': type } });
      expect(answer.status).toBe(200);
    },
  );
});

describe('a body over the size cap', () => {
  const big = Buffer.alloc(maxReviewBytes + 1, ' ');
  it.each([
    ['with its length', { ...json, 'content-length': big.length }],
    ['in chunks', { ...json, 'transfer-encoding': 'chunked' }],
  ])('is 413 %s', async (_what, headers) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const { call } = await startWebhook();
    const answer = await call('/validate', { body: big, headers });
    expect(answer.status).toBe(413);
    expect(statusOf(answer)).toMatchObject({ kind: 'Status', code: 413, reason: 'RequestEntityTooLarge' });
    expect((await call('/validate', { body: good })).status).toBe(200);
    // One of these ends the program, and with it the webhook.
    expect(unhandled).toEqual([]);
  });

  it('is not reached by a review of exactly that size', async () => {
    const { call } = await startWebhook();
    const answer = await call('/validate', { body: good.padEnd(maxReviewBytes) });
    expect(answer.status).toBe(200);
  });
});

describe('a review that cannot be judged is refused under its uid', () => {
  const refusal = (message: unknown) => ({
    uid: 'd9b1c9b0-0000-4000-8000-000000000001',
    allowed: false,
    status: { status: 'Failure', code: 400, reason: 'BadRequest', message },
  });
  it.each([
    ['an unknown kind', { kind: { group: 'example.com', version: 'v1', kind: 'Thing' } }],
    [
      'another resource than its kind',
      { resource: { group: 'toolhive.stacklok.dev', version: 'v1', resource: 'secrets' } },
    ],
    ['a kind of another group', { kind: { group: 'kagent.dev', version: 'v1', kind: 'MCPRemoteProxy' } }],
    [
      'a kind called like a built-in of JavaScript',
      { kind: { group: '', version: 'v1', kind: '__proto__' } },
    ],
  ])('%s', async (_what, request) => {
    const { validate } = await startWebhook();
    expect(await validate(reviewOf(remoteProxy(), request))).toEqual(
      refusal(expect.stringMatching(/^Sallyport does not know .*`sallyport kinds`$/)),
    );
  });

  it('an UPDATE without its old object', async () => {
    const { validate } = await startWebhook();
    expect(await validate(updateOf({}, remoteProxy(), { oldObject: null }))).toEqual(
      refusal('request.oldObject must be an object'),
    );
  });
});

describe('a hostile object', () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  it.each([
    ['/validate', reviewOf(remoteProxy({ extra: 'HERE' }))],
    ['/mutate', reviewOf({ ...labelledPod('mcpremoteproxy/absent'), status: 'HERE' })],
  ])('nested 100,000 levels deep gets a denial from %s', async (target, review) => {
    const { call } = await startWebhook();
    const answer = await call(target, { body: JSON.stringify(review).replace('"HERE"', deep(100_000)) });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"allowed":false');
  });

  it('with __proto__ keys is judged by what it says, and changes no other object', async () => {
    const { call } = await startWebhook();
    const body = good
      .replace('"request":{', '"request":{"__proto__":{"operation":"DELETE","polluted":true},')
      .replace('"spec":{', '"spec":{"__proto__":{"remoteUrl":"https://x","polluted":true},')
      .replace('"metadata":{', '"metadata":{"constructor":{"prototype":{"polluted":true}},');
    const answer = await call('/validate', { body });
    expect(answer.text).toContain('[MCP201]');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('with a header map under __proto__ only has no headers, and one beside it still counts', async () => {
    const { call } = await startWebhook();
    const body = good.replace(
      '"headerForward":{',
      '"headerForward":{"__proto__":{"addHeadersFromSecret":[]},',
    );
    expect((await call('/validate', { body })).text).toContain('[MCP201]');
  });

  it('with annotations of 2 MB is judged like any other', async () => {
    const { validate, mutate } = await startWebhook();
    // One text may have 256 KiB (MCP002).
    const texts = Array.from({ length: 10 }, (_, i) => [`note-${i}`, 'x'.repeat(200 * 1024)]);
    const annotations = Object.fromEntries(texts) as Record<string, string>;
    const proxy = { ...remoteProxy(), metadata: { name: 'github', namespace: 'team-a', annotations } };
    expect((await validate(reviewOf(proxy))).status?.message).toContain('[MCP201]');
    const pod = labelledPod(undefined, { name: 'agent', annotations });
    expect((await mutate(reviewOf(pod))).status?.message).toContain('[MCP506]');
  });

  it('with a servers annotation of 1 MB that almost matches is refused', async () => {
    const { mutate } = await startWebhook();
    const { allowed } = await mutate(reviewOf(labelledPod(`mcpremoteproxy/${'a-'.repeat(500_000)}!`)));
    expect(allowed).toBe(false);
  });
});
