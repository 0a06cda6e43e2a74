import { describe, expect, it } from 'vitest';
import { sourceKey } from '../../src/core/model.ts';
import { clusterWith, unanswered } from '../support/cluster.ts';
import { remoteProxy, reviewOf, startWebhook } from '../support/webhook.ts';

const namespace = (mode: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'team-a', labels: { 'sallyport.dev/mode': mode } },
});

/** What becomes of a resource whose Secret is missing, in a namespace with that label. */
async function outcome(label: string, modes: object): Promise<'denied' | 'warned' | 'quiet'> {
  const { validate } = await startWebhook({
    objects: { 'namespace.yaml': [namespace(label)] },
    configuration: { modes },
  });
  const { allowed, warnings = [] } = await validate(reviewOf(remoteProxy()));
  return allowed ? (warnings.length > 0 ? 'warned' : 'quiet') : 'denied';
}

describe("a namespace's own label", () => {
  it('chooses among the modes the platform allows it', async () => {
    expect(await outcome('warn', { namespaceLabelMay: ['warn', 'audit'] })).toBe('warned');
    expect(await outcome('audit', { namespaceLabelMay: ['warn', 'audit'] })).toBe('quiet');
  });

  it.each([
    ['warn', {}],
    ['warn', { namespaceLabelMay: ['audit'] }],
    ['off', { namespaceLabelMay: ['warn', 'audit'] }],
    ['WARN', { namespaceLabelMay: ['warn'] }],
    ['', { namespaceLabelMay: ['warn'] }],
  ])('%j chooses nothing with %j', async (label, modes) => {
    expect(await outcome(label, modes)).toBe('denied');
  });

  it.each([
    [['warn', 'enforce'], false],
    [['warn', 'audit'], true],
  ])('that cannot be read counts as enforce where %j are allowed: %s', async (namespaceLabelMay, allowed) => {
    const fact = { state: 'present', keys: new Map([['token', {}]]) } as const;
    const { validate } = await startWebhook({
      configuration: { modes: { namespaceLabelMay } },
      cluster: clusterWith({
        facts: (sources) => Promise.resolve(new Map(sources.map((one) => [sourceKey(one), fact]))),
        namespaceLabels: () => Promise.resolve(unanswered),
      }),
    });
    // MCP403, which is a warning by default.
    const review = reviewOf(remoteProxy({ remoteUrl: 'http://api.example.com/mcp' }));
    expect((await validate(review)).allowed).toBe(allowed);
  });

  it('yields to what the platform says of that namespace or that writer, and wins over rules and kinds', async () => {
    const may = { namespaceLabelMay: ['warn', 'enforce'] };
    const rules = { MCP201: 'enforce' };
    expect(await outcome('warn', { ...may, namespaces: [{ names: ['team-*'], rules }] })).toBe('denied');
    expect(await outcome('warn', { ...may, writers: [{ username: 'dev@*', rules }] })).toBe('denied');
    expect(await outcome('warn', { ...may, rules })).toBe('warned');
    const kinds = { 'mcpremoteproxies.toolhive.stacklok.dev': 'enforce' };
    expect(await outcome('warn', { ...may, kinds })).toBe('warned');
  });

  it('cannot go above the ceiling', async () => {
    expect(await outcome('enforce', { namespaceLabelMay: ['enforce'], ceiling: 'warn' })).toBe('warned');
  });
});
