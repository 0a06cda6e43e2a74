import { describe, expect, it } from 'vitest';
import { labelledPod, remoteProxy, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const objects = { 'cluster.yaml': [remoteProxy(), secret('github-token', { token: 'gh-token-value' })] };
const annotated = (annotations: Readonly<Record<string, string>>) => {
  const resource = remoteProxy();
  return { ...resource, metadata: { ...resource.metadata, annotations } };
};
const misspelt = { 'sallyport.dev/ca-secrets': 'internal-ca' };
const pod = (annotations: Readonly<Record<string, string>>) => {
  const labelled = labelledPod('mcpremoteproxy/github');
  const { metadata } = labelled as { metadata: { annotations?: object } };
  return { ...labelled, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
};

describe('a misspelt annotation', () => {
  it('of an MCP resource is a warning with the right one', async () => {
    const { validate } = await startWebhook({ objects });
    const { allowed, warnings } = await validate(reviewOf(annotated(misspelt)));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      expect.stringMatching(/^\[MCP004\] metadata\.annotations\[sallyport\.dev\/ca-secrets\]: .*ca-secret\b/),
    ]);
  });

  it('that belongs to the pod template of a Sandbox is a warning', async () => {
    const { validate } = await startWebhook({ objects });
    const { metadata, spec } = labelledPod('mcpremoteproxy/github') as unknown as Record<string, object>;
    const sandbox = {
      apiVersion: 'agents.x-k8s.io/v1beta1',
      kind: 'Sandbox',
      metadata: { ...metadata, name: 'agent', namespace: 'team-a' },
      spec: { podTemplate: { spec } },
    };
    const { allowed, warnings } = await validate(reviewOf(sandbox));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      '[MCP004] metadata.labels[sallyport.dev/inject]: the Sandbox has the label sallyport.dev/inject, but its pod template does not',
    ]);
  });

  it('of a pod is a warning, and the pod is injected', async () => {
    const { mutate } = await startWebhook({ objects });
    const { allowed, warnings, patchType } = await mutate(
      reviewOf(pod({ 'sallyport.dev/port': 'github=14700' })),
    );
    expect({ allowed, patchType }).toEqual({ allowed: true, patchType: 'JSONPatch' });
    expect(warnings).toEqual([expect.stringMatching(/^\[MCP004\] .*sallyport\.dev\/ports/)]);
  });

  it('of a pod that is denied is shown too: it may be the reason', async () => {
    const { mutate } = await startWebhook({ objects });
    const labelled = labelledPod(undefined, {
      name: 'agent',
      labels: { 'sallyport.dev/inject': 'true' },
      annotations: { 'sallyport.dev/server': 'mcpremoteproxy/github' },
    });
    const { allowed, warnings, status } = await mutate(reviewOf(labelled));
    expect(allowed).toBe(false);
    expect(status?.message).toContain('[MCP506]');
    expect(warnings).toEqual([expect.stringMatching(/^\[MCP004\] .*did you mean sallyport\.dev\/servers\?/)]);
  });

  it('is denied where the platform says so', async () => {
    const { validate, mutate } = await startWebhook({
      objects,
      configuration: { modes: { rules: { MCP004: 'enforce' } } },
    });
    for (const answer of [
      await validate(reviewOf(annotated(misspelt))),
      await mutate(reviewOf(pod({ 'sallyport.dev/port': 'github=14700' }))),
    ]) {
      expect(answer.allowed).toBe(false);
      expect(answer.status?.message).toContain('[MCP004]');
    }
  });

  it('adds nothing to a resource without one', async () => {
    const { validate } = await startWebhook({ objects });
    const { warnings } = await validate(reviewOf(annotated({ 'sallyport.dev/allow-direct': 'true' })));
    expect(warnings).toBeUndefined();
  });
});

describe('ten thousand unknown annotations', () => {
  it('give at most as many warnings as an answer may have, and deny nothing', async () => {
    const { validate } = await startWebhook({ objects });
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`sallyport.dev/${'x'.repeat(40)}${i}`, 'x']),
    );
    const { allowed, warnings = [] } = await validate(reviewOf(annotated(many)));
    expect(allowed).toBe(true);
    expect(warnings.length).toBeGreaterThan(1);
    expect(warnings.join('').length).toBeLessThanOrEqual(4096);
  });
});
