import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, podTemplate, secret, serverEntry, testNamespace } from './objects.ts';

/** Every workload that makes pods, and what a namespace may demand of them. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('workloads');
const narrow = testNamespace('narrow');
const servers = 'mcpserverentry/github';

beforeAll(() =>
  kubectl.apply(
    ...[ns, narrow].flatMap((where) => [
      namespace(where, { 'pod-security.kubernetes.io/enforce': 'restricted' }),
      secret(where, 'token', { token: 'Bearer abc' }),
      serverEntry(where, 'github', fromSecret('token', 'token')),
    ]),
  ),
);
afterAll(() => kubectl.run(['delete', 'namespace', ns, narrow, '--wait=false']));

const template = podTemplate({ servers });
const once = podTemplate({
  servers,
  command: ['sh', '-c', 'test -n "$SALLYPORT_URL_GITHUB"'],
  restartPolicy: 'Never',
});
const named = (name: string) => ({
  metadata: { ...template.metadata, labels: { ...template.metadata.labels, app: name } },
});
const selected = (name: string) => ({
  selector: { matchLabels: { app: name } },
  template: { ...template, ...named(name) },
});
const apps = (kind: string, name: string, spec: Manifest): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { namespace: ns, name },
  spec,
});

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly initContainers?: readonly Manifest[] };
    readonly status: { readonly qosClass: string };
  }[];
}
const podsOf = (where: string, label: string) =>
  kubectl
    .run(['get', '-n', where, 'pods', '-l', label, '-o', 'json'])
    .then((text) => (JSON.parse(text) as Pods).items);

describe('the pods of', () => {
  it('a Deployment, a StatefulSet and a DaemonSet are injected and become ready', async () => {
    await kubectl.apply(
      apps('Deployment', 'deployment', { replicas: 2, ...selected('deployment') }),
      apps('StatefulSet', 'stateful', {
        serviceName: 'none',
        ordinals: { start: 5 },
        ...selected('stateful'),
      }),
      apps('DaemonSet', 'daemon', selected('daemon')),
    );
    for (const what of ['deployment/deployment', 'statefulset/stateful', 'daemonset/daemon'])
      await kubectl.run(['rollout', 'status', '-n', ns, what, '--timeout=90s']);
    for (const [name, count] of [
      ['deployment', 2],
      ['stateful', 1],
      ['daemon', 1],
    ] as const) {
      const pods = await podsOf(ns, `app=${name}`);
      expect(pods.map(({ spec }) => spec.initContainers?.[0]?.['name'])).toEqual(
        Array.from({ length: count }, () => 'sallyport-proxy'),
      );
    }
    expect((await podsOf(ns, 'app=stateful')).map(({ metadata }) => metadata.name)).toEqual(['stateful-5']);
  }, 150_000);

  it('a CronJob complete', async () => {
    await kubectl.apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { namespace: ns, name: 'nightly' },
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: { backoffLimit: 0, template: once } } },
    });
    await kubectl.run(['create', 'job', '-n', ns, 'tonight', '--from=cronjob/nightly']);
    await kubectl.wait(ns, 'job/tonight', 'condition=Complete', 60);
  }, 90_000);

  it('a Deployment follow it forth and back', async () => {
    const env = (value: string) => ['set', 'env', '-n', ns, 'deployment/deployment', `ROUND=${value}`];
    const rolled = () =>
      kubectl.run(['rollout', 'status', '-n', ns, 'deployment/deployment', '--timeout=90s']);
    await kubectl.run(env('two'));
    await rolled();
    await kubectl.run(['rollout', 'undo', '-n', ns, 'deployment/deployment']);
    await rolled();
    const templateNow = await kubectl.run([
      'get',
      '-n',
      ns,
      'deployment/deployment',
      '-o',
      'jsonpath={.spec.template}',
    ]);
    // What a person wrote is what is stored: only pods are injected.
    expect(templateNow).not.toContain('sallyport-proxy');
  }, 150_000);
});

describe('a pod with pod-level resources', () => {
  // As in Kubernetes' own documentation: one container with resources, one without.
  const [container] = template.spec.containers;
  // Little of it, so that a node of two CPUs has room for both pods.
  const shared = { limits: { cpu: '200m', memory: '200Mi' }, requests: { cpu: '200m', memory: '100Mi' } };
  const own = { limits: { cpu: '100m', memory: '100Mi' }, requests: { cpu: '100m', memory: '50Mi' } };
  it.each([
    ['that its containers do not use up', 'pod-level', own, '48Mi'],
    [
      'that its containers use up',
      'pod-level-full',
      { ...own, requests: { cpu: '200m', memory: '100Mi' } },
      '0',
    ],
  ])(
    '%s is valid and runs',
    async (_, name, resources, memory) => {
      const limits = { ...own.limits, cpu: '200m' };
      await kubectl.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...template.metadata,
          namespace: ns,
          name,
          labels: { ...template.metadata.labels, app: name },
        },
        spec: {
          ...template.spec,
          resources: shared,
          containers: [
            { ...container, resources: { ...resources, limits } },
            { ...container, name: 'other' },
          ],
        },
      });
      await kubectl.wait(ns, `pod/${name}`, 'condition=Ready');
      const [only] = await podsOf(ns, `app=${name}`);
      expect(only?.spec.initContainers?.[0]?.['resources']).toMatchObject({ requests: { memory } });
    },
    90_000,
  );
});

describe('in a namespace that demands something of its pods', () => {
  const runs = async (name: string, resources: Manifest) => {
    const [container] = template.spec.containers;
    await kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...template.metadata,
        namespace: narrow,
        name,
        labels: { ...template.metadata.labels, app: name },
      },
      spec: { ...template.spec, containers: [{ ...container, resources }] },
    });
    await kubectl.wait(narrow, `pod/${name}`, 'condition=Ready');
    const [only] = await podsOf(narrow, `app=${name}`);
    return { qos: only?.status.qosClass, resources: only?.spec.initContainers?.[0]?.['resources'] };
  };

  it('the proxy fits its LimitRange and the quota that counts limits', async () => {
    await kubectl.apply(
      {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { namespace: narrow, name: 'limits' },
        spec: {
          limits: [
            {
              type: 'Container',
              min: { cpu: '20m', memory: '16Mi' },
              max: { cpu: '200m', memory: '96Mi' },
              maxLimitRequestRatio: { cpu: '4' },
            },
          ],
        },
      },
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { namespace: narrow, name: 'quota' },
        spec: { hard: { 'limits.cpu': '2', 'limits.memory': '1Gi', 'requests.cpu': '1' } },
      },
    );
    const few = { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
    expect(await runs('burstable', few)).toEqual({
      qos: 'Burstable',
      resources: { requests: { cpu: '25m', memory: '48Mi' }, limits: { cpu: '100m', memory: '96Mi' } },
    });
  }, 90_000);

  it('a Guaranteed pod stays Guaranteed', async () => {
    const all = { cpu: '100m', memory: '64Mi' };
    expect(await runs('guaranteed', { requests: all, limits: all })).toEqual({
      qos: 'Guaranteed',
      resources: {
        requests: { cpu: '100m', memory: '96Mi' },
        limits: { cpu: '100m', memory: '96Mi' },
      },
    });
  }, 90_000);

  it('a pod for which there is no room hears it from us, with what to do', async () => {
    await kubectl.apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { namespace: narrow, name: 'narrower' },
      spec: { limits: [{ type: 'Container', max: { memory: '40Mi' } }] },
    });
    // What the namespace demanded is remembered for ten seconds.
    await expect
      .poll(
        () =>
          kubectl
            .tryApply(
              [
                {
                  apiVersion: 'v1',
                  kind: 'Pod',
                  metadata: { ...template.metadata, namespace: narrow, name: 'no-room' },
                  spec: template.spec,
                },
              ],
              '--dry-run=server',
            )
            .then(({ stderr }) => stderr),
        { timeout: 30_000, interval: 2_000 },
      )
      .toContain(
        '[MCP503] spec: a LimitRange limits a container to 40Mi of memory, and the proxy needs 48Mi',
      );
  }, 60_000);
});
