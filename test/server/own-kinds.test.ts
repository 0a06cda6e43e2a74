import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../src/files/documents.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';
import { asYaml, labelledPod, reviewOf, startWebhook } from '../support/webhook.ts';

/** A team's own kind whose Secret may be in another namespace. */
const gateway = {
  family: 'ours',
  group: 'tools.example.com',
  kind: 'Gateway',
  plural: 'gateways',
  versions: ['v1'],
  servers: {
    url: '$.spec.url',
    headers: [
      {
        each: '$.spec.auth',
        name: "'Authorization'",
        secret: '@.name',
        namespace: '@.namespace',
        key: "'token'",
      },
    ],
  },
};
const configuration = { kinds: [gateway] };
const resource = (auth: object) => ({
  apiVersion: 'tools.example.com/v1',
  kind: 'Gateway',
  metadata: { name: 'search', namespace: 'team-a' },
  spec: { url: 'https://search.example.com/mcp', auth },
});
const secretIn = (namespace: string, value = 'Bearer abc') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'search', namespace },
  stringData: { token: value },
});

describe('a Secret in another namespace', () => {
  const asked = async (
    may: (namespace: string) => 'yes' | 'no',
    objects: readonly object[],
    auth: object,
  ) => {
    const questions: string[] = [];
    const files = fileCluster(
      () => Promise.resolve(parseDocuments(asYaml(objects), 'cluster.yaml').documents),
      { namespace: 'default', missing: { state: 'absent' } },
    );
    const { validate } = await startWebhook({
      configuration,
      cluster: {
        ...files,
        hasAuthorizer: true,
        may: (_, { verb, resource: kind, namespace, name }) => {
          questions.push(`${verb} ${kind} ${namespace}/${name ?? ''}`);
          return Promise.resolve(may(namespace));
        },
      },
    });
    const kind = { group: 'tools.example.com', version: 'v1', resource: 'gateways' };
    const review = reviewOf(resource(auth), { resource: kind });
    const { allowed, warnings = [], status } = await validate(review);
    return { allowed, text: [...warnings, status?.message ?? ''].join('\n'), questions };
  };
  const elsewhere = { name: 'search', namespace: 'vault' };
  const inOwnNamespaceAlone = (namespace: string) => (namespace === 'team-a' ? 'yes' : 'no');

  it('is one that the requester is asked about there, and MCP206 names it', async () => {
    const { text, questions } = await asked(inOwnNamespaceAlone, [secretIn('vault')], elsewhere);
    expect(questions[0]).toBe('create pods vault/');
    expect(questions.at(-1)).toBe('get secrets vault/search');
    expect(text).toContain(
      '[MCP206] spec.auth.name: you may neither read Secret vault/search nor run pods in its namespace',
    );
  });

  it('gets the same text whether or not it exists, for a requester who may not read it', async () => {
    const [present, unusable, absent] = await Promise.all([
      asked(inOwnNamespaceAlone, [secretIn('vault')], elsewhere),
      asked(inOwnNamespaceAlone, [secretIn('vault', 'a\nb')], elsewhere),
      asked(inOwnNamespaceAlone, [], elsewhere),
    ]);
    expect(present?.text).toContain('[MCP206]');
    expect([unusable?.text, absent?.text]).toEqual([present?.text, present?.text]);
  });

  it('is checked for a requester who may read it', async () => {
    const { allowed, text } = await asked(() => 'yes', [secretIn('team-a')], elsewhere);
    expect(allowed).toBe(false);
    expect(text).toContain('[MCP201] spec.auth.name: Secret vault/search does not exist');
  });

  it('cannot be mounted, so a pod that names the server is rejected', async () => {
    const pod = (auth: object) =>
      startWebhook({
        configuration,
        objects: { 'all.yaml': [resource(auth), secretIn('team-a'), secretIn('vault')] },
      }).then(({ mutate }) => mutate(reviewOf(labelledPod('gateway/search'))));
    expect(await pod({ name: 'search' })).toMatchObject({ allowed: true });
    const denied = await pod(elsewhere);
    expect(denied.allowed).toBe(false);
    expect(denied.status?.message).toContain(
      '[MCP504] metadata.annotations[sallyport.dev/servers]: server search needs Secret vault/search',
    );
    expect(denied.status?.message).toContain('copy it to namespace team-a and refer to the copy');
  });
});

describe('an object without a namespace', () => {
  const cluster = { ...gateway, scope: 'Cluster', operatorNamespace: 'tools-system' };
  const object = {
    apiVersion: 'tools.example.com/v1',
    kind: 'Gateway',
    metadata: { name: 'cluster' },
    spec: { url: 'https://search.example.com/mcp', auth: { name: 'search' } },
  };
  const answer = async (settings: object, secrets: readonly object[], given: object = object) => {
    const { validate } = await startWebhook({
      configuration: { kinds: [cluster], ...settings },
      objects: { 'all.yaml': secrets },
    });
    const kind = { group: 'tools.example.com', version: 'v1', resource: 'gateways' };
    const { allowed, status } = await validate(
      reviewOf(given as never, { resource: kind, namespace: undefined }),
    );
    return { allowed, message: status?.message ?? '' };
  };

  it("has its Secrets in the operator's namespace", async () => {
    expect(await answer({}, [secretIn('tools-system')])).toEqual({ allowed: true, message: '' });
    const missing = await answer({}, [secretIn('default')]);
    expect(missing.allowed).toBe(false);
    expect(missing.message).toContain('[MCP201] spec.auth.name: Secret tools-system/search does not exist');
    expect(missing.message).toContain('kubectl -n tools-system create secret');
  });

  it('follows the configuration to the namespace of another installation', async () => {
    const elsewhere = { operatorNamespaces: { ours: 'platform' } };
    expect(await answer(elsewhere, [secretIn('platform')])).toMatchObject({ allowed: true });
    expect((await answer(elsewhere, [secretIn('tools-system')])).message).toContain('Secret platform/search');
  });

  it('can be updated, and no pod can ask for it', async () => {
    const { mutate, validate } = await startWebhook({
      configuration: { kinds: [cluster] },
      objects: { 'all.yaml': [object, secretIn('tools-system')] },
    });
    const kind = { group: 'tools.example.com', version: 'v1', resource: 'gateways' };
    const changed = { ...object, spec: { ...object.spec, url: 'https://other.example.com/mcp' } };
    const review = reviewOf(changed, {
      resource: kind,
      namespace: undefined,
      operation: 'UPDATE',
      oldObject: object,
    });
    expect(await validate(review)).toMatchObject({ allowed: true });
    const denied = await mutate(reviewOf(labelledPod('gateway/cluster')));
    expect(denied.status?.message).toContain('[MCP504]');
  });
});

describe('a ConfigMap in another namespace', () => {
  const header = {
    each: '$.spec.auth',
    name: "'X-Tenant'",
    configMap: '@.name',
    namespace: '@.namespace',
    key: "'tenant'",
  };
  const kinds = [{ ...gateway, servers: { ...gateway.servers, headers: [header] } }];
  const configMap = (namespace: string, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'search', namespace },
    data,
  });
  const answerTo = async (namespace: string, objects: readonly object[]) => {
    const files = fileCluster(
      () => Promise.resolve(parseDocuments(asYaml(objects), 'cluster.yaml').documents),
      { namespace: 'default', missing: { state: 'absent' } },
    );
    const cluster = { ...files, hasAuthorizer: true, may: () => Promise.resolve('yes' as const) };
    const { validate } = await startWebhook({ configuration: { kinds }, cluster });
    const kind = { group: 'tools.example.com', version: 'v1', resource: 'gateways' };
    return validate(reviewOf(resource({ name: 'search', namespace }), { resource: kind }));
  };

  it('is not disclosed, because no question to the authorizer is about it', async () => {
    const [absent, ...others] = [
      await answerTo('vault', []),
      await answerTo('vault', [configMap('vault', { tenant: 'acme' })]),
      await answerTo('vault', [configMap('vault', { other: 'acme' })]),
      await answerTo('vault', [configMap('vault', { tenant: 'line\nline' })]),
    ];
    for (const other of others) expect(other).toEqual(absent);
    const own = await answerTo('team-a', []);
    expect(JSON.stringify(own)).toContain('ConfigMap team-a/search, which does not exist');
  });
});
