import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { describedKinds } from '../../src/core/kinds/index.ts';
import { drainMs } from '../../src/commands/serve.ts';
import { maxTimeoutMs } from '../../src/server/review-handler.ts';

/** What good practice asks of webhooks and of those who run them, of the manifests that are installed. */

const kinds = describedKinds();

interface Entry {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string; readonly service: Readonly<Record<string, unknown>> };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly operations: readonly string[];
    readonly scope: string;
  }[];
  readonly namespaceSelector: unknown;
  readonly objectSelector?: {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly { readonly key: string; readonly operator: string }[];
  };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly [field: string]: unknown;
}
interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly webhooks?: readonly Entry[];
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Probe {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
  readonly terminationGracePeriodSeconds: number;
}
interface Container {
  readonly livenessProbe: Probe;
  readonly startupProbe: Probe;
}

const documents = ['namespace', 'webhooks', 'sallyport'].flatMap((file) =>
  parseAllDocuments(readFileSync(new URL(`../../manifests/base/${file}.yaml`, import.meta.url), 'utf8')).map(
    (document) => document.toJS() as Document,
  ),
);
const of = (kind: string) => documents.filter((one) => one.kind === kind);
const configurations = documents.filter(({ kind }) => kind.endsWith('WebhookConfiguration'));
const entries = configurations.flatMap(({ webhooks = [] }) => webhooks);

describe.each(entries.map((entry) => [entry.name, entry] as const))('the entry %s', (name, entry) => {
  it('[practice 6] [practice 13] [practice 16] [detail 5] answers quickly or not at all, without side effects, for the version that was written', () => {
    expect(entry).toMatchObject({
      timeoutSeconds: 3,
      sideEffects: 'None',
      matchPolicy: 'Equivalent',
      admissionReviewVersions: ['v1'],
    });
  });

  it("[practice 9] [practice 11] [practice 17] leaves the cluster's own namespaces and ours alone", () => {
    expect(entry.namespaceSelector).toEqual({
      matchExpressions: [
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['kube-system', 'kube-node-lease', 'sallyport-system'],
        },
      ],
    });
  });

  it('[practice 8] [practice 10] [detail 29] names what it is asked about: no wildcard, nothing without a namespace but such kinds, no subresource, never DELETE', () => {
    expect(JSON.stringify(entry.rules)).not.toMatch(/\*|\/status|DELETE|CONNECT/);
    for (const { scope, apiGroups, resources, operations } of entry.rules) {
      const without = kinds.filter(
        ({ group, plural, scope: one }) =>
          one === 'Cluster' && apiGroups.includes(group) && resources.includes(plural),
      );
      expect(scope).toBe(without.length > 0 ? 'Cluster' : 'Namespaced');
      expect(without).toHaveLength(scope === 'Cluster' ? resources.length : 0);
      // What the kubelet says of a pod is not ours to hear.
      if (resources.includes('pods')) expect(operations).toEqual(['CREATE']);
    }
    expect(JSON.stringify(entry.rules)).not.toMatch(/leases|events|nodes|reviews|admissionregistration/);
  });

  it('leaves out what is written into it later, so that nobody sees a difference', () => {
    expect(entry.clientConfig).toEqual({
      service: { namespace: 'sallyport-system', name: 'sallyport', port: 443 },
    });
  });

  it('[practice 12] is not asked about an update that changes nothing of ours', () => {
    const updates = entry.rules.some(({ operations }) => operations.includes('UPDATE'));
    const conditions = (entry.matchConditions ?? []).map(({ expression }) => expression).join('\n');
    if (updates) expect(conditions).toContain('oldObject');
  });

  it('[practice 18] [detail 28] may refuse only what is of MCP, asks for us or carries us', () => {
    if (entry['failurePolicy'] === 'Ignore') return;
    const mcp = entry.rules.every(({ apiGroups }) =>
      apiGroups.every((group) => !/^(?:|apps|batch|(?:.*\.)?k8s\.io)$/.test(group)),
    );
    const { matchLabels = {}, matchExpressions = [] } = entry.objectSelector ?? {};
    const required = matchExpressions.filter(({ operator }) => operator === 'Exists').map(({ key }) => key);
    const asks = [...Object.keys(matchLabels), ...required].some((key) => key.startsWith('sallyport.dev/'));
    const carries = (entry.matchConditions ?? []).some(({ expression }) =>
      /^oldObject\.[^|]*one\.name == 'sallyport-proxy'\)$/.test(expression.trim()),
    );
    expect([mcp, asks, carries]).toContain(true);
  });

  it('[practice 23] is asked again when another webhook changed something, where it changes things itself', () => {
    const mutates = of('MutatingWebhookConfiguration').some(({ webhooks }) => webhooks?.includes(entry));
    expect(entry['reinvocationPolicy']).toBe(mutates ? 'IfNeeded' : undefined);
  });

  it('[detail 41] has few conditions, none of which touches what may be missing', () => {
    const conditions = entry.matchConditions ?? [];
    expect(conditions.length).toBeLessThan(8);
    // Metadata and a template are always there; anything below them is asked for with `.?` or `?[`.
    for (const { expression } of conditions)
      for (const [touched] of expression.matchAll(/\b(?:object|oldObject)\.[\w.]+/g))
        expect(touched).toMatch(
          /^(?:object|oldObject)\.(?:metadata|spec\.template|spec\.template\.spec)\.?$/,
        );
  });

  it('fails open where nobody asked for it, and closed everywhere else', () => {
    expect(entry['failurePolicy']).toBe(
      name === 'inject-operator-workloads.sallyport.dev' ? 'Ignore' : 'Fail',
    );
  });
});

it('[practice 3] there is one configuration of each sort', () => {
  expect(configurations.map(({ kind }) => kind).toSorted()).toEqual([
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
  ]);
});

describe('labelled pods', () => {
  const [injects, checks] = ['inject', 'check'].map((what) =>
    entries.find(({ name }) => name === `${what}-labelled-pods.sallyport.dev`),
  );

  it('[practice 19] are looked at again when every webhook had its turn, under the same selectors', () => {
    expect(checks?.objectSelector).toEqual({ matchLabels: { 'sallyport.dev/inject': 'true' } });
    for (const field of ['objectSelector', 'namespaceSelector', 'matchConditions', 'rules', 'failurePolicy'])
      expect(checks?.[field]).toEqual(injects?.[field]);
  });

  it('[practice 22] that mirror a static pod are nobody to change: the kubelet runs what its file says', () => {
    expect(injects?.matchConditions).toContainEqual({
      name: 'mirrors-no-static-pod',
      expression: "!('kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({}))",
    });
  });
});

it('[practice 21] nothing that Sallyport makes is of a kind that is matched', () => {
  const matched = entries.flatMap(({ rules }) => rules.flatMap(({ resources }) => resources));
  expect(matched.filter((one) => ['secrets', 'leases', 'events'].includes(one))).toEqual([]);
});

it('Azure leaves the webhook configurations as they are', () => {
  expect(configurations).toHaveLength(2);
  for (const { metadata } of configurations)
    expect(metadata.annotations).toEqual({ 'admissions.enforcer/disabled': 'true' });
});

it('nothing that is installed has a finalizer, a hook of Helm, or a certificate', () => {
  // As keys: a policy's expression and message name these fields.
  expect(JSON.stringify(documents)).not.toMatch(/"finalizers"|helm\.sh\/hook|BEGIN CERTIFICATE|"caBundle"/);
});

describe('who reviews', () => {
  it('[practice 7] is there twice, on two nodes where there are two, and a drain leaves one', () => {
    const [deployment] = of('Deployment').filter(({ metadata }) => metadata.name === 'sallyport');
    expect(deployment?.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: {
        spec: {
          topologySpreadConstraints: [
            { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
          ],
        },
      },
    });
    expect(of('PodDisruptionBudget').map(({ spec }) => spec)).toMatchObject([
      { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    ]);
  });

  it('may be called at its port, and the certificate controller for its metrics alone', () => {
    const rules = Object.fromEntries(of('NetworkPolicy').map(({ metadata, spec }) => [metadata.name, spec]));
    expect(rules['sallyport']).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 'https' }] }],
    });
    expect(rules['sallyport-certificates']).toMatchObject({ policyTypes: ['Ingress'] });
    expect(rules['sallyport-certificates']).toHaveProperty('ingress', [
      { ports: [{ port: 'probes', protocol: 'TCP' }] },
    ]);
  });

  it('is restarted within 10 s after its event loop blocked, and not for a single slow answer', () => {
    const [deployment] = of('Deployment').filter(({ metadata }) => metadata.name === 'sallyport');
    const spec = deployment?.spec as { template: { spec: { containers: Container[] } } } | undefined;
    const container = spec?.template.spec.containers[0];
    const { periodSeconds, timeoutSeconds, failureThreshold, terminationGracePeriodSeconds } =
      container?.livenessProbe ?? ({} as Probe);
    // The loop blocks right after a probe that was answered; a blocked process does not handle SIGTERM.
    expect(periodSeconds * failureThreshold + timeoutSeconds + terminationGracePeriodSeconds).toBeLessThan(
      10,
    );
    expect(failureThreshold).toBeGreaterThanOrEqual(3);
    expect(timeoutSeconds).toBeGreaterThanOrEqual(2);
    // Its start may take as long as it ever could.
    const { periodSeconds: every, failureThreshold: times } = container?.startupProbe ?? ({} as Probe);
    expect(every * times).toBeGreaterThanOrEqual(60);
  });

  it('asked to stop, has time to answer what it was asked until everybody knew', () => {
    const [deployment] = of('Deployment').filter(({ metadata }) => metadata.name === 'sallyport');
    const pod = deployment?.spec as
      { template: { spec: { terminationGracePeriodSeconds: number } } } | undefined;
    expect((pod?.template.spec.terminationGracePeriodSeconds ?? 0) * 1000).toBeGreaterThan(
      drainMs + maxTimeoutMs,
    );
  });

  it('runs under the restricted profile, in a namespace that demands it', () => {
    expect(of('Namespace')).toMatchObject([
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    ]);
    for (const { spec } of of('Deployment'))
      expect(spec).toMatchObject({
        template: {
          spec: {
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
              },
            ],
          },
        },
      });
  });
});
