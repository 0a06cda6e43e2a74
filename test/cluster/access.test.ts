import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, documents, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, secret, serverEntry, testNamespace } from './objects.ts';
import { configured } from './sallyport.ts';

/** Who is asking is a question for the cluster's own authorizer, so it is asked with real users and real RBAC. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('access');

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const editEntries = rule('toolhive.stacklok.dev', ['mcpserverentries'], ['get', 'create', 'patch']);
const createServers = rule('kagent.dev', ['mcpservers', 'remotemcpservers'], ['create']);
const users = {
  writer: [editEntries, createServers],
  reader: [editEntries, rule('', ['secrets'], ['get'])],
  runner: [editEntries, createServers, rule('', ['pods'], ['create'])],
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

/** What kubectl shows for a dry run, which is judged like any other request. */
const tried = (user: string, ...manifests: readonly Manifest[]) =>
  kubectl.try(
    ['create', '--dry-run=server', `--as=${user}`, '-f', '-'],
    documents(manifests.map((manifest) => JSON.stringify(manifest))),
  );
const names = (count: number) => Array.from({ length: count }, (_, i) => `large-${i}`);

/** A kmcp server that mounts each Secret if it exists. */
const mounting = (count: number): Manifest => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { namespace: ns, name: 'mounting' },
  spec: {
    transportType: 'http',
    httpTransport: { targetPort: 3000 },
    deployment: {
      image: 'example.com/server:1',
      port: 3000,
      volumes: names(count).map((secretName) => ({
        name: secretName,
        secret: { secretName, optional: true },
      })),
    },
  },
});

describe('where MCP206 is enforced', () => {
  beforeAll(() => configured(kubectl, { modes: { rules: { MCP206: 'enforce' } } }));
  afterAll(() => configured(kubectl, {}));

  it.each([1, 200, 256])(
    'a writer is denied each of %d optional Secrets, however many questions that takes',
    async (count) => {
      const { code, stderr } = await tried('writer', mounting(count));
      expect(code).toBe(1);
      expect(stderr).toContain('[MCP206]');
    },
  );

  it.each([300, 600])('a writer gets no object with %d optional Secrets admitted', async (count) => {
    expect(await tried('writer', mounting(count))).toMatchObject({ code: 1 });
  });

  it('a runner is asked about none of them', async () => {
    expect(await tried('runner', mounting(200))).toMatchObject({ code: 0 });
  });
});

describe('large Secrets that may be sent only to another origin', () => {
  const elsewhere = { 'sallyport.dev/upstreams': 'https://elsewhere.example.com' };
  beforeAll(async () => {
    for (let i = 0; i < 200; i += 25) {
      const some = names(200).slice(i, i + 25);
      const secrets = some.map((name) => ({
        ...secret(ns, name, { token: 'Bearer abc', filler: 'x'.repeat(160_000) }),
        metadata: { namespace: ns, name, annotations: elsewhere },
      }));
      await kubectl.run(['create', '-f', '-'], documents(secrets.map((one) => JSON.stringify(one))));
    }
  });

  it.each([1, 20, 60, 200])('are denied, %d of them', async (count) => {
    const server = {
      apiVersion: 'kagent.dev/v1alpha2',
      kind: 'RemoteMCPServer',
      metadata: { namespace: ns, name: 'sending' },
      spec: {
        description: 'sends many Secrets',
        url: 'https://mcp.example.com/mcp',
        headersFrom: names(count).map((name, i) => ({
          name: `X-Header-${i}`,
          valueFrom: { type: 'Secret', name, key: 'token' },
        })),
      },
    };
    const { code, stderr } = await tried('runner', server);
    expect(code).toBe(1);
    expect(stderr).toContain(`${count} problem`);
    expect(stderr).toContain('[MCP208] spec.headersFrom[0].valueFrom.name');
    // The false "Premature close" of the client. On a busy machine the last of 200 may be late, which denies as well.
    expect(stderr).not.toContain('cannot be reached');
  });
});

describe('the author of a pod', () => {
  const spec = {
    containers: [{ name: 'app', image: 'app:test' }],
    volumes: [{ name: 'plain', secret: { secretName: 'plain' } }],
  };
  const aPod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: ns, name: 'mounts' }, spec };
  const aDeployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: ns, name: 'mounts' },
    spec: {
      selector: { matchLabels: { app: 'mounts' } },
      template: { metadata: { labels: { app: 'mounts' } }, spec },
    },
  };

  it.each([
    ['runner', aPod],
    ['deployer', aDeployment],
  ])('(%s) mounts any Secret without Sallyport, so MCP206 passes by definition', async (user, object) => {
    expect(await tried(user, object)).toMatchObject({ code: 0 });
  });

  it.each([
    ['a pod', aPod],
    ['a Deployment', aDeployment],
  ])('is never a requester of whom MCP206 complains: RBAC allows that one no %s', async (_, object) => {
    const { code, stderr } = await tried('writer', object);
    expect(code).toBe(1);
    expect(stderr).toContain('User "writer" cannot create resource');
  });
});
