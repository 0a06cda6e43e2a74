import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { crAnnotations } from '../../src/core/annotations.ts';
import { digest } from './app.ts';
import { storedWith } from './etcd.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, secret, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { configured, withNobodyThere } from './sallyport.ts';
import { secureUpstream, tlsKeys } from './secure-upstream.ts';

/**
 * Kelos's controller is in no module that can be downloaded, so what it makes is made here: Jobs and StatefulSets with the
 * token in plain text, sent again with every reconcile. Everything after that is real.
 */
const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('kelos');
const [first, second] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
const bearer = (token: string) => secret(ns, 'github-headers', { Authorization: `Bearer ${token}` });

let address = '';
const uids = new Map<string, string>();

const worker = {
  type: 'claude-code',
  credentials: { type: 'none' },
  agentConfigRefs: [{ name: 'tools' }],
};
const maker = (kind: string, name: string, more: object = {}): Manifest => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind,
  metadata: { namespace: ns, name },
  spec: { worker, ...more },
});

const labels = { 'kelos.dev/name': 'kelos', 'kelos.dev/managed-by': 'kelos-controller' };

/** What Kelos renders of the AgentConfig: everything in plain text. */
const template = (token: string, kind: 'Job' | 'StatefulSet') => ({
  metadata: { labels: { ...labels, app: kind.toLowerCase() } },
  spec: {
    restartPolicy: kind === 'Job' ? 'Never' : 'Always',
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'kelos-agent',
        image: 'upstream:test',
        imagePullPolicy: 'Never',
        command: ['node', '/kelos-agents.mjs', ...(kind === 'Job' ? [] : ['serve'])],
        env: [
          {
            name: 'KELOS_MCP_SERVERS',
            value: JSON.stringify({
              mcpServers: {
                github: {
                  type: 'http',
                  url: `https://${address}/mcp/`,
                  headers: { Authorization: `Bearer ${token}`, 'X-Env': 'test' },
                },
                local: { type: 'stdio', command: 'npx', args: ['-y', 'some-mcp'] },
              },
            }),
          },
        ],
      },
    ],
  },
});

const owned = (kind: string, name: string) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind,
  name,
  uid: uids.get(name),
  controller: true,
  blockOwnerDeletion: true,
});

const job = (name: string, token: string): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace: ns, name, labels, ownerReferences: [owned('Task', 'task1')] },
  spec: { backoffLimit: 0, template: template(token, 'Job') },
});

const session = (token: string, more: object = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace: ns, name: 'sess1', labels, ownerReferences: [owned('Session', 'sess1')] },
  spec: {
    replicas: 1,
    serviceName: 's-sess1',
    selector: { matchLabels: { app: 'statefulset' } },
    template: template(token, 'StatefulSet'),
    ...more,
  },
});

/** As the controller does: an update of the whole object, not a merge. */
const sendAgain = (object: Manifest, ...more: string[]) =>
  kubectl.try(['replace', '-f', '-', ...more], JSON.stringify(object));

const said = async (what: string) =>
  (await kubectl.run(['logs', '-n', ns, what, '-c', 'kelos-agent']))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

interface Stored {
  readonly metadata: { readonly generation: number; readonly uid: string };
  readonly spec: { readonly template: unknown };
  readonly status: { readonly updateRevision: string };
}
const storedSession = () => kubectl.get<Stored>(ns, 'statefulset/sess1');

const agents = ['claude-code', 'codex', 'gemini', 'cursor'];

beforeAll(async () => {
  await configured(kubectl, { inject: { families: { kelos: true } } });
  await kubectl.apply(namespace(ns));
  const upstream = await secureUpstream(kubectl, ns);
  ({ address } = upstream);
  await kubectl.apply(
    bearer(first),
    secret(ns, 'client', tlsKeys(await upstream.client('kelos-client'))),
    {
      apiVersion: 'kelos.dev/v1alpha2',
      kind: 'AgentConfig',
      metadata: {
        namespace: ns,
        name: 'tools',
        annotations: {
          [crAnnotations.clientTlsSecret]: 'github=client',
          [crAnnotations.caConfigMap]: 'github=upstream-ca/authority.pem',
        },
      },
      spec: {
        mcpServers: [
          {
            name: 'github',
            type: 'http',
            url: `https://${address}/mcp/`,
            headers: { 'X-Env': 'test' },
            headersFrom: { secretRef: { name: 'github-headers' } },
          },
          { name: 'local', type: 'stdio', command: 'npx', args: ['-y', 'some-mcp'] },
        ],
      },
    },
    maker('Task', 'task1', { prompt: 'hello' }),
    maker('Session', 'sess1'),
  );
  for (const [name, what] of [
    ['task1', 'tasks.kelos.dev/task1'],
    ['sess1', 'sessions.kelos.dev/sess1'],
  ] as const)
    uids.set(name, (await kubectl.get<Stored>(ns, what)).metadata.uid);
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
}, 150_000);

afterAll(async () => {
  await kubectl.run(['delete', 'namespace', ns, '--wait=false']);
  await configured(kubectl, {});
}, 120_000);

describe('with Kelos switched on', () => {
  it('the Job of a Task runs, and every kind of agent calls its server with a header and a certificate it does not have', async () => {
    await kubectl.run(['create', '-f', '-'], JSON.stringify(job('task1', first)));
    await kubectl.wait(ns, 'job/task1', 'condition=Complete', 90);
    const answers = await said('job/task1');
    expect(answers.map(({ agent }) => agent)).toEqual(agents);
    for (const answer of answers)
      expect(answer).toMatchObject({
        name: 'github',
        status: 200,
        path: '/mcp/',
        sent: ['X-Env'],
        credential: digest(`Bearer ${first}`),
        client: 'kelos-client',
        headers: { 'x-env': digest('test') },
      });
  }, 120_000);

  it('the StatefulSet of a Session runs the same way', async () => {
    await kubectl.run(['create', '-f', '-'], JSON.stringify(session(first)));
    await kubectl.run(['rollout', 'status', '-n', ns, 'statefulset/sess1', '--timeout=90s']);
    const answers = await until('its calls', 30, async () => {
      const lines = await said('sess1-0').catch(() => []);
      return lines.length === agents.length ? lines : undefined;
    });
    for (const answer of answers) expect(answer).toMatchObject({ client: 'kelos-client', status: 200 });
  }, 120_000);

  it('the token is nowhere in etcd but in its Secret', async () => {
    expect(await storedWith(cluster, first)).toEqual([`/registry/secrets/${ns}/github-headers`]);
    const kinds = (await kubectl.run(['api-resources', '--namespaced', '--verbs=list', '-o', 'name']))
      .trim()
      .split('\n')
      .filter((kind) => kind !== 'secrets' && !kind.startsWith('events'));
    const everything = await kubectl.run([
      'get',
      '-n',
      ns,
      kinds.join(','),
      '-o',
      'json',
      '--show-managed-fields',
    ]);
    expect(everything).toContain('sallyport-proxy');
    expect(everything).not.toContain(first);
  }, 60_000);

  it('Kelos sends its StatefulSet again and nothing changes, in a dry run as in earnest', async () => {
    const before = await storedSession();
    for (const token of [first, second, first]) {
      const dry = await sendAgain(session(token), '--dry-run=server', '-o', 'json');
      expect((JSON.parse(dry.stdout) as Stored).spec.template).toEqual(before.spec.template);
      expect((await sendAgain(session(token))).code).toBe(0);
    }
    const after = await storedSession();
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(after.status.updateRevision).toBe(before.status.updateRevision);
    expect(await storedWith(cluster, second)).toEqual([]);
  }, 60_000);

  it('an upgrade of Sallyport rolls nothing', async () => {
    const before = await storedSession();
    await configured(kubectl, {
      inject: {
        image: 'sallyport-proxy:next',
        acceptedImages: ['sallyport-proxy:0.1.0'],
        families: { kelos: true },
      },
    });
    expect((await sendAgain(session(second))).code).toBe(0);
    const after = await storedSession();
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    await configured(kubectl, { inject: { families: { kelos: true } } });
  }, 90_000);

  it('with nobody there a Job comes through as it is, and an injected StatefulSet waits instead of getting its token back', async () => {
    const before = await storedSession();
    await withNobodyThere(kubectl, async () => {
      await kubectl.run(['create', '-f', '-'], JSON.stringify(job('unprotected', second)));
      expect((await kubectl.get<Manifest>(ns, 'job/unprotected'))['kind']).toBe('Job');
      const { code, stderr } = await sendAgain(session(second));
      expect(code).not.toBe(0);
      expect(stderr).toContain('keep-injected-workloads.sallyport.dev');
      // What does not touch the template needs nobody.
      await kubectl.run(['scale', '-n', ns, 'statefulset/sess1', '--replicas=1']);
      await kubectl.run(['label', '-n', ns, 'statefulset/sess1', 'example.com/note=a']);
    });
    expect((await sendAgain(session(second))).code).toBe(0);
    expect((await storedSession()).spec).toEqual(before.spec);
    const held = await storedWith(cluster, second);
    // The Job was stored as it came, with all its pods; the StatefulSet and its history were not.
    expect(held.filter((key) => !/\/(jobs|pods|events)\//.test(key))).toEqual([]);
    expect(held).toContain(`/registry/jobs/${ns}/unprotected`);
  }, 150_000);

  it('a pod whose Job was stored without us loses the token all the same', async () => {
    // The Job's first pod came while nobody was there; its controller makes another when that one is gone.
    await kubectl.run(['delete', '-n', ns, 'job', 'unprotected', '--wait=true']);
    await withNobodyThere(kubectl, async () => {
      const suspended = {
        ...job('late', second),
        spec: { ...(job('late', second)['spec'] as object), suspend: true },
      };
      await kubectl.run(['create', '-f', '-'], JSON.stringify(suspended));
    });
    await kubectl.run(['patch', '-n', ns, 'job', 'late', '--type=merge', '-p', '{"spec":{"suspend":false}}']);
    await kubectl.wait(ns, 'job/late', 'condition=Complete', 90);
    const pods = await kubectl.run(['get', '-n', ns, 'pods', '-l', 'job-name=late', '-o', 'json']);
    expect(pods).toContain('sallyport-proxy');
    expect(pods).not.toContain(second);
  }, 150_000);

  it('a rotated Secret is used by the pods that run, without a restart', async () => {
    await kubectl.apply(bearer(second));
    await kubectl.run([
      'annotate',
      '--overwrite',
      '-n',
      ns,
      'pod',
      'sess1-0',
      `example.com/look=${Date.now()}`,
    ]);
    const script = `const { url } = JSON.parse(process.env.KELOS_MCP_SERVERS).mcpServers.github; fetch(url).then((answer) => answer.text()).then(console.log)`;
    await until('the new value', 90, async () => {
      const text = await kubectl.exec(ns, 'sess1-0', 'kelos-agent', 'node', '-e', script);
      return text.includes(digest(`Bearer ${second}`)) ? true : undefined;
    });
  }, 120_000);
});

it('switched off, as it is after an install, Kelos is left exactly as it is', async () => {
  await configured(kubectl, {});
  await kubectl.run(['create', '-f', '-'], JSON.stringify(job('off', first)));
  const stored = JSON.stringify(await kubectl.get<Manifest>(ns, 'job/off'));
  expect(stored).not.toContain('sallyport-proxy');
  expect(stored).toContain(first);
}, 60_000);
