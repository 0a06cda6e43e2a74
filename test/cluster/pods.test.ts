import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, podTemplate, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { withoutWebhooks } from './sallyport.ts';

/** The API server's own additions, of which no two pods have the same. */
interface Stored {
  readonly metadata: Manifest;
  readonly spec: Manifest;
}

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('pods');
/** Without Pod Security, for pods that other injectors change. */
const open = testNamespace('public-shapes');

beforeAll(async () => {
  await kubectl.apply(
    // Whatever is injected must be admitted where only the strictest profile is.
    namespace(ns, {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    }),
    namespace(open),
    ...[ns, open].flatMap((where) => [
      secret(where, 'github-token', { token: 'Bearer abc' }),
      serverEntry(where, 'github', fromSecret('github-token', 'token')),
    ]),
  );
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(
      // Refused while Sallyport is there; the other is the pod that it must not have touched.
      serverEntry(ns, 'linear', fromSecret('linear-token', 'api-key')),
      pod(ns, 'unlabelled-without'),
    ),
  );
  await kubectl.apply(pod(ns, 'waiting', { servers: 'mcpserverentry/linear' }), pod(ns, 'unlabelled-with'));
});

afterAll(async () => {
  await kubectl.run(['delete', '-n', ns, 'jobs,pods', '--all']);
  await kubectl.run(['delete', 'namespace', open, '--wait=false']);
});

it('is admitted by the restricted Pod Security profile', async () => {
  const manifest = pod(ns, 'restricted', { servers: 'mcpserverentry/github' });
  const { code, stderr } = await kubectl.try(['apply', '-f', '-'], JSON.stringify(manifest));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await kubectl.wait(ns, 'pod/restricted', 'condition=Ready');
}, 90_000);

it('says which Secret and key it waits for where people look, and starts once they are there', async () => {
  const events = ['get', 'events', '-n', ns, '--field-selector=involvedObject.name=waiting'];
  for (const command of [['describe', '-n', ns, 'pod', 'waiting'], events]) {
    const text = await until(`kubectl ${command[0] ?? ''} to name the Secret`, 30, async () => {
      const printed = await kubectl.run(command);
      return printed.includes('Startup probe failed') ? printed : undefined;
    });
    expect(text).toMatch(/Startup probe failed: .*Secret linear-token key api-key/);
  }

  await kubectl.apply(secret(ns, 'linear-token', { 'api-key': 'Bearer abc' }));
  await kubectl.run(['annotate', '-n', ns, 'pod', 'waiting', 'example.com/look=again']);
  await kubectl.wait(ns, 'pod/waiting', 'condition=Ready', 100);
}, 150_000);

it('without the label is stored byte for byte as where there is no Sallyport', async () => {
  const stored = async (name: string) => {
    const { metadata, spec } = await kubectl.get<Stored>(ns, `pod/${name}`);
    const own = ['name', 'uid', 'creationTimestamp', 'resourceVersion'];
    const shared = Object.entries(metadata).filter(([key]) => !own.includes(key));
    return (
      JSON.stringify({ metadata: Object.fromEntries(shared), spec })
        // In kubectl's annotation, and the volume of the service account's token.
        .replaceAll(name, 'NAME')
        .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-RANDOM')
    );
  };
  const [without, withIt] = [await stored('unlabelled-without'), await stored('unlabelled-with')];
  expect(withIt).toBe(without);
  expect(withIt).toContain('kube-api-access-RANDOM');
});

it('lets a Job complete', async () => {
  const template = podTemplate({
    servers: 'mcpserverentry/github',
    command: ['sh', '-c', 'test -n "$SALLYPORT_URL_GITHUB"'],
    restartPolicy: 'Never',
  });
  await kubectl.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: ns, name: 'once' },
    spec: { backoffLimit: 0, template },
  });
  await kubectl.wait(ns, 'job/once', 'condition=Complete', 60);
}, 90_000);

/** Stored nowhere: whether the API server accepts the pod with the proxy in it. */
const tried = (spec: Manifest, annotations: Readonly<Record<string, string>> = {}) => {
  const labelled = podTemplate({ servers: 'mcpserverentry/github', annotations });
  const metadata = { ...labelled.metadata, namespace: open, name: 'shape' };
  const shape = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...labelled.spec, ...spec } };
  return kubectl.try(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(shape));
};
const memory = (name: string) => ({ name, emptyDir: { medium: 'Memory' } });
const agent = {
  image: 'agent:test',
  securityContext: { runAsUser: 100, runAsGroup: 1000, readOnlyRootFilesystem: true },
};
const secrets = { name: 'vault-secrets', mountPath: '/vault/secrets' };

it.each<[string, Manifest, Readonly<Record<string, string>>?]>([
  [
    "with Vault's agent in it, before the app and beside it",
    {
      initContainers: [{ ...agent, name: 'vault-agent-init', volumeMounts: [secrets] }],
      containers: [
        { name: 'app', image: 'app:test', volumeMounts: [secrets] },
        { ...agent, name: 'vault-agent', volumeMounts: [secrets] },
      ],
      volumes: [memory('vault-secrets')],
    },
    { 'vault.hashicorp.com/agent-inject-status': 'injected' },
  ],
  [
    'with the redirection and the native sidecar of a mesh in it',
    {
      initContainers: [
        { ...agent, name: 'mesh-init', securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } } },
        { ...agent, name: 'mesh-proxy', restartPolicy: 'Always', ports: [{ containerPort: 15090 }] },
      ],
    },
    { 'mesh.example.com/status': '{}' },
  ],
  [
    'with resources of the pod and a policy for their change',
    {
      resources: { limits: { cpu: '200m', memory: '200Mi' }, requests: { cpu: '200m', memory: '200Mi' } },
      containers: [
        {
          name: 'app',
          image: 'app:test',
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
          resources: { requests: { cpu: '100m', memory: '100Mi' } },
        },
      ],
    },
  ],
  [
    'with the users that OpenShift chose',
    {
      securityContext: { fsGroup: 1_000_730_000, seLinuxOptions: { level: 's0:c27,c14' } },
      containers: [{ name: 'app', image: 'app:test', securityContext: { runAsUser: 1_000_730_000 } }],
    },
    { 'openshift.io/scc': 'restricted-v2' },
  ],
  ['that waits for a scheduling gate', { schedulingGates: [{ name: 'example.com/quota' }] }],
])('%s is valid with the proxy', async (_, spec, annotations) => {
  const { code, stdout, stderr } = await tried(spec, annotations);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { spec: stored } = JSON.parse(stdout) as { spec: { initContainers: readonly Manifest[] } };
  expect(stored.initContainers[0]?.['name']).toBe('sallyport-proxy');
});

it.each<[string, Manifest]>([
  ['of Windows', { os: { name: 'windows' } }],
  ['in the network of its node', { hostNetwork: true }],
  ['whose containers see the processes of each other', { shareProcessNamespace: true }],
])('%s is rejected with the reason', async (_, spec) => {
  const { code, stderr } = await tried({ containers: [{ name: 'app', image: 'app:test' }], ...spec });
  expect(code).toBe(1);
  expect(stderr).toContain('[MCP503]');
});
