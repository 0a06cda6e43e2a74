import { describe, expect, it } from 'vitest';
import { agentPod, githubEntry, job, on, serverList, world } from '../core/operators/kelos-world.ts';
import {
  labelledPod,
  remoteProxy,
  remoteServer,
  reviewOf,
  secret,
  startWebhook,
  updateOf,
} from '../support/webhook.ts';

/** What the API server hands on, and what a decision may leave in the log. */

const headers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: `X Tenant ${i} ${'long '.repeat(20)}`,
    value: 'harmless',
  }));

describe('the warnings of one answer', () => {
  it.each([1, 15, 16, 40, 400])('are within what the API server hands on: %i findings', async (count) => {
    const { validate } = await startWebhook({ configuration: { modes: { ceiling: 'warn' } } });
    const { allowed, warnings = [] } = await validate(reviewOf(remoteServer(headers(count))));
    expect(allowed).toBe(true);
    const characters = warnings.reduce((sum, { length }) => sum + length, 0);
    expect(characters).toBeLessThanOrEqual(4096);
    for (const warning of warnings) expect(warning.length).toBeLessThanOrEqual(256);
    const [, more = '0'] = /^and (\d+) more: sallyport lint shows all$/.exec(warnings.at(-1) ?? '') ?? [];
    const listed = warnings.filter((one) => one.startsWith('[MCP301]')).length;
    expect(listed + Number(more)).toBe(count);
    expect(listed).toBeGreaterThan(0);
  });
});

describe('an audit annotation', () => {
  it.each(['other', 'n'.repeat(5000), 'line\nbreak\u001b[31m'])(
    'is one the API server keeps: %#',
    async (name) => {
      const { call } = await startWebhook({ objects: { 'c.yaml': world }, configuration: on });
      const left = job(agentPod(serverList({ [name]: githubEntry() })));
      const { text } = await call('/rewrite', { body: JSON.stringify(reviewOf(left)) });
      const { response } = JSON.parse(text) as {
        response: { allowed: boolean; auditAnnotations: Readonly<Record<string, string>> };
      };
      expect(response.allowed).toBe(true);
      expect(Object.keys(response.auditAnnotations)).toEqual(['left-alone']);
      for (const [key, value] of Object.entries(response.auditAnnotations)) {
        // The webhook's name and a slash are put before it.
        expect(key).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
        expect(value.length).toBeLessThanOrEqual(1024);
        expect(value).not.toMatch(/\p{Cc}/u);
      }
    },
  );
});

describe('the log line of a decision', () => {
  const allowed = new Set(
    'level time msg webhook uid operation kind namespace name decision codes warned audited left skipped ms lookupMs'.split(
      ' ',
    ),
  );
  it('holds fields of a fixed list and nothing else, whoever decided and whatever was decided', async () => {
    const objects = { 'c.yaml': [remoteProxy(), secret('github-token', { token: 'Bearer abc' }), ...world] };
    const { validate, mutate, check, rewrite, logged } = await startWebhook({ objects, configuration: on });
    await validate(reviewOf(remoteProxy()));
    await validate(reviewOf(remoteProxy({ remoteUrl: 'https://' })));
    await validate(updateOf(remoteProxy(), remoteProxy({ remoteUrl: 'http://example.com/' })));
    await validate(reviewOf(remoteProxy(), { resource: { group: '', version: 'v1', resource: 'others' } }));
    await mutate(reviewOf(labelledPod('mcpremoteproxy/github')));
    await mutate(reviewOf(labelledPod('mcpremoteproxy/unknown')));
    await check(reviewOf(labelledPod('mcpremoteproxy/github')));
    await rewrite(reviewOf(job()));
    await rewrite(reviewOf(job(agentPod(serverList({ other: githubEntry() })))));
    const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ decision }) => decision)).toEqual([
      'allow',
      'deny',
      'allow',
      'error',
      'patch',
      'deny',
      'deny',
      'patch',
      'allow',
    ]);
    for (const line of lines) expect(Object.keys(line).filter((key) => !allowed.has(key))).toEqual([]);
    for (const line of logged) expect(line.match(/\n/g)).toHaveLength(1);
  });
});
