import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import {
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
} from '../support/webhook.ts';

const uid = 'd9b1c9b0-0000-4000-8000-000000000001';
const objects = { 'cluster.yaml': [remoteProxy(), secret('github-token', { token: 'gh-token-value' })] };

describe('a pod that does not ask for anything', () => {
  it.each([
    ['no labels', undefined],
    ['other labels', { app: 'agent' }],
    ['the label switched off', { 'sallyport.dev/inject': 'false' }],
  ])('with %s is allowed, and the answer has no patch', async (_what, labels) => {
    const { mutate } = await startWebhook({ objects });
    expect(await mutate(reviewOf(labelledPod('mcpremoteproxy/github', { name: 'agent', labels })))).toEqual({
      uid,
      allowed: true,
    });
  });
});

describe('a labelled pod', () => {
  it('gets a JSON Patch in base64 that only adds', async () => {
    const { mutate } = await startWebhook({ objects });
    const pod = labelledPod('mcpremoteproxy/github');
    const answer = await mutate(reviewOf(pod));
    expect({ ...answer, patch: '' }).toEqual({ uid, allowed: true, patchType: 'JSONPatch', patch: '' });
    const operations = operationsOf(answer);
    expect(new Set(operations.map(({ op }) => op))).toEqual(new Set(['add']));
    expect(operations.flatMap((operation) => Object.keys(operation)).toSorted()).toEqual(
      operations.flatMap(() => ['op', 'path', 'value']).toSorted(),
    );
    const { initContainers } = applyPatch(pod, operations)['spec'] as { initContainers: { name: string }[] };
    expect(initContainers.map(({ name }) => name)).toEqual(['sallyport-proxy']);
  });

  it('gets the same bytes each time', async () => {
    const { mutate } = await startWebhook({ objects });
    const review = reviewOf(labelledPod('mcpremoteproxy/github'));
    expect(await mutate(review)).toEqual(await mutate(review));
  });

  it('that is reviewed again with its additions gets no patch', async () => {
    const { mutate } = await startWebhook({ objects });
    const pod = labelledPod('mcpremoteproxy/github');
    const stored = applyPatch(pod, operationsOf(await mutate(reviewOf(pod))));
    expect(await mutate(reviewOf(stored))).toEqual({ uid, allowed: true });
  });

  it('uses the namespace of the request, not its own', async () => {
    const { mutate } = await startWebhook({ objects });
    const elsewhere = labelledPod('mcpremoteproxy/github', { name: 'agent', namespace: 'team-b' });
    expect((await mutate(reviewOf(elsewhere, { namespace: 'team-a' }))).patchType).toBe('JSONPatch');
    expect((await mutate(reviewOf(elsewhere, { namespace: 'team-b' }))).allowed).toBe(false);
  });

  it('with an unknown server is denied with what it may have meant', async () => {
    const { mutate } = await startWebhook({ objects });
    const answer = await mutate(reviewOf(labelledPod('mcpremoteprox/github, mcpremoteproxy/gitlab')));
    expect(answer.patch).toBeUndefined();
    expect(answer.patchType).toBeUndefined();
    const at = 'metadata.annotations[sallyport.dev/servers]';
    expect(answer.status).toEqual({
      status: 'Failure',
      code: 403,
      reason: 'Forbidden',
      message: [
        'Pod team-a/agent: 2 problems.',
        `[MCP504] ${at}: mcpremoteprox/github names the kind mcpremoteprox, which Sallyport does not know (did you mean mcpremoteproxy?); Sallyport cannot look it up. Fix: write mcpremoteproxy/github.`,
        `[MCP504] ${at}: mcpremoteproxy/gitlab does not exist in the namespace of the pod; the app could not call this server. Fix: create the resource first, or correct the name in the annotation.`,
      ].join('\n'),
      details: expect.objectContaining({ kind: 'Pod', name: 'agent' }) as unknown,
    });
  });

  it('that a controller makes is called by its prefix', async () => {
    const { mutate } = await startWebhook({ objects });
    const pod = labelledPod(undefined, { generateName: 'agent-6c8f-' });
    const { status } = await mutate(reviewOf(pod));
    expect(status?.message).toMatch(/^Pod team-a\/agent-6c8f-\*: 1 problem\.\n\[MCP506\] /);
  });

  it('is called by its owner too, which is what a person finds', async () => {
    const { mutate } = await startWebhook({ objects });
    const ownerReferences = [
      { kind: 'Other', name: 'other' },
      { kind: 'ReplicaSet', name: 'agent-6c8f', controller: true },
    ];
    const pod = labelledPod(undefined, { generateName: 'agent-6c8f-', ownerReferences });
    const { status } = await mutate(reviewOf(pod));
    expect(status?.message).toMatch(/^Pod team-a\/agent-6c8f-\* of ReplicaSet agent-6c8f: 1 problem\./);
  });

  it.each([
    ['UPDATE', { operation: 'UPDATE', oldObject: {} }],
    ['DELETE', { operation: 'DELETE', object: null }],
    ['its ephemeral containers', { subResource: 'ephemeralcontainers' }],
  ])('is left alone on %s', async (_what, request) => {
    const { mutate } = await startWebhook({ objects });
    expect(await mutate(reviewOf(labelledPod('mcpremoteproxy/absent'), request))).toEqual({
      uid,
      allowed: true,
    });
  });
});

describe('an object at the wrong webhook', () => {
  it('is refused with the entry to mend', async () => {
    const { mutate, validate } = await startWebhook({ objects });
    expect((await mutate(reviewOf(remoteProxy()))).status).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect((await validate(reviewOf(labelledPod()))).status).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    });
  });
});
