import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UnknownCause } from '../../src/core/facts.ts';
import type { SourceRef } from '../../src/core/model.ts';
import { askAccess } from '../../src/engine/access.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { sendChunked, startApiServer } from '../support/api-server.ts';

type Reply = { readonly code: number; readonly body: unknown } | 'never' | 'hang up';

/** A stand-in for the API server: answers by path, remembers what it was asked. Anything else is 404. */
async function startApi(replies: Readonly<Record<string, Reply>>, allow: readonly string[] = []) {
  const { config, ...api } = await startApiServer(
    (req, res) => {
      const reply = replies[req.url ?? ''] ?? { code: 404, body: status(404, 'NotFound') };
      if (reply === 'never') return;
      if (reply === 'hang up') return void req.socket.destroy();
      sendChunked(res, reply.code, reply.body);
    },
    ({ spec: { resourceAttributes: asked } }) => allow.includes(`${asked.verb} ${asked.resource}`),
  );
  return { ...api, cluster: kubeCluster(config) };
}

/** An API server's own words may quote what was asked or stored. */
const status = (code: number, reason: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  message: `canary-in-a-message ${reason}`,
  reason,
  code,
});
const secretPath = '/api/v1/namespaces/team-a/secrets/github-token';
const ref = (name = 'github-token', kind: SourceRef['kind'] = 'Secret'): SourceRef => ({
  kind,
  namespace: 'team-a',
  name,
});
const stored = (data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'github-token', namespace: 'team-a' },
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});
const patient = () => new AbortController();

describe('facts about a Secret of a live cluster', () => {
  it('are its keys and what is wrong with them, never its values', async () => {
    const body = stored({ token: 'canary-value', empty: '', lines: 'canary\nvalue' });
    const { cluster, asked } = await startApi({ [secretPath]: { code: 200, body } });
    const facts = await cluster.facts([ref()], patient());
    expect([...facts]).toEqual([
      [
        'Secret/team-a/github-token',
        {
          state: 'present',
          keys: new Map([
            ['token', { oneWord: true }],
            ['empty', { problem: 'empty' }],
            ['lines', { problem: 'control-characters' }],
          ]),
        },
      ],
    ]);
    expect(asked).toEqual([`GET ${secretPath}`]);
  });

  it('of several sources take one request each', async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { 'ca.crt': 'x' } };
    const { cluster, asked } = await startApi({
      [secretPath]: { code: 200, body: stored({ token: 'x' }) },
      '/api/v1/namespaces/team-a/configmaps/ca': { code: 200, body: configMap },
    });
    const facts = await cluster.facts([ref(), ref('ca', 'ConfigMap'), ref('absent')], patient());
    expect([...facts.values()].map(({ state }) => state)).toEqual(['present', 'present', 'absent']);
    expect(asked.filter((one) => one.includes('/api/v1/')).toSorted()).toEqual([
      'GET /api/v1/namespaces/team-a/configmaps/ca',
      'GET /api/v1/namespaces/team-a/secrets/absent',
      `GET ${secretPath}`,
    ]);
  });

  it.each<[string, Reply, UnknownCause, string]>([
    [
      'may not be read',
      { code: 403, body: status(403, 'Forbidden') },
      'forbidden',
      'its origins are not limited, because Sallyport may not read Secrets in that namespace',
    ],
    [
      'needs another login',
      { code: 401, body: status(401, 'Unauthorized') },
      'failed',
      'the API server responded with 401',
    ],
    [
      'meets a broken server',
      { code: 500, body: status(500, 'InternalError') },
      'failed',
      'the API server responded with 500',
    ],
    [
      'meets a busy server',
      { code: 429, body: status(429, 'TooManyRequests') },
      'throttled',
      'the API server responded with 429',
    ],
    ['loses its connection', 'hang up', 'failed', 'the API server cannot be reached'],
    ['gets a page of text', { code: 200, body: 'hello' }, 'failed', 'the API server cannot be reached'],
    [
      'gets more than an object can be',
      { code: 200, body: stored({ token: 'x'.repeat(7 * 1024 * 1024) }) },
      'too-large',
      'it is larger than 8388608 bytes',
    ],
    [
      'has more keys than an honest one',
      { code: 200, body: stored(Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, '']))) },
      'too-large',
      'it has more than 1024 keys',
    ],
  ])('are unknown, not absent, when it %s', async (_what, reply, cause, why) => {
    const { cluster } = await startApi({ [secretPath]: reply });
    const unknown = { state: 'unknown', cause, why };
    expect([...(await cluster.facts([ref()], patient())).values()]).toEqual([unknown]);
  });

  it('are unknown when nobody listens', async () => {
    const { cluster, server } = await startApi({});
    server.close();
    const facts = await cluster.facts([ref()], patient());
    expect([...facts.values()]).toEqual([
      { state: 'unknown', cause: 'failed', why: 'the API server cannot be reached' },
    ]);
  });

  it('are unknown when the answer is too late', async () => {
    const { cluster, asked } = await startApi({ [secretPath]: 'never' });
    const facts = await cluster.facts([ref()], { signal: AbortSignal.timeout(300) });
    expect([...facts.values()]).toEqual([
      { state: 'unknown', cause: 'late', why: 'the API server did not respond before the timeout' },
    ]);
    expect(asked.length).toBeLessThanOrEqual(1);
  });

  it('are unknown when it was too late before it was asked, and nothing is asked', async () => {
    const { cluster, asked, server } = await startApi({ [secretPath]: { code: 500, body: {} } });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const facts = await cluster.facts([ref()], { signal: AbortSignal.abort() });
    expect([...facts.values()]).toEqual([
      { state: 'unknown', cause: 'late', why: 'the API server did not respond before the timeout' },
    ]);
    // A second request over the same client is answered after anything the first one left behind.
    await cluster.facts([ref('other')], patient());
    server.close();
    expect(unhandled).toEqual([]);
    expect(asked[0]).toBe('GET /api/v1/namespaces/team-a/secrets/other');
    expect(asked.join()).not.toContain('github-token');
  });

  it.each(['', '.', '..', 'a/b', '../../../nodes/x', 'name?watch=true', 'x#y', '%2e%2e'])(
    'named %j, which no Secret can be, never become another request',
    async (name) => {
      const list = { code: 200, body: { apiVersion: 'v1', kind: 'SecretList', items: [] } };
      const { cluster, asked } = await startApi({
        '/api/v1/namespaces/team-a/secrets': list,
        '/api/v1/namespaces/team-a/secrets/': list,
        '/api/v1/namespaces/team-a/': list,
        '/api/v1/namespaces/team-a': list,
        '/api/v1/nodes/x': list,
      });
      const facts = await cluster.facts([ref(name)], patient());
      expect([...facts.values()].map(({ state }) => state)).not.toContain('present');
      for (const one of asked) expect(one).toMatch(/^GET \/api\/v1\/namespaces\/team-a\/secrets\/[^/?#]+$/);
    },
  );

  it.each(['', '.', '..', 'a/b', '../nodes', 'team-a?watch=true', 'x#y', '%2e'])(
    'in namespace %j, which cannot exist, never become another request',
    async (namespace) => {
      const there = {
        code: 200,
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'secrets' } },
      };
      const { cluster, asked } = await startApi({
        '/api/v1/namespaces/secrets/status': there,
        '/api/v1/secrets/status': there,
        '/api/v1/namespaces//secrets/status': there,
      });
      const facts = await cluster.facts([{ ...ref('status'), namespace }], patient());
      expect([...facts.values()].map(({ state }) => state)).toEqual(['absent']);
      expect(asked).toEqual([]);
    },
  );
});

describe('a custom resource of a live cluster', () => {
  const wanted = {
    group: 'toolhive.stacklok.dev',
    plural: 'mcpremoteproxies',
    kind: 'MCPRemoteProxy',
    versions: ['v1beta1', 'v1alpha1'],
    namespace: 'team-a',
    name: 'github',
  };
  const at = (version: string) =>
    `/apis/toolhive.stacklok.dev/${version}/namespaces/team-a/mcpremoteproxies/github`;
  const object = { metadata: { name: 'github' }, spec: {} };

  it('is found in the first version that has it', async () => {
    const { cluster, asked } = await startApi({ [at('v1alpha1')]: { code: 200, body: object } });
    expect(await cluster.get(wanted, patient())).toEqual({
      state: 'present',
      ref: {
        group: 'toolhive.stacklok.dev',
        version: 'v1alpha1',
        kind: 'MCPRemoteProxy',
        namespace: 'team-a',
        name: 'github',
      },
      object,
    });
    expect(asked).toEqual([`GET ${at('v1beta1')}`, `GET ${at('v1alpha1')}`]);
  });

  it('is asked for once when the newest version has it', async () => {
    const { cluster, asked } = await startApi({ [at('v1beta1')]: { code: 200, body: object } });
    expect(await cluster.get(wanted, patient())).toMatchObject({ ref: { version: 'v1beta1' } });
    expect(asked).toHaveLength(1);
  });

  it('is missing when no version has it', async () => {
    const { cluster } = await startApi({});
    expect(await cluster.get(wanted, patient())).toEqual({ state: 'absent' });
  });

  it.each<[string, Reply, UnknownCause]>([
    ['may not be asked for', { code: 403, body: status(403, 'Forbidden') }, 'forbidden'],
    ['breaks the server', { code: 500, body: status(500, 'InternalError') }, 'failed'],
    ['loses its connection', 'hang up', 'failed'],
    ['is not answered in time', 'never', 'late'],
  ])('that %s is unknown, not absent', async (_what, reply, cause) => {
    const { cluster } = await startApi({ [at('v1beta1')]: reply });
    const signal = AbortSignal.timeout(reply === 'never' ? 300 : 10_000);
    expect(await cluster.get(wanted, { signal })).toMatchObject({ state: 'unknown', cause });
  });
});

describe('whether somebody could use a Secret', () => {
  const jane = { username: 'jane', uid: '7', groups: ['dev'], extra: { scopes: ['a', 'b'] } };
  const name = { namespace: 'team-a', name: 'github-token' };
  const toGet = { ...name, verb: 'get', group: '', resource: 'secrets' };

  it('is asked with all that an authorizer may look at', async () => {
    const { cluster, reviews, asked } = await startApi({}, ['get secrets']);
    expect(await cluster.may(jane, toGet, patient())).toBe('yes');
    expect(asked).toEqual(['POST /apis/authorization.k8s.io/v1/subjectaccessreviews']);
    expect(reviews[0]?.spec).toEqual({
      user: 'jane',
      uid: '7',
      groups: ['dev'],
      extra: { scopes: ['a', 'b'] },
      resourceAttributes: { ...name, verb: 'get', group: '', resource: 'secrets' },
    });
  });

  it.each([
    ['may run pods beside it', ['create pods'], 'yes'],
    ['may make deployments beside it', ['create deployments'], 'yes'],
    ['may read it', ['get secrets'], 'yes'],
    ['may do none of these', ['list secrets', 'get pods'], 'no'],
  ])('of a requester who %s', async (_, allow, expected) => {
    const { cluster } = await startApi({}, allow);
    const access = await askAccess(cluster, jane, [ref()], patient());
    expect([...access.values()]).toEqual([expected]);
  });

  it.each<[string, (res: ServerResponse) => unknown, UnknownCause]>([
    ['throttles', (res) => sendChunked(res, 429, status(429, 'TooManyRequests')), 'throttled'],
    ['fails', (res) => sendChunked(res, 500, status(500, 'InternalError')), 'failed'],
    ['refuses the question', (res) => sendChunked(res, 403, status(403, 'Forbidden')), 'forbidden'],
    ['hangs up', (res) => res.destroy(), 'failed'],
    ['answers with something else', (res) => sendChunked(res, 201, 'allowed'), 'failed'],
    ['never answers', () => undefined, 'late'],
  ])('is not known, and neither yes nor no, when the API server %s', async (_, answer, cause) => {
    const { config } = await startApiServer(
      (_req, res) => sendChunked(res, 404, {}),
      (_review, res) => {
        answer(res);
        return 'answered';
      },
    );
    const deadline = { signal: AbortSignal.timeout(cause === 'late' ? 300 : 10_000) };
    const access = await askAccess(kubeCluster(config), jane, [ref()], deadline);
    expect([...access.values()]).toMatchObject([{ state: 'unknown', cause }]);
  });

  it.each<[string, object]>([
    ['no status', {}],
    ['an empty status', { status: {} }],
    ['a denial', { status: { allowed: false, denied: true } }],
    ['an error of the authorizer and no decision', { status: { evaluationError: 'no authorizer' } }],
    ['a text in the place of the decision', { status: { allowed: 'true' } }],
  ])('is no where the review comes back with %s', async (_, answer) => {
    const { config } = await startApiServer(
      (_req, res) => sendChunked(res, 404, {}),
      (review, res) => {
        sendChunked(res, 201, { ...review, ...answer });
        return 'answered';
      },
    );
    expect(await kubeCluster(config).may(jane, toGet, patient())).toBe('no');
  });

  it('is not known when the question cannot be asked', async () => {
    const { cluster, server } = await startApi({});
    server.close();
    server.closeAllConnections();
    expect(await cluster.may(jane, toGet, patient())).toMatchObject({ state: 'unknown', cause: 'failed' });
  });
});

describe('a Secret that is not there yet', () => {
  const externals = '/apis/external-secrets.io/v1/namespaces/team-a/externalsecrets?limit=500';
  const external = (name: string, target?: string) => ({
    metadata: { name },
    spec: target === undefined ? {} : { target: { name: target } },
  });
  const pendingOf = async (items: readonly object[]) => {
    const { cluster } = await startApi({ [externals]: { code: 200, body: { items } } });
    const [fact] = (await cluster.facts([ref()], patient())).values();
    return fact;
  };

  it('is pending while something in the cluster is about to make it', async () => {
    const makes = [external('other'), external('github', 'github-token')];
    expect(await pendingOf(makes)).toEqual({ state: 'absent', pending: 'ExternalSecret/github' });
    expect(await pendingOf([external('github-token')])).toEqual({
      state: 'absent',
      pending: 'ExternalSecret/github-token',
    });
    expect(await pendingOf([external('github-token', 'other')])).toEqual({ state: 'absent' });
  });

  it('is looked for once, however many Secrets of a namespace are missing', async () => {
    const makes = [external('github', 'github-token')];
    const { cluster, asked } = await startApi({ [externals]: { code: 200, body: { items: makes } } });
    const names = ['github-token', ...Array.from({ length: 30 }, (_, i) => `missing-${i}`)];
    const facts = [
      ...(
        await cluster.facts(
          names.map((name) => ref(name)),
          patient(),
        )
      ).values(),
    ];
    expect(facts[0]).toEqual({ state: 'absent', pending: 'ExternalSecret/github' });
    expect(facts.slice(1)).toEqual(facts.slice(1).map(() => ({ state: 'absent' })));
    expect(asked.filter((one) => !one.includes('/secrets/'))).toHaveLength(3);
  });

  it('is only absent where those kinds are not there or not ours to list, and they are not asked for again', async () => {
    const { cluster, asked } = await startApi({ [externals]: { code: 403, body: status(403, 'Forbidden') } });
    const look = async () => [...(await cluster.facts([ref()], patient())).values()];
    expect(await look()).toEqual([{ state: 'absent' }]);
    expect(asked).toHaveLength(5);
    expect(await look()).toEqual([{ state: 'absent' }]);
    expect(asked).toHaveLength(6);
  });
});

describe('the pods of a namespace that run with a proxy', () => {
  const path =
    '/api/v1/namespaces/team-a/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed&labelSelector=sallyport.dev%2Finjected%3Dtrue&limit=200';

  it('are asked for by label, and of each the metadata alone', async () => {
    const items = [{ metadata: { name: 'agent', annotations: { 'sallyport.dev/status': '{}' } } }];
    const body = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', items };
    const { cluster, server, asked } = await startApi({ [path]: { code: 200, body } });
    const accepted: unknown[] = [];
    server.on('request', ({ headers }) => accepted.push(headers.accept));
    const pods = await cluster.injectedPods('team-a', 200, patient());
    expect(asked).toEqual([`GET ${path}`]);
    expect(accepted).toEqual(['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1']);
    expect(pods).toMatchObject({ state: 'present', pods: items });
  });

  it('are not known to whoever may not list them', async () => {
    const { cluster } = await startApi({ [path]: { code: 403, body: status(403, 'Forbidden') } });
    expect(await cluster.injectedPods('team-a', 200, patient())).toMatchObject({
      state: 'unknown',
      cause: 'forbidden',
    });
  });
});

describe('lookups that follow each other', () => {
  const found = { [secretPath]: { code: 200, body: stored({ token: 'x' }) } };
  const connectionsOf = (server: Awaited<ReturnType<typeof startApi>>['server']) => {
    const sockets: Socket[] = [];
    server.on('secureConnection', (socket) => sockets.push(socket));
    return sockets;
  };

  it('go over one connection', async () => {
    const { cluster, server, asked } = await startApi(found);
    const sockets = connectionsOf(server);
    for (let i = 0; i < 5; i += 1) await cluster.facts([ref()], patient());
    expect(asked).toHaveLength(5);
    expect(sockets).toHaveLength(1);
  });

  it('go over one connection when the Secret does not exist', async () => {
    const { cluster, server, asked } = await startApi({});
    const sockets = connectionsOf(server);
    for (let i = 0; i < 5; i += 1) await cluster.facts([ref('missing', 'ConfigMap')], patient());
    expect(asked).toHaveLength(5);
    expect(sockets).toHaveLength(1);
  });

  it('come through when that connection was closed a moment ago', async () => {
    const { cluster, server } = await startApi(found);
    const sockets = connectionsOf(server);
    await cluster.facts([ref()], patient());
    for (const socket of sockets) socket.destroy();
    const facts = await cluster.facts([ref()], patient());
    expect([...facts.values()]).toEqual([
      { state: 'present', keys: new Map([['token', { oneWord: true }]]) },
    ]);
    expect(sockets).toHaveLength(2);
  });
});
