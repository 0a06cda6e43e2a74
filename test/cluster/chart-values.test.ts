import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../src/core/version.ts';
import { chartRenderer, named, podsOf } from './chart-objects.ts';
import { chart } from './helm.ts';
import { attempt } from './processes.ts';

/** What each value of the chart does to the objects, rendered by Helm. No cluster takes part. */

const { helm, valuesFile, template, rendered } = chartRenderer();
const everything = {
  certManager: { enabled: true },
  floor: { enabled: true },
  monitoring: { enabled: true, serviceMonitor: { enabled: true } },
  namespaces: ['team-a'],
};

describe('labels', () => {
  it('of every object are the standard ones of Kubernetes and Helm', async () => {
    const documents = await rendered(everything);
    const kinds = new Set(documents.map(({ kind }) => kind));
    for (const kind of [
      'PrometheusRule',
      'Certificate',
      'Namespace',
      'ServiceMonitor',
      'ValidatingAdmissionPolicy',
    ])
      expect(kinds).toContain(kind);
    for (const { kind, metadata } of documents) {
      const {
        [`app.kubernetes.io/component`]: component,
        'app.kubernetes.io/name': name,
        ...labels
      } = metadata.labels ?? {};
      expect(name, `${kind} ${metadata.name}`).toMatch(/^sallyport/);
      expect(component, `${kind} ${metadata.name}`).toMatch(/^[a-z-]+$/);
      expect(labels, `${kind} ${metadata.name}`).toMatchObject({
        'app.kubernetes.io/instance': 'guard',
        'app.kubernetes.io/version': version,
        'app.kubernetes.io/part-of': 'sallyport',
        'app.kubernetes.io/managed-by': 'Helm',
        'helm.sh/chart': `sallyport-${version}`,
      });
    }
  });

  it('that select the pods of a Deployment are those of 0.1.0, because they cannot change', async () => {
    const deployments = (await rendered({})).filter(({ kind }) => kind === 'Deployment');
    const selectors = deployments.map(({ metadata, spec }) => [metadata.name, spec?.['selector']]);
    expect(Object.fromEntries(selectors)).toEqual({
      sallyport: { matchLabels: { 'app.kubernetes.io/name': 'sallyport' } },
      'sallyport-certificates': { matchLabels: { 'app.kubernetes.io/name': 'sallyport-certificates' } },
      'sallyport-watcher': { matchLabels: { 'app.kubernetes.io/name': 'sallyport-watcher' } },
    });
  });

  it('of pods do not change with the chart alone, so that no pod is replaced for it', async () => {
    for (const [name, { metadata }] of podsOf(await rendered({})))
      if (name !== 'sallyport-test') expect(metadata.labels).not.toHaveProperty('helm.sh/chart');
  });
});

describe("a team's own kinds", () => {
  const kind = (plural: string, more: object) => ({
    family: 'ours',
    group: 'tools.example.com',
    kind: plural,
    plural,
    versions: ['v2', 'v1'],
    servers: { url: '$.spec.url' },
    ...more,
  });
  const kinds = [
    kind('toolboxes', {}),
    kind('gateways', {
      scope: 'Cluster',
      operatorNamespace: 'tools-system',
      servers: [{ url: '$.spec.url' }],
    }),
  ];

  it('are in the rules of the webhook and in the roles', async () => {
    const documents = await rendered({ config: { kinds } });
    const webhook = named(documents, 'ValidatingWebhookConfiguration', 'sallyport') as unknown as {
      readonly webhooks: readonly { readonly rules: readonly object[] }[];
    };
    const rule = (plural: string, scope: string) => ({
      apiGroups: ['tools.example.com'],
      apiVersions: ['v2', 'v1'],
      resources: [plural],
      operations: ['CREATE', 'UPDATE'],
      scope,
    });
    expect(webhook.webhooks[0]?.rules.slice(-2)).toEqual([
      rule('toolboxes', 'Namespaced'),
      rule('gateways', 'Cluster'),
    ]);
    for (const [role, verbs] of [
      ['sallyport-admission', ['get', 'list', 'watch']],
      ['sallyport-watcher', ['get']],
    ] as const)
      expect(
        (named(documents, 'ClusterRole', role) as unknown as { readonly rules: readonly object[] }).rules,
      ).toContainEqual({ apiGroups: ['tools.example.com'], resources: ['toolboxes'], verbs });
  });
});

describe('images', () => {
  it.each([
    [{}, `sallyport:${version}`, `sallyport-proxy:${version}`],
    [
      { registry: 'example.com/team/' },
      `example.com/team/sallyport:${version}`,
      `example.com/team/sallyport-proxy:${version}`,
    ],
    [
      { registry: 'example.com', server: 'other.example/s@sha256:ab' },
      'other.example/s@sha256:ab',
      `example.com/sallyport-proxy:${version}`,
    ],
  ])('%j are %s and %s', async (images, server, proxy) => {
    const documents = await rendered({ images });
    const pods = [...podsOf(documents).values()];
    expect(pods).toHaveLength(4);
    for (const { spec } of pods) expect(spec.containers.map(({ image }) => image)).toEqual([server]);
    expect(named(documents, 'ConfigMap', 'sallyport')?.data?.['config.yaml']).toContain(`image: ${proxy}\n`);
  });
});

describe('pods', () => {
  const placement = {
    nodeSelector: { pool: 'system' },
    tolerations: [{ key: 'system', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'system-cluster-critical',
  };

  it('are placed as the values say, with their annotations and labels', async () => {
    const pods = podsOf(
      await rendered({
        ...placement,
        images: { pullSecrets: ['ours'] },
        podAnnotations: { 'example.com/scrape': 'no' },
        podLabels: { team: 'platform', 'app.kubernetes.io/name': 'other' },
      }),
    );
    expect([...pods.keys()]).toEqual([
      'sallyport',
      'sallyport-certificates',
      'sallyport-watcher',
      'sallyport-test',
    ]);
    for (const [name, { metadata, spec }] of pods) {
      expect(spec, name).toMatchObject({ ...placement, imagePullSecrets: [{ name: 'ours' }] });
      expect(metadata.annotations).toMatchObject({ 'example.com/scrape': 'no' });
      expect(metadata.labels?.['app.kubernetes.io/name']).toBe(name);
      if (name !== 'sallyport-test') expect(metadata.labels).toMatchObject({ team: 'platform' });
    }
  });

  it('get the log level and the extra variables, in every container', async () => {
    const extraEnv = [{ name: 'TZ', value: 'UTC' }];
    const pods = podsOf(await rendered({ logLevel: 'warn', extraEnv }));
    for (const name of ['sallyport', 'sallyport-certificates', 'sallyport-watcher'])
      for (const { env } of pods.get(name)?.spec.containers ?? [])
        expect(env).toEqual(
          expect.arrayContaining([{ name: 'SALLYPORT_LOG_LEVEL', value: 'warn' }, ...extraEnv]),
        );
  });

  it('of the webhook server follow the spread constraints, which count the replicas', async () => {
    const own = {
      maxSkew: 2,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
    };
    const { spec } = podsOf(await rendered({ topologySpreadConstraints: [own] })).get('sallyport') ?? {};
    expect(spec?.['topologySpreadConstraints']).toEqual([
      { ...own, labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'sallyport' } } },
    ]);
  });

  it('of the webhook server, and no others, use the port of the host if the control plane cannot reach pods', async () => {
    const documents = await rendered({ hostNetwork: { enabled: true }, webhook: { port: 9443 } });
    const pods = podsOf(documents);
    const { spec } = pods.get('sallyport') ?? {};
    expect(spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    expect(spec?.containers[0]?.ports).toEqual([{ name: 'https', containerPort: 9443 }]);
    expect(spec?.containers[0]?.args).toContain('--port=9443');
    for (const [name, one] of pods)
      if (name !== 'sallyport') expect(one.spec).not.toHaveProperty('hostNetwork');
    // Each node has the port once, so a third replica could not start where there are two nodes.
    expect(named(documents, 'Deployment', 'sallyport')?.spec?.['strategy']).toEqual({
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
  });
});

describe('webhooks', () => {
  it('wait as long as the values say', async () => {
    const documents = await rendered({ webhook: { timeoutSeconds: 10 } });
    const waits = documents.flatMap(({ webhooks = [] }) =>
      webhooks.map(({ timeoutSeconds }) => timeoutSeconds),
    );
    expect(waits.length).toBeGreaterThan(5);
    expect(new Set(waits)).toEqual(new Set([10]));
  });

  it('and the floor leave excluded namespaces alone, and the guard does not', async () => {
    const documents = await rendered({
      floor: { enabled: true },
      webhook: { excludedNamespaces: ['sandbox', 'ci'] },
    });
    const values = ['kube-system', 'kube-node-lease', 'mcp', 'sandbox', 'ci'];
    const selector = {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }],
    };
    const entries = documents.flatMap(({ webhooks = [] }) => webhooks);
    for (const { name, namespaceSelector } of entries) expect(namespaceSelector, name).toEqual(selector);
    const policies = documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    const floor = policies.filter(({ metadata }) => metadata.name.startsWith('sallyport-floor-'));
    expect(floor.length).toBeGreaterThan(20);
    for (const { spec } of floor)
      expect(spec).toMatchObject({ matchConstraints: { namespaceSelector: selector } });
    expect(JSON.stringify(named(policies, 'ValidatingAdmissionPolicy', 'sallyport-guard'))).not.toContain(
      'sandbox',
    );
  });
});

describe('helm lint --strict', () => {
  it.each([
    ['the defaults', []],
    ['the production values', ['-f', path.join(chart, 'values-production.yaml')]],
    ['everything', ['-f', '']],
  ])('accepts %s', async (_, args) => {
    const given = args.map((arg) => (arg === '' ? valuesFile(everything) : arg));
    const { code, stdout, stderr } = await attempt(helm(), [
      'lint',
      '--strict',
      chart,
      '--kube-version=1.30.0',
      ...given,
    ]);
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 chart(s) failed'),
    });
    expect(stdout).not.toMatch(/\[(?:INFO|WARNING|ERROR)\]/);
  });
});

describe('values that Helm rejects', () => {
  it.each([
    [
      { extraEnv: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] },
      'extraEnv.0.valueFrom',
    ],
    [{ extraEnv: [{ name: 'POD_NAME', value: 'x' }] }, 'extraEnv.0.name'],
    [{ webhook: { timeoutSeconds: 31 } }, 'webhook.timeoutSeconds'],
    [{ webhook: { port: 443 } }, 'webhook.port'],
    [{ webhook: { excludedNamespaces: ['Team_A'] } }, 'webhook.excludedNamespaces.0'],
    [{ logLevel: 'verbose' }, 'logLevel'],
    [
      { monitoring: { prometheusRule: { runbookBaseURL: 'wiki' } } },
      'monitoring.prometheusRule.runbookBaseURL',
    ],
    [{ config: { modes: { rules: { MCP999: 'warn' } } } }, 'config.modes.rules'],
    [{ config: { modes: { rules: { MCP999: 'warn' } } } }, 'MCP999'],
    [
      { config: { modes: { writers: [{ username: 'a', rules: { MCP101: 'wran' } }] } } },
      'config.modes.writers.0.rules.MCP101',
    ],
    [{ test: { namespace: 'kube-system' } }, 'test.namespace'],
  ])('%j name the value at %s', async (values, place) => {
    const { code, stderr } = await attempt(helm(), template(values));
    expect(code).toBe(1);
    // Versions of Helm separate the parts with dots or slashes.
    expect(stderr.replaceAll('/', '.')).toContain(place);
  });
});
