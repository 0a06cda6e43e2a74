import { afterAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/core/cluster.ts';
import { clusterWith } from '../support/cluster.ts';
import { labelledPod, remoteProxy, reviewOf, startWebhook } from '../support/webhook.ts';
import { stepCounter } from './counted.ts';

/** What a review costs does not depend on how many kinds are described. */

const counter = await stepCounter();
afterAll(() => counter.stop());

/** Descriptions of kinds that a platform team could have: each with servers, headers from Secrets and links. */
const ownKinds = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({
    family: `tools-${i % 7}`,
    group: `tools-${i % 11}.example.com`,
    kind: `Toolbox${i}`,
    plural: `toolboxes${i}`,
    versions: ['v1', 'v1beta1'],
    servers: [
      {
        each: '$.spec.servers[]',
        name: '@.name',
        url: '@.url',
        headers: [{ each: '@.headers[]', name: '@.name', secret: '@.secret.name', key: '@.secret.key' }],
        links: [{ name: '@.parent', kind: `'Toolbox${i}'` }],
      },
    ],
  }));

const toolbox = {
  apiVersion: 'tools-3.example.com/v1',
  kind: 'Toolbox3',
  metadata: { name: 'one', namespace: 'team-a' },
  spec: {
    servers: [
      {
        name: 'a',
        url: 'https://a.example.com/mcp',
        headers: [{ name: 'Authorization', secret: { name: 'token', key: 'token' } }],
      },
    ],
  },
};

/** A cluster that counts the lookups. */
function countedCluster() {
  let lookups = 0;
  const cluster = clusterWith({});
  const counted = Object.fromEntries(
    Object.entries(cluster).map(([name, method]) => [
      name,
      typeof method !== 'function'
        ? (method as unknown)
        : (...args: unknown[]) => {
            lookups += 1;
            return (method as (...given: unknown[]) => unknown)(...args);
          },
    ]),
  ) as unknown as Cluster;
  return { cluster: counted, lookups: () => lookups };
}

async function costOf(count: number) {
  const { cluster, lookups } = countedCluster();
  const { validate, mutate } = await startWebhook({ cluster, configuration: { kinds: ownKinds(count) } });
  const reviews = {
    'a built-in kind': () => validate(reviewOf(remoteProxy())),
    'a kind of the team': () =>
      validate(
        reviewOf(toolbox, {
          resource: { group: 'tools-3.example.com', version: 'v1', resource: 'toolboxes3' },
        }),
      ),
    'a pod that names a server': () => mutate(reviewOf(labelledPod('mcpremoteproxy/github'))),
  };
  const costs: Record<string, { steps: number; lookups: number }> = {};
  for (const [name, review] of Object.entries(reviews)) {
    // What is made once, such as a compiled schema, is there after the first review.
    await review();
    const before = lookups();
    const steps = await counter.count(review);
    costs[name] = { steps, lookups: lookups() - before };
  }
  return costs;
}

describe('a review takes the same steps and lookups with 5, 50 and 500 kinds', () => {
  it('of a resource of a built-in kind, one of a kind of the team, and a pod', async () => {
    const few = await costOf(5);
    for (const { steps } of Object.values(few)) expect(steps).toBeGreaterThan(100);
    expect(await costOf(50)).toEqual(few);
    expect(await costOf(500)).toEqual(few);
  });
});
