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
