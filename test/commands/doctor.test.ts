import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createAuthority } from '../../src/certs/issue.ts';
import { floor } from '../../src/core/floor/index.ts';
import { grantedRights } from '../../src/core/service-accounts.ts';
import { webhookEntries } from '../../src/core/webhook-entries.ts';
import { sendChunked, type Review } from '../support/api-server.ts';
import { readRepositoryFile } from '../support/generated-files.ts';
import { startObjectApi, type AskedRight } from '../support/object-api.ts';
import { runSallyport } from '../support/terminal.ts';
import { configurationWith } from '../support/webhook.ts';

/** `sallyport doctor` on an installation from the manifests in which one thing is wrong. */

afterEach(() => {
  vi.unstubAllEnvs();
});

type Json = Record<string, unknown>;
interface Entry extends Json {
  name: string;
  clientConfig: { caBundle?: string; service: { path?: string } };
  failurePolicy: string;
}
interface Installed extends Json {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  /** Of a webhook configuration. */
  webhooks?: Entry[];
  spec: Json;
  status: Json;
}
interface Cluster {
  objects: Installed[];
  version: string;
  /** What the API server sends to a dry run, by the resource. */
  dryRuns: Record<string, { code: number; message?: string; warning?: string }>;
  permits: (right: AskedRight) => boolean;
  allows: (review: Review) => boolean;
  /** The status of the list of API groups. */
  groups: number;
  /** Whether the caller may ask for the rights of others. */
  mayAsk: boolean;
}

const authority = createAuthority('a CA');
const expired = createAuthority('an expired CA', { now: Date.parse('2020-01-01'), lifeMs: 60_000 });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const system = 'sallyport-system';

const manifest = (file: string): Installed[] =>
  parseAllDocuments(readRepositoryFile(`manifests/base/${file}`)).flatMap((document) => {
    const object = document.toJS() as Installed | null;
    return object ? [object] : [];
  });

/** An installation in which nothing is wrong. */
async function healthy(): Promise<Cluster> {
  const caBundle = base64((await authority).certificate);
  const objects = [...manifest('webhooks.yaml'), ...manifest('sallyport.yaml')];
  for (const { webhooks = [] } of objects)
    for (const { name, clientConfig } of webhooks) {
      clientConfig.caBundle = caBundle;
      clientConfig.service.path = `/${'0'.repeat(32)}/${webhookEntries[name]}`;
    }
  for (const one of objects)
    if (one.kind === 'Deployment') one.status = { readyReplicas: one.spec['replicas'] };
  const named = (name: string) =>
    ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    }) as unknown as Installed;
  const denied = { code: 403, message: 'admission webhook denied the request: [MCP404] the URL is not one' };
  return {
    objects: [...objects, ...[system, 'kube-system', 'kube-node-lease', 'team-a'].map(named)],
    version: 'v1.34.4',
    dryRuns: { configmaps: denied, pods: denied },
    permits: () => true,
    allows: () => true,
    groups: 200,
    mayAsk: true,
  };
}

interface Examined {
  readonly code: number;
  /** Sign, name and text of each line, and the fix below it. */
  readonly lines: readonly string[];
}

async function doctor(change: (cluster: Cluster) => void = () => undefined): Promise<Examined> {
  const cluster = await healthy();
  change(cluster);
  const api = await startObjectApi(cluster.objects, {
    permits: cluster.permits,
    allows: cluster.allows,
    other(path, res) {
      const dryRun = cluster.dryRuns[/^\/api\/v1\/namespaces\/default\/(\w+)$/.exec(path)?.[1] ?? ''];
      if (path.endsWith('/subjectaccessreviews') && !cluster.mayAsk)
        sendChunked(res, 403, { kind: 'Status' });
      else if (path === '/version') sendChunked(res, 200, { gitVersion: cluster.version });
      else if (path === '/apis') sendChunked(res, cluster.groups, { kind: 'APIGroupList', groups: [] });
      else if (res.req.method === 'POST' && dryRun) {
        if (dryRun.warning !== undefined) res.setHeader('warning', `299 - "${dryRun.warning}"`);
        sendChunked(res, dryRun.code, { kind: 'Status', message: dryRun.message });
      } else return false;
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const { code, out } = await runSallyport(['doctor', '--context', 'test']);
  const lines = out
    .trimEnd()
    .replaceAll(/\n {16}Fix: /g, ' Fix: ')
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' '));
  return { code, lines };
}

let ofHealthy: readonly string[] | undefined;

/** The lines that differ from those of an installation in which nothing is wrong. */
async function changed(change: (cluster: Cluster) => void): Promise<Examined> {
  ofHealthy ??= (await doctor()).lines;
  const known = new Set(ofHealthy);
  const { code, lines } = await doctor(change);
  return { code, lines: lines.filter((line) => !known.has(line)) };
}

const find = ({ objects }: Cluster, kind: string, name: string): Installed => {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
};
const without = (cluster: Cluster, kind: string, name: string) =>
  void cluster.objects.splice(cluster.objects.indexOf(find(cluster, kind, name)), 1);
const entry = ({ objects }: Cluster, name: string): Entry => {
  const found = objects.flatMap((one) => one.webhooks ?? []).find((one) => one.name === name);
  if (!found) throw new Error(`no entry ${name}`);
  return found;
};
const entries = (cluster: Cluster) => cluster.objects.flatMap((one) => one.webhooks ?? []);
const deployment = (cluster: Cluster, name: string) => find(cluster, 'Deployment', name);
const mutating = 'inject-labelled-pods.sallyport.dev';
const validating = 'validate-mcp-resources.sallyport.dev';
const configMap = (cluster: Cluster, text: string) => {
  find(cluster, 'ConfigMap', 'sallyport')['data'] = { 'config.yaml': text };
};
const settings = (more: object) =>
  JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...more });
const labelled = (namespace: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent', namespace, labels: { 'sallyport.dev/inject': 'true' } },
  }) as unknown as Installed;
const failsOpen = (cluster: Cluster) => {
  for (const one of cluster.objects)
    if (one.webhooks) one.metadata.annotations = { 'sallyport.dev/fail-open': 'resources' };
  for (const name of [validating, 'validate-server-configmaps.sallyport.dev'])
    entry(cluster, name).failurePolicy = 'Ignore';
};
const refusing = (resource: string) => (cluster: Cluster) => {
  cluster.permits = (right) => right.resource !== resource;
};
const says =
  (message: string, resource = 'pods', code = 500) =>
  ({ dryRuns }: Cluster) => {
    dryRuns[resource] = { code, message };
  };
const calling = `Internal error occurred: failed calling webhook "${mutating}": failed to call webhook: `;

/** The right to read Secrets, which a platform may grant namespace by namespace. */
const secretRight = grantedRights.find(
  ({ resource, verb, own }) => resource === 'secrets' && verb === 'get' && !own,
);

/** The policies of the floor as `sallyport floor` prints them. */
const floorOf = (more: object = {}): Installed[] =>
  floor(configurationWith(more), system) as unknown as Installed[];

describe('an installation from the manifests', () => {
  it('has nothing wrong, and each check has its line', async () => {
    const { code, lines } = await doctor();
    expect(code).toBe(0);
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual(['? certificate no replica is ready']);
    const names = lines.map((line) => /^\S+ (\S+)/.exec(line)?.[1] ?? '');
    expect([...new Set(names)]).toEqual(
      'kubernetes config rights replicas entries kinds coverage bundle certificate namespaces floor answers guard'.split(
        ' ',
      ),
    );
  });
});

describe('what is wrong', () => {
  it.each<[string, (cluster: Cluster) => void, string]>([
    [
      'Kubernetes is older than native sidecars',
      (cluster) => (cluster.version = 'v1.29.9'),
      'NO kubernetes v1.29.9 is older than 1.30 Fix: upgrade to Kubernetes 1.30 or newer',
    ],
    [
      'the configuration is not YAML',
      (cluster) => configMap(cluster, 'a: [1'),
      'NO config config.yaml is not valid YAML',
    ],
    [
      'the configuration has an unknown setting',
      (cluster) => configMap(cluster, settings({ mode: {} })),
      'NO config ',
    ],
    [
      'a right is missing',
      (cluster) => {
        cluster.allows = ({ spec: { resourceAttributes } }) =>
          resourceAttributes.resource !== 'secrets' || resourceAttributes.verb !== 'get';
      },
      'NO rights the service account may not get secrets',
    ],
    [
      'the webhook is not installed here',
      (cluster) => without(cluster, 'Deployment', 'sallyport'),
      'NO replicas there is no Deployment sallyport in namespace sallyport-system Fix: install it: docs/install.md, or say where it is with -n',
    ],
    [
      'the webhook is scaled to 0',
      (cluster) => (deployment(cluster, 'sallyport').spec['replicas'] = 0),
      'NO replicas sallyport is scaled to 0 Fix: kubectl -n sallyport-system scale deployment/sallyport --replicas=2',
    ],
    [
      'the watcher is scaled to 0',
      (cluster) => (deployment(cluster, 'sallyport-watcher').spec['replicas'] = 0),
      'NO replicas sallyport-watcher is scaled to 0 Fix: kubectl -n sallyport-system scale deployment/sallyport-watcher --replicas=1',
    ],
    [
      'one of two replicas is ready',
      (cluster) => (deployment(cluster, 'sallyport').status['readyReplicas'] = 1),
      'NO replicas 1 of 2 of sallyport are ready Fix: see why: kubectl -n sallyport-system describe pods -l app.kubernetes.io/name=sallyport, and their log',
    ],
    [
      'no replica is ready',
      (cluster) => (deployment(cluster, 'sallyport').status = {}),
      'NO replicas 0 of 2 of sallyport are ready',
    ],
    [
      'an entry is not installed',
      (cluster) => {
        const found = find(cluster, 'MutatingWebhookConfiguration', 'sallyport');
        found.webhooks = found.webhooks?.filter(({ name }) => name !== mutating) ?? [];
      },
      `NO entries webhook entries are not installed, so the API server does not call them: ${mutating} Fix: install the release again: docs/install.md`,
    ],
    [
      'an entry admits while no webhook responds, which the release did not choose',
      (cluster) => (entry(cluster, mutating).failurePolicy = 'Ignore'),
      `NO entries ${mutating} has failurePolicy Ignore instead of Fail`,
    ],
    [
      'an entry denies while no webhook responds, against the choice of the release',
      (cluster) => {
        failsOpen(cluster);
        cluster.objects.push(...floorOf());
        entry(cluster, validating).failurePolicy = 'Fail';
      },
      `NO entries ${validating} has failurePolicy Fail instead of Ignore`,
    ],
    [
      'an operator entry denies while no webhook responds, which no release chooses',
      (cluster) => (entry(cluster, 'inject-operator-workloads.sallyport.dev').failurePolicy = 'Fail'),
      'NO entries inject-operator-workloads.sallyport.dev has failurePolicy Fail instead of Ignore',
    ],
    [
      'an entry has no CA bundle',
      (cluster) => delete entry(cluster, mutating).clientConfig.caBundle,
      `NO bundle ${mutating}: no CA bundle is written Fix: Sallyport writes both within seconds; if it does not, read the log: kubectl -n sallyport-system logs deployment/sallyport-certificates`,
    ],
    [
      'an entry has a CA bundle without a certificate',
      (cluster) => (entry(cluster, mutating).clientConfig.caBundle = base64('hello')),
      `NO bundle ${mutating}: the CA bundle holds no certificate`,
    ],
    [
      'an entry has a CA bundle that cannot be read',
      (cluster) =>
        (entry(cluster, mutating).clientConfig.caBundle = base64(
          '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        )),
      `NO bundle ${mutating}: the CA bundle cannot be read`,
    ],
    [
      'an entry calls the path of another',
      (cluster) => (entry(cluster, mutating).clientConfig.service.path = `/${'0'.repeat(32)}/validate`),
      `NO bundle ${mutating}: no path is written that ends in /mutate`,
    ],
    [
      'an entry has no path',
      (cluster) => delete entry(cluster, mutating).clientConfig.service.path,
      `NO bundle ${mutating}: no path is written that ends in /mutate`,
    ],
    [
      'labelled pods run in a namespace that is exempt',
      (cluster) => cluster.objects.push(labelled('kube-system')),
      'NO namespaces exempt: sallyport-system, kube-system, kube-node-lease; 1 labelled pod runs there without Sallyport Fix: run them in another namespace',
    ],
    [
      'the namespace of Sallyport is not exempt',
      (cluster) => delete entry(cluster, mutating)['namespaceSelector'],
      'NO namespaces none is exempt; sallyport-system itself is not, so Sallyport could keep itself from starting',
    ],
    [
      'another namespace is exempt, and that of Sallyport is not',
      (cluster) => {
        const expression = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] };
        entry(cluster, mutating)['namespaceSelector'] = { matchExpressions: [expression] };
      },
      'NO namespaces exempt: kube-system; sallyport-system itself is not, so Sallyport could keep itself from starting',
    ],
    [
      'a right is missing in one of the namespaces that a platform chose',
      (cluster) => {
        cluster.allows = ({ spec: { resourceAttributes: asked } }) =>
          asked.resource !== 'secrets' ||
          asked.verb !== 'get' ||
          ['team-a', system].includes(asked.namespace);
        for (const namespace of ['team-a', 'team-b'])
          cluster.objects.push({
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata: { name: 'sallyport', namespace },
            roleRef: { kind: 'ClusterRole', name: secretRight?.role },
          } as unknown as Installed);
      },
      'NO rights the service account may not get secrets',
    ],
    [
      'resources are admitted while no webhook responds, and there is no floor',
      failsOpen,
      'NO floor not installed, and the API server admits resources while no webhook responds Fix: install it: sallyport floor --config FILE',
    ],
    [
      'the floor was made from another configuration',
      (cluster) =>
        cluster.objects.push(...floorOf({ credentials: { headers: { sensitive: ['x-internal-thing'] } } })),
      ' more differ from what this release generates from the configuration Fix: apply it again: sallyport floor --config FILE | kubectl apply -f -',
    ],
    [
      'a policy of the floor has no binding',
      (cluster) => {
        const made = floorOf();
        const binding = made.findIndex(({ kind }) => kind.endsWith('Binding'));
        cluster.objects.push(...made.filter((_, i) => i !== binding));
      },
      ' differ from what this release generates from the configuration',
    ],
    [
      'the floor has a policy that this release does not generate',
      (cluster) => {
        const made = floorOf();
        const extra = structuredClone(made[0] as Installed);
        extra.metadata.name = 'sallyport-floor-of-nothing';
        cluster.objects.push(...made, extra);
      },
      'NO floor sallyport-floor-of-nothing differ from what this release generates from the configuration',
    ],
    [
      'a policy of the floor exempts more than this release does',
      (cluster) => {
        const made = floorOf();
        const policy = made.find(({ kind }) => kind === 'ValidatingAdmissionPolicy');
        const conditions = (policy?.spec['matchConditions'] ?? []) as Json[];
        if (policy) policy.spec['matchConditions'] = [...conditions, { name: 'more', expression: 'false' }];
        cluster.objects.push(...made);
      },
      ' differ from what this release generates from the configuration',
    ],
    [
      'the API server does not trust the certificate',
      says(
        `Internal error occurred: failed to call webhook: tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ),
      `NO answers ${mutating}: the API server does not trust the certificate of the replicas`,
    ],
    [
      'the Service has no endpoint',
      says(`${calling}no endpoints available for service "sallyport"`),
      `NO answers ${mutating}: no replica is ready Fix: see replicas above`,
    ],
    [
      'the Service does not exist',
      says(`${calling}service "sallyport" not found`),
      `NO answers ${mutating}: the Service sallyport does not exist Fix: install the release again`,
    ],
    [
      'the API server cannot reach the pods',
      says(`${calling}Post "https://10.0.0.1:443": context deadline exceeded`),
      `NO answers ${mutating}: the API server cannot reach it Fix: see replicas above; then let it reach port 8443`,
    ],
    [
      'the webhook does not serve the path of the entry',
      says(`${calling}the server could not find the requested resource`),
      `NO answers ${mutating}: Sallyport does not serve the path of the entry`,
    ],
    [
      'the webhook cannot be called for a reason that doctor does not know',
      says(`${calling}something new`),
      `NO answers ${mutating}: the API server could not call it Fix: the API server's log says why`,
    ],
    [
      'a pod is admitted that the webhook must deny',
      says('', 'pods', 201),
      `NO answers ${mutating} admits what it must deny: the API server does not call it for namespace default, or modes are off`,
    ],
    [
      'a ConfigMap is admitted that the webhook must deny',
      says('', 'configmaps', 201),
      'NO answers validate-server-configmaps.sallyport.dev admits what it must deny',
    ],
    [
      'a policy of the guard is not installed',
      (cluster) => without(cluster, 'ValidatingAdmissionPolicy', 'sallyport-guard'),
      'NO guard the policy sallyport-guard is not installed Fix: install the release again',
    ],
    [
      'a policy of the guard has no binding',
      (cluster) => without(cluster, 'ValidatingAdmissionPolicyBinding', 'sallyport-names'),
      'NO guard the policy sallyport-names has no binding, so the API server does not evaluate it',
    ],
    [
      'a binding of the guard only warns',
      (cluster) =>
        (find(cluster, 'ValidatingAdmissionPolicyBinding', 'sallyport-guard').spec['validationActions'] = [
          'Warn',
          'Audit',
        ]),
      'NO guard the binding sallyport-guard does not deny',
    ],
  ])('is named, with the fix, and is no other: %s', async (_, change, line) => {
    const { code, lines } = await changed(change);
    expect(code).toBe(1);
    expect(lines.filter((one) => one.startsWith('NO '))).toEqual([expect.stringContaining(line)]);
  });

  it('includes a CA bundle that has expired, in each entry', async () => {
    const { certificate } = await expired;
    const { code, lines } = await changed((cluster) => {
      for (const { clientConfig } of entries(cluster)) clientConfig.caBundle = base64(certificate);
    });
    expect(code).toBe(1);
    for (const name of Object.keys(webhookEntries))
      expect(lines.join()).toContain(`${name}: the CA bundle has expired`);
  });

  it('does not include an expired CA beside a valid one, as during a rotation', async () => {
    const both = base64(`${(await expired).certificate}\n${(await authority).certificate}`);
    const { code, lines } = await changed((cluster) => {
      for (const { clientConfig } of entries(cluster)) clientConfig.caBundle = both;
    });
    expect({ code, lines }).toEqual({ code: 0, lines: [] });
  });
});

describe('a webhook that responds', () => {
  it.each<[string, (cluster: Cluster) => void]>([
    [
      'with a warning, because nothing is enforced',
      ({ dryRuns }) => (dryRuns['pods'] = { code: 201, warning: '[MCP404] spec: the URL is not one' }),
    ],
    [
      'with a denial that an API server words in its own way',
      ({ dryRuns }) => (dryRuns['pods'] = { code: 400, message: '[MCP404] spec: the URL is not one' }),
    ],
  ])('%s is called', async (_, change) => {
    expect(await changed(change)).toEqual({ code: 0, lines: [] });
  });
});

describe('what an installation may choose', () => {
  it.each<[string, (cluster: Cluster) => void, string]>([
    [
      'no ConfigMap',
      (cluster) => without(cluster, 'ConfigMap', 'sallyport'),
      'ok config the ConfigMap sallyport does not exist, so every setting is the default',
    ],
    [
      'a ceiling that denies nothing',
      (cluster) => configMap(cluster, settings({ modes: { ceiling: 'warn' } })),
      'ok config valid; no resource is denied, because modes.ceiling is warn',
    ],
    [
      'no watcher',
      (cluster) => without(cluster, 'Deployment', 'sallyport-watcher'),
      'ok replicas no sallyport-watcher: no events about pods, and no counts of them (watcher.enabled)',
    ],
    [
      'a floor of the same configuration',
      (cluster) => cluster.objects.push(...floorOf()),
      'policies agree with the configuration',
    ],
    [
      'the next major version of Kubernetes',
      (cluster) => (cluster.version = 'v2.0.1'),
      'ok kubernetes v2.0.1',
    ],
    [
      'the oldest version of Kubernetes that Sallyport supports',
      (cluster) => (cluster.version = 'v1.30.0'),
      'ok kubernetes v1.30.0',
    ],
  ])('is not wrong: %s', async (_, change, line) => {
    const { code, lines } = await changed(change);
    expect(code).toBe(0);
    expect(lines).toEqual([expect.stringContaining(line)]);
  });

  it('resources that are admitted while no webhook responds are named, with the floor that covers them', async () => {
    const { code, lines } = await changed((cluster) => {
      failsOpen(cluster);
      cluster.objects.push(...floorOf());
    });
    expect(code).toBe(0);
    expect(lines).toEqual([
      'ok entries all 7 are installed; as chosen, the API server admits resources while no webhook responds',
      expect.stringMatching(/^ok floor all \d+ policies agree with the configuration$/),
    ]);
  });

  it('the floor needs no policy for a kind that the webhook is not called for', async () => {
    const dapr = (text: unknown) => JSON.stringify(text).includes('dapr.io');
    const { code, lines } = await changed((cluster) => {
      for (const one of entries(cluster))
        one['rules'] = (one['rules'] as Json[]).filter((rule) => !dapr(rule));
      const policies = floorOf().filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
      const ofDapr = new Set(policies.filter(dapr).map(({ metadata }) => metadata.name));
      expect(ofDapr.size).toBeGreaterThan(0);
      cluster.objects.push(...floorOf().filter(({ metadata }) => !ofDapr.has(metadata.name)));
    });
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/^ok floor all \d+ policies agree with the configuration$/),
    ]);
  });

  it('a right to a kind that the cluster does not serve is not needed', async () => {
    const examined = await changed((cluster) => {
      cluster.allows = ({ spec: { resourceAttributes } }) =>
        resourceAttributes.resource !== 'mcpserverentries';
    });
    expect(examined).toEqual({ code: 0, lines: [] });
  });

  it('rights in some namespaces alone are named', async () => {
    const { code, lines } = await changed((cluster) => {
      cluster.allows = ({ spec: { resourceAttributes: asked } }) =>
        asked.resource !== 'secrets' || asked.verb !== 'get' || asked.namespace !== '';
      cluster.objects.push({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'sallyport', namespace: 'team-a' },
        roleRef: { kind: 'ClusterRole', name: secretRight?.role },
      } as unknown as Installed);
    });
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/^ok rights those of \S+ in some namespaces alone: team-a$/),
    ]);
  });
});

describe('what the caller may not examine is no failure', () => {
  it.each<[string, (cluster: Cluster) => void, string]>([
    ['the configuration', refusing('configmaps'), '? config you may not read the ConfigMap sallyport'],
    ['Deployments', refusing('deployments'), '? replicas you may not read the Deployment sallyport'],
    [
      'the rights of others',
      (cluster) => (cluster.mayAsk = false),
      '? rights you may not ask what others may do',
    ],
    [
      'the API groups that the cluster serves',
      (cluster) => (cluster.groups = 403),
      '? kinds the API groups of the cluster could not be read',
    ],
    ['namespaces', refusing('namespaces'), '? namespaces you may not list namespaces'],
    ['policies', refusing('validatingadmissionpolicies'), '? floor you may not list policies'],
    [
      'bindings of policies',
      refusing('validatingadmissionpolicybindings'),
      '? guard you may not read the binding sallyport-guard',
    ],
    [
      'the webhook configurations',
      refusing('validatingwebhookconfigurations'),
      '? entries you may not read webhook configurations',
    ],
    [
      'a dry run',
      says('pods is forbidden: User "jane" cannot create resource "pods"', 'pods', 403),
      `? answers ${mutating}: you may not create the object of this check`,
    ],
    [
      'an API server that is broken',
      says('etcd is gone', 'pods', 500),
      `? answers ${mutating}: the API server responded with 500`,
    ],
  ])('%s', async (_, change, line) => {
    const { code, lines } = await changed(change);
    expect(lines).toContainEqual(expect.stringContaining(line));
    expect(lines.filter((one) => one.startsWith('NO '))).toEqual([]);
    expect(code).toBe(0);
  });
});
