import { describe, expect, it } from 'vitest';
import type { Fields } from '../../src/core/k8s/objects.ts';
import type { SkipReason } from '../../src/core/inject/skip-reasons.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { reviewOf, startWebhook } from '../support/webhook.ts';

const plainPod = (metadata: object): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'agent', namespace: 'team-a', ...metadata },
  spec: { containers: [{ name: 'app', image: 'example.com/app:1' }] },
});
const inject = (value: string) => ({ labels: { 'sallyport.dev/inject': value } });
const withList = (servers: object) => kelos.job(kelos.agentPod(kelos.serverList(servers)));

describe('the log line of a workload that is left as it is', () => {
  it.each<[SkipReason, 'mutate' | 'rewrite', Fields, object]>([
    ['not-labelled', 'mutate', plainPod({}), {}],
    ['label-not-true', 'mutate', plainPod(inject('yes')), {}],
    [
      'static-pod',
      'mutate',
      plainPod({ ...inject('true'), annotations: { 'kubernetes.io/config.mirror': 'abc' } }),
      {},
    ],
    ['operator-off', 'rewrite', kelos.job(), {}],
    ['labelled', 'rewrite', plainPod(inject('true')), kelos.on],
    ['made-by-operator', 'mutate', kelos.pod(), kelos.on],
    ['not-owned', 'rewrite', kelos.job(undefined, { ownerReferences: [] }), kelos.on],
    ['no-servers', 'rewrite', withList({ local: { type: 'stdio', command: 'npx' } }), kelos.on],
    ['no-configuration', 'rewrite', { ...kagent.pod(), spec: { containers: [] } }, kagent.on],
    ['rewrite-uncertain', 'rewrite', withList({ other: kelos.githubEntry() }), kelos.on],
  ])('has the reason %s', async (reason, route, object, configuration) => {
    const objects = { 'cluster.yaml': [...kelos.world, ...kagent.world] };
    const webhook = await startWebhook({ objects, configuration });
    const answer = await webhook[route](reviewOf(object));
    expect(answer).toMatchObject({ allowed: true });
    expect(answer.patch).toBeUndefined();
    expect(webhook.logged.map((line) => (JSON.parse(line) as { skipped?: string }).skipped)).toEqual([
      reason,
    ]);
  });
});

it('a review that changes a workload has no reason to leave it as it is', async () => {
  const { rewrite, logged } = await startWebhook({
    objects: { 'cluster.yaml': kelos.world },
    configuration: kelos.on,
  });
  expect(await rewrite(reviewOf(kelos.job()))).toHaveProperty('patch');
  expect(logged.join()).not.toContain('skipped');
});
