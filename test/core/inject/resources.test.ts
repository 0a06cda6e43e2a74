import { describe, expect, it } from 'vitest';
import { fieldsAt, listAt, type Fields } from '../../../src/core/k8s/objects.ts';
import { injectInto, podWith, refusals, remoteProxy, stored } from './world.ts';

const github = remoteProxy('github');
const asks = { servers: 'mcpremoteproxy/github' };
const usual = { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '128Mi' } };

const limitRange = (...limits: readonly object[]) => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'limits', namespace: 'team-a' },
  spec: { limits },
});
const container = (more: object) => ({ type: 'Container', ...more });
const quota = (hard: object) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'quota', namespace: 'team-a' },
  spec: { hard },
});
const app = (resources: object) => [{ name: 'app', image: 'example.com/agent:1', resources }];

async function resourcesOf(objects: readonly object[], spec: Fields = {}, annotations: Fields = {}) {
  const pod = await stored(podWith({ ...asks, ...annotations }, spec), [github, ...(objects as never[])]);
  return listAt(fieldsAt(pod, 'spec'), 'initContainers')[0]?.['resources'];
}

describe('the resources of the proxy', () => {
  it('are few where nobody demands anything, and no CPU limit is among them', async () => {
    expect(await resourcesOf([])).toEqual(usual);
  });

  const half = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '500m', memory: '1Gi' } };
  it.each<[string, object[], Fields, object]>([
    [
      'rise to the least a container must ask for',
      [limitRange(container({ min: { cpu: '50m', memory: '64Mi' } }))],
      {},
      { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    ],
    [
      'rise with the least, and the limit with them',
      [limitRange(container({ min: { memory: '256Mi' } }))],
      {},
      { requests: { cpu: '10m', memory: '256Mi' }, limits: { memory: '256Mi' } },
    ],
    [
      'stay under the most a container may have, with the CPU limit that is then needed',
      [limitRange(container({ max: { cpu: '50m', memory: '64Mi' } }))],
      {},
      { requests: { cpu: '10m', memory: '48Mi' }, limits: { cpu: '50m', memory: '64Mi' } },
    ],
    [
      'keep to the ratio of limit to request',
      [limitRange(container({ maxLimitRequestRatio: { cpu: '4', memory: '2' } }))],
      {},
      { requests: { cpu: '25m', memory: '64Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    ],
    [
      'take the strictest of several LimitRanges',
      [
        limitRange(container({ max: { memory: '100Mi' } }), {
          type: 'PersistentVolumeClaim',
          max: { storage: '1Gi' },
        }),
        limitRange(container({ max: { memory: '80Mi' } })),
      ],
      {},
      { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '80Mi' } },
    ],
    [
      'fit into what the pod may have in all',
      [limitRange({ type: 'Pod', max: { memory: '1100Mi' } })],
      { containers: app({ limits: { memory: '1Gi' } }) },
      { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '76Mi' } },
    ],
    [
      'have a CPU limit where a quota counts them',
      [quota({ 'limits.cpu': '10', 'limits.memory': '10Gi' })],
      {},
      { requests: { cpu: '10m', memory: '48Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    ],
    [
      'leave a Guaranteed pod Guaranteed',
      [],
      { containers: app(half) },
      { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    ],
    [
      'count limits alone as Guaranteed too, as Kubernetes does',
      [],
      { containers: app({ limits: { cpu: 1, memory: '1Gi' } }) },
      { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    ],
    [
      'are the usual ones where one container is not Guaranteed',
      [],
      { containers: [...app(half), { name: 'other', image: 'example.com/other:1' }] },
      usual,
    ],
    [
      'are taken from what the pod as a whole has',
      [],
      {
        resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '100Mi' } },
        containers: app({}),
      },
      { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '100Mi' } },
    ],
    [
      'ask for what the pod as a whole does not say',
      [],
      { resources: { requests: { memory: '1Gi' } }, containers: app({}) },
      usual,
    ],
    [
      'request what the other containers leave of the requests of the pod',
      [],
      {
        resources: { requests: { cpu: '1', memory: '100Mi' }, limits: { cpu: '1', memory: '200Mi' } },
        containers: app({ requests: { cpu: '996m', memory: '70Mi' }, limits: { cpu: '1', memory: '100Mi' } }),
      },
      { requests: { cpu: '4m', memory: '30Mi' }, limits: { memory: '128Mi' } },
    ],
    [
      'request nothing where the containers request all of it, and say so, since a missing request is the limit',
      [],
      {
        resources: { requests: { cpu: '500m', memory: '50Mi' }, limits: { memory: '200Mi' } },
        // A limit alone is a request too.
        containers: app({ limits: { cpu: '500m', memory: '50Mi' } }),
      },
      { requests: { cpu: '0', memory: '0' }, limits: { memory: '128Mi' } },
    ],
    [
      'count init containers as Kubernetes does',
      [],
      {
        resources: { limits: { memory: '100Mi' } },
        initContainers: [
          {
            name: 'mesh',
            image: 'm:1',
            restartPolicy: 'Always',
            resources: { requests: { memory: '20Mi' } },
          },
          { name: 'prepare', image: 'p:1', resources: { requests: { memory: '50Mi' } } },
        ],
        containers: app({ requests: { memory: '10Mi' } }),
      },
      { requests: { cpu: '10m', memory: '30Mi' }, limits: { memory: '100Mi' } },
    ],
    [
      'keep to the ratio with what is left',
      [limitRange(container({ maxLimitRequestRatio: { memory: '2' } }))],
      { resources: { requests: { memory: '100Mi' } }, containers: app({ requests: { memory: '70Mi' } }) },
      { requests: { cpu: '10m', memory: '30Mi' }, limits: { memory: '60Mi' } },
    ],
  ])('%s', async (_, objects, spec, expected) => {
    expect(await resourcesOf(objects, spec)).toEqual(expected);
  });

  it('have another memory limit where the pod asks for it', async () => {
    expect(await resourcesOf([], {}, { 'proxy-memory-limit': '0.5Gi' })).toEqual({
      ...usual,
      limits: { memory: '512Mi' },
    });
  });
});

describe('a pod is refused', () => {
  it.each<[string, object[], Fields, Fields, string]>([
    [
      'where a container may have less than the proxy needs',
      [limitRange(container({ max: { memory: '32Mi' } }))],
      {},
      {},
      'MCP503: a LimitRange limits a container to 32Mi of memory, and the proxy needs 48Mi',
    ],
    [
      'where its containers leave too little of what a pod may have',
      [limitRange({ type: 'Pod', max: { memory: '1Gi' } })],
      { containers: app({ limits: { memory: '1000Mi' } }) },
      {},
      'MCP503: a LimitRange limits a pod to 1024Mi of memory, and the other containers leave less than the proxy needs (48Mi)',
    ],
    [
      'when it has too little as a whole',
      [],
      { resources: { limits: { memory: '16Mi' } } },
      {},
      'MCP503: spec.resources limits the pod to 16Mi of memory, and the proxy needs 48Mi',
    ],
    [
      'when it leaves less as a whole than a LimitRange demands',
      [limitRange(container({ min: { memory: '48Mi' } }))],
      { resources: { requests: { memory: '100Mi' } }, containers: app({ requests: { memory: '70Mi' } }) },
      {},
      'MCP503: the containers leave 30Mi of the memory that spec.resources of the pod requests, and a LimitRange requires more for the proxy',
    ],
    [
      'when it asks for a memory limit that is none',
      [],
      {},
      { 'proxy-memory-limit': 'much' },
      'MCP506: "much" is not a valid memory limit for the proxy',
    ],
    [
      'when it asks for more than anybody needs',
      [],
      {},
      { 'proxy-memory-limit': '8Gi' },
      'MCP506: "8Gi" is not a valid memory limit for the proxy',
    ],
  ])('%s', async (_, objects, spec, annotations, expected) => {
    const injection = await injectInto(podWith({ ...asks, ...annotations }, spec), [
      github,
      ...(objects as never[]),
    ]);
    expect(refusals(injection)).toEqual([expected]);
  });
});

describe('on OpenShift, which gives each namespace uids of its own,', () => {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team-a', annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000' } },
  };

  it('the proxy has no uid of ours, and is not root all the same', async () => {
    const pod = await stored(podWith(asks), [github, namespace]);
    expect(listAt(fieldsAt(pod, 'spec'), 'initContainers')[0]?.['securityContext']).toEqual({
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });
});
