import { describe, expect, it } from 'vitest';
import type { UnknownCause } from '../../src/core/facts.ts';
import { sourceKey } from '../../src/core/model.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { parseDocuments } from '../../src/files/documents.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';
import {
  asYaml,
  labelledPod,
  remoteProxy,
  remoteServer,
  reviewOf,
  secret,
  startWebhook,
  updateOf,
} from '../support/webhook.ts';

type Annotations = Readonly<Record<string, string>>;

const token = (annotations?: Annotations, name = 'github-token') => ({
  ...secret(name, { token: 'Bearer abc' }),
  metadata: { name, namespace: 'team-a', ...(annotations ? { annotations } : {}) },
});
const origins = { 'sallyport.dev/upstreams': 'https://api.example.com' };

const codesOf = ({ status }: AdmissionResponse) => status?.details?.causes.map(({ reason }) => reason) ?? [];
const messageOf = ({ status }: AdmissionResponse) => status?.message ?? '';

/** What the two webhooks say about a resource, and about a pod that asks for it. */
async function bothSay(resource: object, objects: readonly object[], configuration: object = {}) {
  const stored = { 'cluster.yaml': [...objects, resource] };
  const { validate, mutate } = await startWebhook({ objects: stored, configuration });
  return [
    await validate(reviewOf(resource as Record<string, unknown>)),
    await mutate(reviewOf(labelledPod('mcpremoteproxy/github'))),
  ] as const;
}

describe('a Secret without an origin limit', () => {
  const required = (mode: string) => ({ credentials: { requireUpstreams: mode } });

  it('is nothing to report until the platform asks for limits', async () => {
    for (const answer of await bothSay(remoteProxy(), [token()]))
      expect(answer).toMatchObject({ allowed: true });
    for (const { warnings } of await bothSay(remoteProxy(), [token()])) expect(warnings).toBeUndefined();
  });

  it('is a warning at both gates with requireUpstreams: warn', async () => {
    for (const { allowed, warnings } of await bothSay(remoteProxy(), [token()], required('warn'))) {
      expect(allowed).toBe(true);
      expect(warnings?.join()).toContain('MCP209');
    }
  });

  it('is denied at both gates with requireUpstreams: enforce, with the annotation to add', async () => {
    for (const answer of await bothSay(remoteProxy(), [token()], required('enforce'))) {
      expect(codesOf(answer)).toEqual(['MCP209']);
      expect(messageOf(answer)).toContain(
        'Secret team-a/github-token has no origin limit; a user who may write MCP resources in namespace team-a can have it sent to any host. ' +
          'Fix: if it is for https://api.example.com alone, run ' +
          'kubectl -n team-a annotate secret github-token sallyport.dev/upstreams=https://api.example.com as its owner.',
      );
    }
  });

  it('passes at both gates once its owner names the origin', async () => {
    for (const answer of await bothSay(remoteProxy(), [token(origins)], required('enforce')))
      expect(answer).toMatchObject({ allowed: true });
  });

  it('is denied in every place a server takes it from: also optional, and as a client certificate', async () => {
    const names = ['a', 'b', 'c'];
    const { validate } = await startWebhook({
      objects: { 's.yaml': names.map((name) => token(undefined, name)) },
      configuration: required('enforce'),
    });
    const server = remoteServer([
      { name: 'X-A', valueFrom: { type: 'Secret', name: 'a', key: 'token' } },
      { name: 'X-B', valueFrom: { type: 'Secret', name: 'b', key: 'token', optional: true } },
    ]);
    const annotated = {
      ...server,
      metadata: { ...server.metadata, annotations: { 'sallyport.dev/client-tls-secret': 'c' } },
    };
    const answer = await validate(reviewOf(annotated));
    for (const name of names)
      expect(messageOf(answer)).toContain(`Secret team-a/${name} has no origin limit`);
  });

  it('is not reported for a CA, which is no credential', async () => {
    const resource = remoteProxy({ headerForward: {} });
    const annotated = {
      ...resource,
      metadata: { ...resource.metadata, annotations: { 'sallyport.dev/ca-secret': 'github-token/token' } },
    };
    const [answer] = await bothSay(annotated, [token()], required('enforce'));
    expect(codesOf(answer)).not.toContain('MCP209');
  });

  it('may be required of some namespaces alone, and may be left to others', async () => {
    const only = { modes: { namespaces: [{ names: ['team-*'], rules: { MCP209: 'enforce' } }] } };
    for (const answer of await bothSay(remoteProxy(), [token()], only))
      expect(codesOf(answer)).toEqual(['MCP209']);
    const but = {
      ...required('enforce'),
      modes: { namespaces: [{ names: ['team-*'], rules: { MCP209: 'off' } }] },
    };
    for (const answer of await bothSay(remoteProxy(), [token()], but)) expect(answer.allowed).toBe(true);
  });

  it.each([
    ["a namespace's label", { modes: { namespaceLabelMay: ['enforce'] } }],
    ['a mode for its kind', { modes: { kinds: { 'mcpremoteproxies.toolhive.stacklok.dev': 'enforce' } } }],
  ])('is not switched on by %s, which is about all rules', async (_, configuration) => {
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team-a', labels: { 'sallyport.dev/mode': 'enforce' } },
    };
    // The rule runs, because another namespace requires limits.
    const elsewhere = [{ names: ['team-b'], rules: { MCP209: 'enforce' } }];
    const [answer] = await bothSay(remoteProxy(), [token(), namespace], {
      modes: { ...configuration.modes, namespaces: elsewhere },
    });
    expect(answer).toMatchObject({ allowed: true });
  });

  it('is kept by an update that moves nothing, and denied by one that changes the URL', async () => {
    const { validate } = await startWebhook({
      objects: { 's.yaml': [token()] },
      configuration: required('enforce'),
    });
    const kept = await validate(updateOf(remoteProxy(), remoteProxy({ transport: 'sse' })));
    expect(kept.allowed).toBe(true);
    expect(kept.warnings?.join()).toContain('already there before this change');
    const moved = remoteProxy({ remoteUrl: 'https://other.example.com/mcp' });
    expect(codesOf(await validate(updateOf(remoteProxy(), moved)))).toEqual(['MCP209']);
  });
});

describe('a Secret that could not be read', () => {
  /** A cluster that answers every question but those about Secrets. */
  async function unread(cause: UnknownCause, objects: readonly object[]) {
    const { documents } = parseDocuments(asYaml(objects), 'cluster.yaml');
    const files = fileCluster(() => Promise.resolve(documents), {
      namespace: 'team-a',
      missing: { state: 'absent' },
    });
    const cluster: Cluster = {
      ...files,
      async facts(sources, deadline) {
        const facts = new Map(await files.facts(sources, deadline));
        const unknown = { state: 'unknown', cause, why: 'the API server did not answer' } as const;
        for (const source of sources) if (source.kind === 'Secret') facts.set(sourceKey(source), unknown);
        return facts;
      },
    };
    const configuration = {
      credentials: { requireUpstreams: 'enforce' },
      modes: { rules: { MCP208: 'off', MCP406: 'off' } },
    };
    const { validate, mutate } = await startWebhook({ cluster, configuration });
    return [
      await validate(reviewOf(objects[0] as Record<string, unknown>)),
      await mutate(reviewOf(agent)),
    ] as const;
  }
  const agent = labelledPod('mcpremoteproxy/github');
  const server = remoteProxy();
  const withCa = {
    ...server,
    metadata: { ...server.metadata, annotations: { 'sallyport.dev/ca-configmap': 'private-ca' } },
  };

  it.each<UnknownCause>(['late', 'throttled', 'failed', 'too-many', 'too-large'])(
    'is denied at both gates, as if it had no limit and allowed no CA: %s',
    async (cause) => {
      for (const answer of await unread(cause, [withCa])) {
        expect(new Set(codesOf(answer))).toEqual(new Set(['MCP209', 'MCP210']));
        expect(messageOf(answer)).toContain('is not known: the API server did not answer');
      }
    },
  );

  it.each<UnknownCause>(['late', 'throttled', 'failed', 'too-many'])(
    'is denied where the object that names it could not be read: %s',
    async (cause) => {
      const unknown = { state: 'unknown', cause, why: 'the API server did not answer' } as const;
      const { documents } = parseDocuments(asYaml([token(origins)]), 'cluster.yaml');
      const files = fileCluster(() => Promise.resolve(documents), {
        namespace: 'team-a',
        missing: { state: 'absent' },
      });
      const { validate } = await startWebhook({
        cluster: { ...files, get: () => Promise.resolve(unknown) },
      });
      const linked = remoteProxy({ headerForward: {}, externalAuthConfigRef: { name: 'login' } });
      const answer = await validate(reviewOf(linked));
      expect(codesOf(answer)).toEqual(['MCP208']);
      expect(messageOf(answer)).toContain(
        'whether the Secrets of MCPExternalAuthConfig team-a/login may be sent to https://api.example.com is not known: the API server did not answer',
      );
    },
  );

  it('is admitted where the platform does not let Sallyport read it', async () => {
    for (const { allowed } of await unread('forbidden', [withCa])) expect(allowed).toBe(true);
  });
});

describe('a requester who may not read the Secret', () => {
  it('uses it with the CA that its owner allows, and with no other', async () => {
    const allowing = token({ ...origins, 'sallyport.dev/upstream-cas': 'configmap/private-ca' });
    const { documents } = parseDocuments(asYaml([allowing]), 'cluster.yaml');
    const files = fileCluster(() => Promise.resolve(documents), {
      namespace: 'team-a',
      missing: { state: 'absent' },
    });
    const { validate } = await startWebhook({
      cluster: { ...files, hasAuthorizer: true, may: () => Promise.resolve('no') },
    });
    const server = (ca: string) => ({
      ...remoteProxy(),
      metadata: { ...remoteProxy().metadata, annotations: { 'sallyport.dev/ca-configmap': ca } },
    });
    expect(await validate(reviewOf(server('private-ca')))).toMatchObject({ allowed: true });
    expect(codesOf(await validate(reviewOf(server('another-ca'))))).toEqual(['MCP210']);
  });
});

describe('a Secret in an environment', () => {
  const model = (spec: object = {}) => ({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'ModelConfig',
    metadata: { name: 'model', namespace: 'team-a' },
    spec: {
      provider: 'OpenAI',
      apiKeySecret: 'github-token',
      apiKeySecretKey: 'token',
      openAI: { baseUrl: 'https://api.example.com/v1' },
      ...spec,
    },
  });
  const kmcp = {
    apiVersion: 'kagent.dev/v1alpha1',
    kind: 'MCPServer',
    metadata: { name: 'tools', namespace: 'team-a' },
    spec: {
      transportType: 'http',
      deployment: { image: 'a', port: 8080, secretRefs: [{ name: 'github-token' }] },
      httpTransport: { tls: { secretRef: 'server-tls' } },
    },
  };
  const limits = (upstreams: string) => ({ 'sallyport.dev/upstreams': upstreams });
  const codesFor = async (resource: object, secrets: readonly object[], configuration: object = {}) => {
    const { validate } = await startWebhook({ objects: { 's.yaml': secrets }, configuration });
    const answer = await validate(reviewOf(resource as Record<string, unknown>));
    expect(answer.status?.reason).not.toBe('BadRequest');
    return codesOf(answer);
  };

  it('needs a limit where the platform requires one', async () => {
    const required = { credentials: { requireUpstreams: 'enforce' } };
    expect(await codesFor(model(), [token()], required)).toEqual(['MCP209']);
    expect(await codesFor(model(), [token(origins)], required)).toEqual([]);
  });

  it.each([
    ['a CA of its author', { caCertSecretRef: 'ca', caCertSecretKey: 'root.pem' }],
    ['no verification', { disableVerify: true }],
  ])('of a model is not sent there with %s', async (_, tls) => {
    const secrets = [token(origins), secret('ca', { 'root.pem': 'PEM' })];
    expect(await codesFor(model({ tls }), secrets)).toEqual(['MCP210']);
    // The provider's own URL is an origin too, whatever it is.
    expect(await codesFor(model({ tls, openAI: undefined }), secrets)).toEqual(['MCP210']);
  });

  it("of a server's own process has nothing to do with the CA that its callers use", async () => {
    const secrets = [
      token(limits('https://tools.team-a.svc:8080')),
      secret('server-tls', { 'ca.crt': 'PEM' }),
    ];
    expect(await codesFor(kmcp, secrets)).not.toContain('MCP210');
  });
});

describe('a Secret of an object that another resource names', () => {
  const auth = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPExternalAuthConfig',
    metadata: { name: 'login', namespace: 'team-a' },
    spec: {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Api-Key', valueSecretRef: { name: 'github-token', key: 'token' } },
    },
  };
  const entry = (remoteUrl: string, annotations: Annotations = {}) => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'github', namespace: 'team-a', annotations },
    spec: {
      remoteUrl,
      transport: 'streamable-http',
      groupRef: { name: 'tools' },
      externalAuthConfigRef: { name: 'login' },
    },
  });
  const say = async (resource: object, secrets: readonly object[], configuration: object = {}) => {
    const { validate } = await startWebhook({ objects: { 'all.yaml': [auth, ...secrets] }, configuration });
    return validate(reviewOf(resource as Record<string, unknown>));
  };

  it('may not be sent to another origin than its owner allows', async () => {
    expect((await say(entry('https://api.example.com/mcp'), [token(origins)])).allowed).toBe(true);
    const answer = await say(entry('https://attacker.example/mcp'), [token(origins)]);
    expect(codesOf(answer)).toEqual(['MCP208']);
    expect(messageOf(answer)).toContain(
      'spec.externalAuthConfigRef.name: MCPExternalAuthConfig team-a/login',
    );
  });

  it('needs a limit where the platform requires one', async () => {
    const required = { credentials: { requireUpstreams: 'enforce' } };
    expect(codesOf(await say(entry('https://api.example.com/mcp'), [token()], required))).toEqual(['MCP209']);
  });

  it('is not sent to a server that the author of the resource vouches for', async () => {
    const resource = entry('https://api.example.com/mcp', { 'sallyport.dev/ca-secret': 'github-ca' });
    const ca = secret('github-ca', { 'ca.crt': 'PEM' });
    expect(codesOf(await say(resource, [token(origins), ca]))).toEqual(['MCP210']);
  });
});

describe('a CA that the author of a resource chooses', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const caMap = (name = 'private-ca') => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'team-a' },
    data: { 'ca.crt': pem, other: pem },
  });
  const withCa = (annotations: Annotations = { 'sallyport.dev/ca-configmap': 'private-ca' }) => ({
    ...remoteProxy(),
    metadata: { ...remoteProxy().metadata, annotations },
  });
  const allowing = (upstreamCas: string) => token({ ...origins, 'sallyport.dev/upstream-cas': upstreamCas });
  const quiet = { modes: { rules: { MCP406: 'off' } } };

  it('is denied at both gates for a Secret with an origin limit', async () => {
    for (const answer of await bothSay(withCa(), [token(origins), caMap()], quiet)) {
      expect(codesOf(answer)).toEqual(['MCP210']);
      expect(messageOf(answer)).toContain(
        'Secret team-a/github-token is limited to its origins by its owner, and ConfigMap team-a/private-ca adds a CA that its owner does not allow; ' +
          'with a certificate of that CA, another host or an egress proxy can receive the credential',
      );
      expect(messageOf(answer)).toContain(
        'kubectl -n team-a annotate secret github-token sallyport.dev/upstream-cas=configmap/private-ca/ca.crt as',
      );
    }
  });

  it.each<[string, Annotations, string]>([
    [
      'the key of a ConfigMap',
      { 'sallyport.dev/ca-configmap': 'private-ca/other' },
      'configmap/private-ca/other',
    ],
    [
      'a ConfigMap, which means its key ca.crt',
      { 'sallyport.dev/ca-configmap': 'private-ca' },
      'configmap/private-ca',
    ],
    ['the key of a Secret', { 'sallyport.dev/ca-secret': 'ca/root.pem' }, 'configmap/x, secret/ca/root.pem'],
    ['any CA', { 'sallyport.dev/ca-configmap': 'private-ca' }, 'any'],
  ])('passes where the owner allows %s', async (_, annotations, allowed) => {
    const ca = { ...secret('ca', { 'root.pem': pem }) };
    const [answer] = await bothSay(withCa(annotations), [allowing(allowed), caMap(), ca], quiet);
    expect(answer).toMatchObject({ allowed: true });
  });

  it.each<[string, Annotations, string]>([
    ['another key', { 'sallyport.dev/ca-configmap': 'private-ca/other' }, 'configmap/private-ca/ca.crt'],
    ['another ConfigMap', { 'sallyport.dev/ca-configmap': 'private-ca' }, 'configmap/public-ca'],
    ['a Secret of that name', { 'sallyport.dev/ca-configmap': 'private-ca' }, 'secret/private-ca'],
    ['nothing', { 'sallyport.dev/ca-configmap': 'private-ca' }, ''],
    ['a word that says nothing', { 'sallyport.dev/ca-configmap': 'private-ca' }, 'all'],
  ])('is denied where the owner allows %s', async (_, annotations, allowed) => {
    const [answer] = await bothSay(withCa(annotations), [allowing(allowed), caMap()], quiet);
    expect(codesOf(answer)).toEqual(['MCP210']);
  });

  it('passes for a Secret whose owner limits nothing', async () => {
    for (const answer of await bothSay(withCa(), [token(), caMap()], quiet))
      expect(answer).toMatchObject({ allowed: true });
  });

  it('passes from the limited Secret itself, whose owner chose it', async () => {
    const own = { ...token(origins), stringData: { token: 'Bearer abc', 'ca.crt': pem } };
    const [answer] = await bothSay(withCa({ 'sallyport.dev/ca-secret': 'github-token' }), [own], quiet);
    expect(answer).toMatchObject({ allowed: true });
  });

  it("is denied in a kind's own field too", async () => {
    const server = {
      ...remoteServer([{ name: 'X-A', valueFrom: { type: 'Secret', name: 'github-token', key: 'token' } }]),
    };
    const { validate } = await startWebhook({
      objects: {
        's.yaml': [
          token({ 'sallyport.dev/upstreams': 'https://mcp.linear.example' }),
          secret('ca', { 'root.pem': pem }),
        ],
      },
      configuration: quiet,
    });
    const tls = { caCertSecretRef: 'ca', caCertSecretKey: 'root.pem' };
    const answer = await validate(reviewOf({ ...server, spec: { ...server.spec, tls } }));
    expect(codesOf(answer)).toEqual(['MCP210']);
  });

  it('is denied without verification, which no annotation allows', async () => {
    const server = remoteServer([
      { name: 'X-A', valueFrom: { type: 'Secret', name: 'github-token', key: 'token' } },
    ]);
    const limited = token({
      'sallyport.dev/upstreams': 'https://mcp.linear.example',
      'sallyport.dev/upstream-cas': 'any',
    });
    const { validate } = await startWebhook({ objects: { 's.yaml': [limited] } });
    const answer = await validate(
      reviewOf({ ...server, spec: { ...server.spec, tls: { disableVerify: true } } }),
    );
    expect(codesOf(answer)).toEqual(['MCP210']);
    expect(messageOf(answer)).toContain("the server's certificate is not verified");
  });

  it('is kept by an update that changes nothing of it, and denied by one that adds it', async () => {
    const { validate } = await startWebhook({
      objects: { 's.yaml': [token(origins), caMap()] },
      configuration: quiet,
    });
    const kept = await validate(updateOf(withCa(), withCa()));
    expect(kept.allowed).toBe(true);
    expect(codesOf(await validate(updateOf(remoteProxy(), withCa())))).toEqual(['MCP210']);
  });
});
