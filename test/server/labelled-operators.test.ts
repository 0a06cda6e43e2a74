import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { containersOf, fieldsAt, type Fields } from '../../src/core/k8s/objects.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import * as toolhive from '../core/operators/toolhive-world.ts';
import { operationsOf, reviewOf, startWebhook } from '../support/webhook.ts';

/** With what somebody wrote on the pod's template. */
function marked(pod: Fields, annotations: object = {}): Fields {
  const metadata = fieldsAt(pod, 'metadata');
  const labels = { ...fieldsAt(metadata, 'labels'), 'sallyport.dev/inject': 'true' };
  return {
    ...pod,
    metadata: { ...metadata, labels, annotations: { ...fieldsAt(metadata, 'annotations'), ...annotations } },
  };
}

const storedJob = {
  ...kelos.storedJob(),
  metadata: { ...kelos.storedJob().metadata, uid: 'uid-of-task1-job' },
};

describe.each<[string, Fields, readonly object[], object]>([
  ['Kelos', kelos.pod(), [...kelos.world, storedJob], kelos.on],
  ['ToolHive', toolhive.proxyPod(), toolhive.proxyWorld, toolhive.on],
  ['kagent', kagent.pod(), kagent.world, kagent.on],
])('a pod of %s that somebody labelled', (_operator, pod, world, on) => {
  const webhook = (configuration: object = on, objects = world) =>
    startWebhook({ objects: { 'cluster.yaml': objects }, configuration });
  const untouched = { allowed: true, uid: 'd9b1c9b0-0000-4000-8000-000000000001' };

  it("and that names no servers is its operator's, as without the label", async () => {
    const { mutate, rewrite, check } = await webhook();
    expect(await mutate(reviewOf(marked(pod)))).toEqual(untouched);
    const answer = await rewrite(reviewOf(marked(pod)));
    const stored = applyPatch(marked(pod), operationsOf(answer));
    expect(containersOf(stored).map(({ name }) => name)).toContain('sallyport-proxy');
    expect(await check(reviewOf(stored))).toEqual(untouched);
  });

  it('and whose proxy somebody changed is refused by the last look', async () => {
    const { rewrite, check } = await webhook();
    const stored = applyPatch(marked(pod), operationsOf(await rewrite(reviewOf(marked(pod)))));
    const changed = JSON.parse(
      JSON.stringify(stored).replaceAll('"/sallyport/proxy.mjs"', '"/elsewhere.mjs"'),
    ) as Fields;
    expect((await check(reviewOf(changed))).status?.message).toMatch(/MCP501/);
  });

  it('is admitted as it came when a rewrite is not certain to be right', async () => {
    const { mutate, rewrite, check } = await webhook();
    const shared = marked({ ...pod, spec: { ...fieldsAt(pod, 'spec'), shareProcessNamespace: true } });
    expect(await mutate(reviewOf(shared))).toEqual(untouched);
    const left = await rewrite(reviewOf(shared));
    expect(left.auditAnnotations?.['left-alone']).toMatch(/MCP503/);
    expect(left.patch).toBeUndefined();
    expect(await check(reviewOf(shared))).toEqual(untouched);
  });

  it('is refused while the operator is switched off, since it names no servers', async () => {
    const { mutate, rewrite } = await webhook({});
    expect((await mutate(reviewOf(marked(pod)))).status?.message).toMatch(/MCP506/);
    expect(await rewrite(reviewOf(marked(pod)))).toEqual(untouched);
  });

  it('and that names its servers is planned as it asks, and by nobody else', async () => {
    const { mutate, rewrite } = await webhook();
    const asking = marked(pod, { 'sallyport.dev/servers': 'mcpremoteproxy/nobody' });
    expect((await mutate(reviewOf(asking))).status?.message).toMatch(/MCP504/);
    expect(await rewrite(reviewOf(asking))).toEqual(untouched);
  });
});
