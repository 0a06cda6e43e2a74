import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { crAnnotations } from '../../src/core/annotations.ts';
import { defaultProxyImage } from '../../src/core/version.ts';
import { digest } from './app.ts';
import { storedWith } from './etcd.ts';
import {
  agentConfig,
  axon,
  claim,
  job,
  kelos,
  maker,
  statefulSet,
  type Made,
  type Maker,
  type Release,
} from './kelos.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, secret, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { configured, withNobodyThere } from './sallyport.ts';
import { secureUpstream, tlsKeys } from './secure-upstream.ts';

/** What Kelos makes is made here, by kelos.ts; everything after that is real. */
const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('kelos');
const [first, second] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
const bearer = (token: string) => secret(ns, 'github-headers', { Authorization: `Bearer ${token}` });

let address = '';
const makers = new Map<string, Maker>();

const github = (headers: object) => ({ type: 'http', url: `https://${address}/mcp/`, headers });
const local = { type: 'stdio', command: 'npx', args: ['-y', 'some-mcp'] };
const headersFrom = { secretRef: { name: 'github-headers' } };
const config = (release: Release, name: string, servers: object) =>
  agentConfig(release, ns, name, servers, {
    [crAnnotations.clientTlsSecret]: 'github=client',
    [crAnnotations.caConfigMap]: 'github=upstream-ca/authority.pem',
  });

const makes = [
  [kelos, 'Task', 'task1', { prompt: 'hello' }],
  [kelos, 'Session', 'sess1', {}],
  [kelos, 'WorkerPool', 'pool1', { volumeClaimTemplate: claim }],
  [axon, 'Task', 'axon1', { prompt: 'hello' }],
] as const;

/** What Kelos makes for the Task, Session or pool of that name: everything in plain text. */
function made(name: string, of: string, token: string): Made {
  const maker = makers.get(of);
  if (!maker) throw new Error(`there is no ${of}`);
  const headers = { Authorization: `Bearer ${token}`, 'X-Env': 'test' };
  return { release: kelos, namespace: ns, name, maker, servers: { github: github(headers), local } };
}
const taskJob = (name: string, token: string, more: object = {}) => job(made(name, 'task1', token), more);
const session = (token: string) => statefulSet(made('sess1', 'sess1', token));
const pool = (token: string, annotations: Made['annotations'] = {}) =>
  statefulSet(
    { ...made('wp-pool1', 'pool1', token), annotations },
    { replicas: 2, podManagementPolicy: 'Parallel' },
  );
/** Each StatefulSet with the pods it has. */
const sets = [
  ['sess1', session, ['sess1-0']],
  ['wp-pool1', pool, ['wp-pool1-0', 'wp-pool1-1']],
] as const;

/** As the controller does: an update of the whole object, not a merge. */
const sendAgain = (object: Manifest, ...more: string[]) =>
  kubectl.try(['replace', '-f', '-', ...more], JSON.stringify(object));

const said = async (what: string, container = kelos.container) =>
  (await kubectl.run(['logs', '-n', ns, what, '-c', container]))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

const rolledOut = (name: string) =>
  kubectl.run(['rollout', 'status', '-n', ns, `statefulset/${name}`, '--timeout=90s']);

/** When each kind of agent has made its call. */
const saidAll = (pod: string) =>
  until('its calls', 30, async () => {
    const lines = await said(pod).catch(() => []);
    return lines.length === agents.length ? lines : undefined;
  });

interface Stored {
  readonly metadata: { readonly generation: number; readonly uid: string };
  readonly spec: { readonly template: unknown };
  readonly status: { readonly updateRevision: string };
}
const storedSet = (name: string) => kubectl.get<Stored>(ns, `statefulset/${name}`);
const storedSession = () => storedSet('sess1');

const agents = ['claude-code', 'codex', 'gemini', 'cursor'];

beforeAll(async () => {
  await configured(kubectl, { inject: { families: { kelos: true } } });
  await kubectl.apply(namespace(ns));
  const upstream = await secureUpstream(kubectl, ns);
  ({ address } = upstream);
  await kubectl.apply(
    bearer(first),
    secret(ns, 'client', tlsKeys(await upstream.client('kelos-client'))),
    config(kelos, 'tools', { github: { ...github({ 'X-Env': 'test' }), headersFrom }, local }),
    // Axon knew no reference to a Secret: what can be taken out of its pods is a certificate.
    config(axon, 'tools', { github: github({ 'X-Env': 'test' }) }),
    ...makes.map(([release, kind, name, more]) => maker(release, ns, kind, name, more)),
  );
  for (const [{ group }, kind, name] of makes) {
    const { metadata } = await kubectl.get<Stored>(ns, `${kind.toLowerCase()}s.${group}/${name}`);
    makers.set(name, { kind, name, uid: metadata.uid });
  }
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
}, 150_000);

afterAll(async () => {
  await kubectl.run(['delete', 'namespace', ns, '--wait=false']);
  await configured(kubectl, {});
}, 120_000);

describe('with Kelos switched on', () => {
  it('the Job of a Task runs, and every kind of agent calls its server with a header and a certificate it does not have', async () => {
    await kubectl.run(['create', '-f', '-'], JSON.stringify(taskJob('task1', first)));
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

  it.each(sets)('the StatefulSet %s runs the same way', async (name, make, pods) => {
    await kubectl.run(['create', '-f', '-'], JSON.stringify(make(first)));
    await rolledOut(name);
    for (const pod of pods)
      for (const answer of await saidAll(pod))
        expect(answer).toMatchObject({ client: 'kelos-client', status: 200 });
  });

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

  it.each(sets)(
    'Kelos sends %s again and nothing changes, in a dry run as in earnest',
    async (name, make) => {
      const before = await storedSet(name);
      for (const token of [first, second, first]) {
        const dry = await sendAgain(make(token), '--dry-run=server', '-o', 'json');
        expect((JSON.parse(dry.stdout) as Stored).spec.template).toEqual(before.spec.template);
        expect((await sendAgain(make(token))).code).toBe(0);
      }
      const after = await storedSet(name);
      expect(after.spec).toEqual(before.spec);
      expect(after.metadata.generation).toBe(before.metadata.generation);
      expect(after.status.updateRevision).toBe(before.status.updateRevision);
      expect(await storedWith(cluster, second)).toEqual([]);
    },
  );

  it('what Kelos itself changes rolls its pool, and no revision of it has a token', async () => {
    const before = await storedSet('wp-pool1');
    expect((await sendAgain(pool(second, { 'kelos.dev/plugin-content-checksum': '2' }))).code).toBe(0);
    await rolledOut('wp-pool1');
    const after = await storedSet('wp-pool1');
    expect(after.status.updateRevision).not.toBe(before.status.updateRevision);
    for (const pod of ['wp-pool1-0', 'wp-pool1-1'])
      for (const answer of await saidAll(pod))
        expect(answer).toMatchObject({ client: 'kelos-client', status: 200 });
    const revisions = await kubectl.run(['get', '-n', ns, 'controllerrevisions', '-o', 'name']);
    expect(revisions.trim().split('\n')).toHaveLength(3);
    expect(await storedWith(cluster, first)).toEqual([`/registry/secrets/${ns}/github-headers`]);
    expect(await storedWith(cluster, second)).toEqual([]);
  });

  it('an upgrade of Sallyport rolls nothing', async () => {
    const before = await storedSession();
    await configured(kubectl, {
      inject: {
        image: 'sallyport-proxy:next',
        acceptedImages: [defaultProxyImage],
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
      await kubectl.run(['create', '-f', '-'], JSON.stringify(taskJob('unprotected', second)));
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
      const suspended = taskJob('late', second, { suspend: true });
      await kubectl.run(['create', '-f', '-'], JSON.stringify(suspended));
    });
    await kubectl.run(['patch', '-n', ns, 'job', 'late', '--type=merge', '-p', '{"spec":{"suspend":false}}']);
    await kubectl.wait(ns, 'job/late', 'condition=Complete', 90);
    const pods = await kubectl.run(['get', '-n', ns, 'pods', '-l', 'job-name=late', '-o', 'json']);
    expect(pods).toContain('sallyport-proxy');
    expect(pods).not.toContain(second);
  }, 150_000);

  it('the Job of an Axon Task calls with a certificate it does not have, and its headers stay inline', async () => {
    const release = { release: axon, servers: { github: github({ 'X-Env': 'test' }) } };
    await kubectl.run(
      ['create', '-f', '-'],
      JSON.stringify(job({ ...made('axon1', 'axon1', ''), ...release })),
    );
    await kubectl.wait(ns, 'job/axon1', 'condition=Complete', 90);
    const answers = await said('job/axon1', axon.container);
    expect(answers.map(({ agent }) => agent)).toEqual(agents);
    // 401: the server asks for a token as well, which Axon could only have written in plain text.
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 401, sent: ['X-Env'], client: 'kelos-client', path: '/mcp/' });
    expect(
      await kubectl.refused(config(axon, 'plain', { github: github({ Authorization: `Bearer ${first}` }) })),
    ).toContain('[MCP101]');
  });

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
  await kubectl.run(['create', '-f', '-'], JSON.stringify(taskJob('off', first)));
  const stored = JSON.stringify(await kubectl.get<Manifest>(ns, 'job/off'));
  expect(stored).not.toContain('sallyport-proxy');
  expect(stored).toContain(first);
}, 60_000);
