import { describe, expect, it } from 'vitest';
import { clusterMethods, type Cluster, type ClusterMethod } from '../../src/core/cluster.ts';
import { rememberFacts } from '../../src/engine/fact-cache.ts';
import { meteredCluster } from '../../src/engine/metered-cluster.ts';
import { overlay } from '../../src/engine/fallback-cluster.ts';
import { rememberResources } from '../../src/engine/resource-memory.ts';
import { reviewLookups } from '../../src/engine/review-lookups.ts';
import { withoutSecrets } from '../../src/engine/without-secrets.ts';
import type { LookupMessage } from '../../src/server/workers/protocol.ts';
import { RemoteCluster } from '../../src/server/workers/remote-cluster.ts';
import { clusterWith } from '../support/cluster.ts';

const deadline = { signal: new AbortController().signal };
const source = { kind: 'Secret', namespace: 'team-a', name: 'github-token' } as const;
const jane = { username: 'jane', uid: '7', groups: ['dev'], extra: {} };
const toGet = { verb: 'get', group: '', resource: 'secrets', namespace: 'team-a', name: 'github-token' };
const ref = { group: 'a.example', plural: 'as', kind: 'A', versions: ['v1'], namespace: 'team-a', name: 'a' };

/** One call of each method. */
const calls: { readonly [Method in ClusterMethod]: (cluster: Cluster) => ReturnType<Cluster[Method]> } = {
  facts: (cluster) => cluster.facts([source], deadline),
  may: (cluster) => cluster.may(jane, toGet, deadline),
  namespaceLabels: (cluster) => cluster.namespaceLabels('team-a', deadline),
  namespaceConstraints: (cluster) => cluster.namespaceConstraints('team-a', deadline),
  injectedPods: (cluster) => cluster.injectedPods('team-a', 10, deadline),
  agentConfig: (cluster) => cluster.agentConfig(source, deadline),
  get: (cluster) => cluster.get(ref, deadline),
};

/** A cluster in which nothing exists, that remembers which of its methods were called. */
function recording() {
  const called: string[] = [];
  const nothing = clusterWith({ hasAuthorizer: true, may: () => Promise.resolve('no') });
  const methods = clusterMethods.map((name) => {
    const method = nothing[name] as (...args: readonly unknown[]) => unknown;
    return [
      name,
      (...args: readonly unknown[]) => {
        called.push(name);
        return method(...args);
      },
    ] as const;
  });
  return { called, cluster: { ...nothing, ...Object.fromEntries(methods) } };
}

/** As a worker thread sees a cluster, without the thread. */
function remote(inner: Cluster): Cluster {
  const lookUp = async ({ id, method, args }: LookupMessage) => {
    const lookup = inner[method] as (...all: readonly unknown[]) => Promise<unknown>;
    far.answered({ type: 'found', id, value: await lookup(...args, deadline) });
  };
  const far = new RemoteCluster((message) => {
    if (message.type === 'lookup') void lookUp(message);
  });
  return far.cluster(inner.hasAuthorizer);
}

const decorators: Readonly<
  Record<string, readonly [decorate: (inner: Cluster) => Cluster, answersItself?: readonly ClusterMethod[]]>
> = {
  meteredCluster: [
    (inner) =>
      meteredCluster(
        inner,
        () => undefined,
        () => 0,
      ),
  ],
  rememberResources: [
    (inner) =>
      rememberResources(inner, {
        follows: () => true,
        storedVersion: () => ({ state: 'unknown' }),
        now: () => 0,
      }),
  ],
  rememberFacts: [(inner) => rememberFacts(inner, () => 0)],
  reviewLookups: [reviewLookups],
  'overlay, behind a cluster without objects': [(inner) => overlay(clusterWith({}), inner)],
  withoutSecrets: [withoutSecrets, ['facts', 'agentConfig']],
  RemoteCluster: [remote],
};

describe.each(Object.entries(decorators))('%s', (_, [decorate, answersItself = []]) => {
  it('has everything that the inner cluster has', () => {
    const { cluster } = recording();
    const decorated = decorate(cluster);
    expect(Object.keys(decorated).toSorted()).toEqual(Object.keys(cluster).toSorted());
    expect(decorated.hasAuthorizer).toBe(true);
  });

  it.each(clusterMethods)('passes %s on to the inner cluster, unless it answers itself', async (method) => {
    const { cluster, called } = recording();
    const found = await calls[method](decorate(cluster));
    expect(called).toEqual(answersItself.includes(method) ? [] : [method]);
    if (!answersItself.includes(method)) expect(found).toEqual(await calls[method](cluster));
  });
});
