import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../cluster/cache.ts';
import { labelledPod, remoteProxy, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const file = path.join(repository, 'manifests/chart/values-production.yaml');
const { config } = parse(readFileSync(file, 'utf8')) as { readonly config: object };
const token = (upstreams?: string) => ({
  ...secret('github-token', { token: 'Bearer abc' }),
  metadata: {
    name: 'github-token',
    namespace: 'team-a',
    ...(upstreams === undefined ? {} : { annotations: { 'sallyport.dev/upstreams': upstreams } }),
  },
});

it('the production values deny a Secret without an origin limit at both gates, and no other', async () => {
  for (const [limit, allowed] of [
    [undefined, false],
    ['https://api.example.com', true],
  ] as const) {
    const objects = { 'all.yaml': [remoteProxy(), token(limit)] };
    const { validate, mutate } = await startWebhook({ objects, configuration: config });
    const answers = [
      await validate(reviewOf(remoteProxy())),
      await mutate(reviewOf(labelledPod('mcpremoteproxy/github'))),
    ];
    expect(answers.map((answer) => answer.allowed)).toEqual([allowed, allowed]);
    for (const { status } of answers)
      if (!allowed) expect(status?.details?.causes.map(({ reason }) => reason)).toEqual(['MCP209']);
  }
});

it('the production values make MCP206 a reason to deny', () => {
  expect(config).toMatchObject({ modes: { rules: { MCP206: 'enforce' } } });
});
