import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import { clusterWith, unanswered } from '../support/cluster.ts';
import {
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
  updateOf,
} from '../support/webhook.ts';

const token = secret('github-token', { token: 'Bearer abc' });
const before = remoteProxy();
const elsewhere = remoteProxy({ remoteUrl: 'https://elsewhere.example.com/mcp' });
const kept = (many: string) =>
  `[MCP510] metadata.name: ${many} until ${many.startsWith('1') ? 'it is' : 'they are'} replaced; to revoke a credential now, delete its Secret`;

/** A webhook in whose cluster these pods run, injected by itself. */
async function withPods(names: readonly string[], configuration: object = {}) {
  const webhook = await startWebhook({ configuration, objects: { 'cluster.yaml': [before, token] } });
  const pods = await Promise.all(
    names.map(async (name) => {
      const pod = labelledPod('mcpremoteproxy/github', { name });
      return applyPatch(pod, operationsOf(await webhook.mutate(reviewOf(pod))));
    }),
  );
  webhook.write('pods.yaml', [...pods, labelledPod('mcpremoteproxy/github', { name: 'not-injected' })]);
  return webhook;
}

describe('an update of a resource that running pods were injected from', () => {
  it.each([
    ['another URL', elsewhere, ['a', 'b'], kept('2 pods keep the configuration of their admission')],
    ['one pod', elsewhere, ['a'], kept('1 pod keeps the configuration of its admission')],
    [
      'another Secret',
      remoteProxy({
        headerForward: {
          addHeadersFromSecret: [
            { headerName: 'X-Key', valueSecretRef: { name: 'github-token', key: 'token' } },
          ],
        },
      }),
      ['a'],
      kept('1 pod keeps the configuration of its admission'),
    ],
  ])('says how many keep what it said: %s', async (_, after, names, warning) => {
    const { validate } = await withPods(names);
    expect(await validate(updateOf(before, after))).toMatchObject({ allowed: true, warnings: [warning] });
  });

  it.each([
    ['nothing a proxy is told changes', remoteProxy({ resources: { limits: { cpu: '1' } } })],
    ['it is another resource', { ...elsewhere, metadata: { ...elsewhere.metadata, name: 'gitlab' } }],
  ])('says nothing where %s', async (_, after) => {
    const { validate } = await withPods(['a']);
    const old = { ...before, metadata: after.metadata };
    expect(await validate(updateOf(old, after))).toEqual({
      uid: expect.any(String) as string,
      allowed: true,
    });
  });

  it('says nothing where no pod was injected from it', async () => {
    const { validate } = await withPods([]);
    expect((await validate(updateOf(before, elsewhere))).warnings).toBeUndefined();
  });

  it('is never refused for it, and tells nobody where the platform wants no word of it', async () => {
    const said = async (mode: string) => {
      const { validate, logged } = await withPods(['a'], { modes: { rules: { MCP510: mode } } });
      const { allowed, warnings = [] } = await validate(updateOf(before, elsewhere));
      const { warned, audited } = JSON.parse(logged.at(-1) ?? '') as Record<string, string[]>;
      return { allowed, warnings: warnings.length, warned, audited };
    };
    expect(await said('enforce')).toEqual({ allowed: true, warnings: 1, warned: ['MCP510'], audited: [] });
    expect(await said('audit')).toEqual({ allowed: true, warnings: 0, warned: [], audited: ['MCP510'] });
    expect(await said('off')).toEqual({ allowed: true, warnings: 0, warned: [], audited: [] });
  });

  it('that is refused hears of its faults alone', async () => {
    const { validate } = await withPods(['a']);
    const { allowed, warnings } = await validate(updateOf(before, remoteProxy({ remoteUrl: 'https://' })));
    expect({ allowed, warnings }).toEqual({ allowed: false, warnings: undefined });
  });
});

describe('where the pods cannot be counted', () => {
  const pods: Readonly<Record<string, Partial<Cluster>>> = {
    'nobody may list them': { injectedPods: () => Promise.resolve(unanswered) },
    'the list does not come': {
      injectedPods: (_namespace, _limit, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(unanswered));
        }),
    },
    'the namespace does not exist': { injectedPods: () => Promise.resolve({ state: 'absent' }) },
  };
  it.each(Object.entries(pods))('the update goes through without a word: %s', async (_, injectedPods) => {
    const cluster = clusterWith({
      facts: (sources) =>
        Promise.resolve(
          new Map(
            sources.map(({ kind, namespace, name }) => [
              `${kind}/${namespace}/${name}`,
              { state: 'present', keys: new Map([['token', {}]]) },
            ]),
          ),
        ),
      ...injectedPods,
    });
    const { validate } = await startWebhook({ cluster });
    expect(await validate(updateOf(before, elsewhere))).toEqual({
      uid: expect.any(String) as string,
      allowed: true,
    });
  });
});

it('more pods than are worth counting are said to be at least so many', async () => {
  const status = JSON.stringify({ servers: [{ ref: 'mcpremoteproxy.toolhive.stacklok.dev/github' }] });
  const metadata = { annotations: { 'sallyport.dev/status': status } };
  const cluster = clusterWith({
    injectedPods: (_namespace, limit) => {
      const pods = Array.from({ length: limit }, () => ({ metadata }));
      return Promise.resolve({ state: 'present', pods });
    },
  });
  const { validate } = await startWebhook({ cluster });
  const { warnings = [] } = await validate(updateOf(before, elsewhere));
  expect(warnings.at(-1)).toContain('at least 200 pods keep');
});

it('a pod of kagent keeps nothing: kagent makes it anew by itself', async () => {
  const status = JSON.stringify({ servers: [{ ref: 'mcpremoteproxy.toolhive.stacklok.dev/github' }] });
  const metadata = {
    labels: { app: 'kagent', kagent: 'helper' },
    annotations: { 'sallyport.dev/status': status },
  };
  const cluster = clusterWith({
    injectedPods: () => Promise.resolve({ state: 'present', pods: [{ metadata }] }),
  });
  const { validate } = await startWebhook({ cluster });
  const { warnings = [] } = await validate(updateOf(before, elsewhere));
  expect(warnings.join()).not.toContain('MCP510');
});
