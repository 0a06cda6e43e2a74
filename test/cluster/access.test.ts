import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, secret, serverEntry, testNamespace } from './objects.ts';

/** Who is asking is a question for the cluster's own authorizer, so it is asked with real users and real RBAC. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('access');

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const editEntries = rule('toolhive.stacklok.dev', ['mcpserverentries'], ['get', 'create', 'patch']);
const users = {
  writer: [editEntries],
  reader: [editEntries, rule('', ['secrets'], ['get'])],
  runner: [editEntries, rule('', ['pods'], ['create'])],
  deployer: [editEntries, rule('apps', ['deployments'], ['create'])],
  // May look at all Secrets, which is as good as reading this one only by `list`: the question is `get`.
  lister: [editEntries, rule('', ['secrets'], ['list'])],
} as const;
type User = keyof typeof users;

const mayDo = (user: User): readonly Manifest[] => {
  const metadata = { namespace: ns, name: user };
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: users[user] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: user },
      subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
    },
  ];
};

const origin = 'https://mcp.example.com';
beforeAll(() =>
  kubectl.apply(
    namespace(ns),
    ...(Object.keys(users) as User[]).flatMap(mayDo),
    secret(ns, 'plain', { token: 'Bearer abc' }),
    secret(ns, 'unusable', { token: 'two\nlines' }),
    {
      ...secret(ns, 'given', { token: 'Bearer abc' }),
      metadata: { namespace: ns, name: 'given', annotations: { 'sallyport.dev/upstreams': origin } },
    },
  ),
);

/** What kubectl shows to that user, who writes an entry that takes its token from that Secret. */
async function shown(user: User, secretName: string) {
  const entry = serverEntry(ns, `${user}-${secretName}`, fromSecret(secretName, 'token'), `${origin}/mcp`);
  const { code, stderr } = await kubectl.tryApply([entry], `--as=${user}`);
  return { code, codes: [...new Set(stderr.match(/MCP\d+/g))].toSorted(), text: stderr };
}

describe('who writes a resource that sends a Secret somewhere', () => {
  it.each<User>(['reader', 'runner', 'deployer'])('as a %s hears nothing of it', async (user) => {
    expect(await shown(user, 'plain')).toEqual({ code: 0, codes: [], text: '' });
  });

  it.each<User>(['writer', 'lister'])('as a %s is warned', async (user) => {
    const { code, codes, text } = await shown(user, 'plain');
    expect({ code, codes }).toEqual({ code: 0, codes: ['MCP206'] });
    expect(text).toContain(
      `Warning: [MCP206] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: you may neither read Secret ${ns}/plain nor run pods in its namespace`,
    );
  });

  it('needs no access where the owner of the Secret named the origin', async () => {
    expect(await shown('writer', 'given')).toMatchObject({ code: 0, codes: [] });
  });

  it('learns what the value is like only with access', async () => {
    expect(await shown('reader', 'unusable')).toMatchObject({ code: 1, codes: ['MCP204'] });
    expect(await shown('writer', 'unusable')).toMatchObject({ code: 0, codes: ['MCP206'] });
  });

  it('learns in the own namespace that a Secret is missing, as its status would say', async () => {
    expect(await shown('reader', 'missing')).toMatchObject({ code: 1, codes: ['MCP201'] });
    expect(await shown('writer', 'missing')).toMatchObject({ code: 1, codes: ['MCP201', 'MCP206'] });
  });
});
