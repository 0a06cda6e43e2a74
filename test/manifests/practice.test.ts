import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

/** What good practice asks of webhooks and of those who run them, of the manifests that are installed. */

interface Entry {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string; readonly service: Readonly<Record<string, unknown>> };
  readonly rules: readonly { readonly operations: readonly string[]; readonly scope: string }[];
  readonly namespaceSelector: unknown;
  readonly [field: string]: unknown;
}
interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly webhooks?: readonly Entry[];
  readonly spec?: Readonly<Record<string, unknown>>;
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
  it('answers quickly or not at all, without side effects, for the version that was written', () => {
    expect(entry).toMatchObject({
      timeoutSeconds: 3,
      sideEffects: 'None',
      matchPolicy: 'Equivalent',
      admissionReviewVersions: ['v1'],
    });
  });

  it("leaves the cluster's own namespaces and ours alone", () => {
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

  it('names what it is asked about: no wildcard, nothing without a namespace, no subresource, never DELETE', () => {
    expect(JSON.stringify(entry.rules)).not.toMatch(/\*|\/status|DELETE|CONNECT/);
    for (const { scope } of entry.rules) expect(scope).toBe('Namespaced');
  });

  it('leaves out what is written into it later, so that nobody sees a difference', () => {
    expect(entry.clientConfig).toEqual({
      service: { namespace: 'sallyport-system', name: 'sallyport', port: 443 },
    });
  });

  it('fails open where nobody asked for it, and closed everywhere else', () => {
    expect(entry['failurePolicy']).toBe(
      name === 'inject-operator-workloads.sallyport.dev' ? 'Ignore' : 'Fail',
    );
  });
});

it('Azure leaves the webhook configurations as they are', () => {
  expect(configurations).toHaveLength(2);
  for (const { metadata } of configurations)
    expect(metadata.annotations).toEqual({ 'admissions.enforcer/disabled': 'true' });
});

it('nothing that is installed has a finalizer, a hook of Helm, or a certificate', () => {
  expect(JSON.stringify(documents)).not.toMatch(/finalizers|helm\.sh\/hook|BEGIN CERTIFICATE|caBundle/);
});

describe('who reviews', () => {
  it('is there twice, on two nodes where there are two, and a drain leaves one', () => {
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

  it('may be called at its port, and whoever keeps the certificates not at all', () => {
    const rules = Object.fromEntries(of('NetworkPolicy').map(({ metadata, spec }) => [metadata.name, spec]));
    expect(rules['sallyport']).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 'https' }] }],
    });
    expect(rules['sallyport-certificates']).toMatchObject({ policyTypes: ['Ingress'] });
    expect(rules['sallyport-certificates']).not.toHaveProperty('ingress');
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
