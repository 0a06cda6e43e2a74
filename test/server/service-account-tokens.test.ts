import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { labelledPod, operationsOf, reviewOf, startWebhook, updateOf } from '../support/webhook.ts';

/** Headers that are tokens of a pod's ServiceAccount, at both webhooks. */

const origin = 'https://api.example.com';
const entry = { audience: origin, namespaces: ['team-a'], origins: [origin] };
const configured = (...serviceAccountTokens: object[]) => ({ credentials: { serviceAccountTokens } });

const server = (audience = origin, url = `${origin}/mcp`) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'search', namespace: 'team-a', labels: { 'sallyport.dev/server': 'true' } },
  data: {
    'server.yaml': JSON.stringify({
      url,
      headers: [{ name: 'Authorization', serviceAccountToken: { audience }, template: 'Bearer {value}' }],
    }),
  },
});

const codesOf = ({ status }: AdmissionResponse) => status?.details?.causes.map(({ reason }) => reason) ?? [];

describe('a token that no entry allows', () => {
  it('is denied to the ConfigMap and to a pod that asks for it', async () => {
    const { validate, mutate } = await startWebhook({ objects: { 'cluster.yaml': [server()] } });
    expect(codesOf(await validate(reviewOf(server())))).toEqual(['MCP215']);
    expect(codesOf(await mutate(reviewOf(labelledPod('configmap/search'))))).toEqual(['MCP215']);
  });

  it('stays a warning in an update of what is stored, until the update changes who accepts or receives it', async () => {
    const { validate } = await startWebhook();
    const labelled = { ...server(), metadata: { ...server().metadata, annotations: { team: 'a' } } };
    const unchanged = await validate(updateOf(server(), labelled));
    expect(unchanged).toMatchObject({ allowed: true });
    expect(unchanged.warnings?.join()).toContain('[MCP215]');
    for (const changed of [server('https://other.example.com'), server(origin, 'https://other.example.com')])
      expect(codesOf(await validate(updateOf(server(), changed)))).toEqual(['MCP215']);
  });

  it('is admitted with a warning to both if the platform says so', async () => {
    const { validate, mutate } = await startWebhook({
      objects: { 'cluster.yaml': [server()] },
      configuration: { modes: { rules: { MCP215: 'warn' } } },
    });
    for (const answer of [
      await validate(reviewOf(server())),
      await mutate(reviewOf(labelledPod('configmap/search'))),
    ]) {
      expect(answer.allowed).toBe(true);
      expect(answer.warnings?.join()).toContain('MCP215');
    }
  });
});

describe('a token that an entry allows', () => {
  it('is admitted without a warning and added to the pod', async () => {
    const { validate, mutate, check } = await startWebhook({
      objects: { 'cluster.yaml': [server()] },
      configuration: configured(entry),
    });
    const stored = await validate(reviewOf(server()));
    expect([stored.allowed, stored.warnings]).toEqual([true, undefined]);
    const pod = await mutate(reviewOf(labelledPod('configmap/search')));
    expect([pod.allowed, pod.warnings]).toEqual([true, undefined]);
    const tokens = operationsOf(pod).flatMap(({ path, value }) =>
      JSON.stringify(value).includes('serviceAccountToken') ? [path] : [],
    );
    expect(tokens).toEqual(['/spec/volumes/-']);
    // Without the patch, the pod has no proxy.
    expect(codesOf(await check(reviewOf(labelledPod('configmap/search'))))).toEqual(['MCP501']);
  });

  it('is kept by running pods when an update changes its lifetime, and the answer says so', async () => {
    const { validate, mutate, write } = await startWebhook({
      objects: { 'cluster.yaml': [server()] },
      configuration: configured(entry),
    });
    const pod = labelledPod('configmap/search');
    write('pods.yaml', [applyPatch(pod, operationsOf(await mutate(reviewOf(pod))))]);
    const text = server().data['server.yaml'].replace('"audience"', '"expirationSeconds":600,"audience"');
    const changed = await validate(updateOf(server(), { ...server(), data: { 'server.yaml': text } }));
    expect(changed.allowed).toBe(true);
    expect(changed.warnings).toEqual([
      expect.stringContaining('[MCP510] metadata.name: 1 pod keeps the configuration of its admission'),
    ]);
  });

  it('is denied for the API server all the same', async () => {
    const audience = 'https://kubernetes.default.svc';
    const { validate, mutate } = await startWebhook({
      objects: { 'cluster.yaml': [server(audience)] },
      configuration: configured({ ...entry, audience: '*' }),
    });
    expect(codesOf(await validate(reviewOf(server(audience))))).toEqual(['MCP214']);
    expect(codesOf(await mutate(reviewOf(labelledPod('configmap/search'))))).toEqual(['MCP214']);
  });
});
