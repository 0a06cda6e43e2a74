import { describe, expect, it } from 'vitest';
import { fileCluster } from '../../src/files/file-cluster.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import { parseDocuments } from '../../src/files/documents.ts';
import { unanswered } from '../support/cluster.ts';
import { asYaml, remoteProxy, reviewOf, secret, startWebhook } from '../support/webhook.ts';

/** A cluster whose authorizer says the same about every Secret, and remembers who was asked about. */
function clusterThat(says: boolean | 'nothing' | { readonly only: string }, objects: readonly object[]) {
  const asked: string[] = [];
  const files = fileCluster(
    () => Promise.resolve(parseDocuments(asYaml(objects), 'cluster.yaml').documents),
    {
      namespace: 'default',
      missing: { state: 'absent' },
    },
  );
  const cluster: Cluster = {
    ...files,
    hasAuthorizer: true,
    may: ({ username, groups }, { verb, group, resource, namespace, name }) => {
      asked.push(`${username} [${groups.join()}] ${verb} ${resource} ${namespace}/${name ?? ''}`);
      if (says === 'nothing') return Promise.resolve(unanswered);
      const yes = typeof says === 'boolean' ? says : `${verb} ${group}/${resource}` === says.only;
      return Promise.resolve(yes ? 'yes' : 'no');
    },
  };
  return { cluster, asked };
}

const enforced = { modes: { rules: { MCP206: 'enforce' } } };
const token = (value = 'Bearer abc', upstreams?: string) => ({
  ...secret('github-token', { token: value }),
  metadata: {
    name: 'github-token',
    namespace: 'team-a',
    annotations: upstreams === undefined ? {} : { 'sallyport.dev/upstreams': upstreams },
  },
});

/** What a requester is told, and who was asked about. */
async function told(
  says: Parameters<typeof clusterThat>[0],
  objects: readonly object[],
  configuration: object = {},
) {
  const { cluster, asked } = clusterThat(says, objects);
  const { validate } = await startWebhook({ cluster, configuration });
  const { allowed, warnings = [], status } = await validate(reviewOf(remoteProxy()));
  return { allowed, warnings, message: status?.message ?? '', asked };
}

/** The built-in workloads besides pods. */
const workloads = [
  'deployments',
  'statefulsets',
  'daemonsets',
  'replicasets',
  'jobs',
  'cronjobs',
  'replicationcontrollers',
];

describe('a requester who may run pods hears nothing of it', () => {
  it.each([
    '/pods',
    'apps/deployments',
    'apps/statefulsets',
    'apps/daemonsets',
    'apps/replicasets',
    'batch/jobs',
    'batch/cronjobs',
    '/replicationcontrollers',
  ])('through the right to create %s alone', async (resource) => {
    const { allowed, warnings, message } = await told({ only: `create ${resource}` }, [token()], enforced);
    expect({ allowed, warnings, message }).toEqual({ allowed: true, warnings: [], message: '' });
  });

  it('and is asked about pods first, and about nothing else if that is enough', async () => {
    const { asked } = await told(true, [token()]);
    expect(asked).toEqual(['dev@example.com [system:authenticated] create pods team-a/']);
  });
});

describe('a requester who could not use the Secret otherwise', () => {
  it('is warned, and refused where the platform says so', async () => {
    const warned = await told(false, [token()]);
    const dev = 'dev@example.com [system:authenticated]';
    expect(warned.asked).toEqual([
      `${dev} create pods team-a/`,
      ...workloads.map((resource) => `${dev} create ${resource} team-a/`),
      `${dev} get secrets team-a/github-token`,
    ]);
    expect(warned.allowed).toBe(true);
    expect(warned.warnings.join()).toContain(
      '[MCP206] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: you may neither read Secret team-a/github-token nor run pods in its namespace',
    );
    expect(await told(false, [token()], enforced)).toMatchObject({ allowed: false });
  });

  it('hears nothing of it where the owner of the Secret named the origin', async () => {
    const here = await told(false, [token('Bearer abc', 'https://api.example.com')], enforced);
    expect(here).toMatchObject({ allowed: true, warnings: [] });
  });

  it('does not learn what the value is like', async () => {
    const unusable = token('line\nline');
    expect((await told(true, [unusable])).message).toContain('[MCP204]');
    const kept = await told(false, [unusable]);
    expect(kept.allowed).toBe(true);
    expect(kept.warnings.join()).not.toContain('MCP204');
  });

  it('learns in the namespace of the object whether the Secret is there, unless existence is strict', async () => {
    expect((await told(false, [])).message).toContain('[MCP201]');
    const strict = { existence: 'strict' };
    const [present, absent] = [await told(false, [token()], strict), await told(false, [], strict)];
    expect(present).toEqual(absent);
    expect(present.warnings.join()).toContain('[MCP203]');
    expect(present.warnings.join()).toContain('you may not read it');
  });

  it('is denied with one text for every Secret where existence is strict, because its origins are not theirs to know', async () => {
    const strict = { existence: 'strict' };
    const [absent, ...others] = [
      await told(false, [], strict),
      await told(false, [token()], strict),
      await told(false, [token('line\nline')], strict),
      await told(false, [token('Bearer abc', 'https://api.example.com')], strict),
      await told(false, [token('Bearer abc', 'https://elsewhere.example.com')], strict),
    ];
    expect(absent?.allowed).toBe(false);
    expect(absent?.message).toContain(
      '[MCP208] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: whether Secret team-a/github-token may be sent to https://api.example.com is not known: you may not read it',
    );
    for (const other of others) expect(other).toEqual(absent);
  });
});

describe('an authorizer that does not answer', () => {
  it('denies under enforce, says that it is not known, and tells nothing of the value', async () => {
    const answer = await told('nothing', [token('line\nline')], enforced);
    expect(answer.allowed).toBe(false);
    expect(answer.message).toContain(
      '[MCP206] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: whether you may use Secret team-a/github-token is not known: the API server did not answer',
    );
    expect(JSON.stringify(answer)).not.toMatch(/MCP204|canary|neither read/);
  });

  it('is a warning where MCP206 is one, as by default', async () => {
    const answer = await told('nothing', [token()]);
    expect(answer.allowed).toBe(true);
    expect(answer.warnings.join()).toContain('[MCP206]');
  });

  it('needs no answer where the owner of the Secret named the origin', async () => {
    const answer = await told('nothing', [token('Bearer abc', 'https://api.example.com')], enforced);
    expect(answer).toMatchObject({ allowed: true, warnings: [] });
  });
});

it('a requester who may use the Secret hears only what is wrong with it', async () => {
  expect(await told(true, [token()])).toMatchObject({ allowed: true, warnings: [] });
});

describe('a Secret of another namespace', () => {
  const provider = {
    apiVersion: 'runtime.agentic-layer.ai/v1alpha1',
    kind: 'GuardrailProvider',
    metadata: { name: 'bedrock', namespace: 'team-a' },
    spec: {
      type: 'bedrock-api',
      bedrock: { region: 'eu-west-2', credentialsSecretRef: { name: 'aws', namespace: 'team-b' } },
    },
  };
  const aws = (stringData: Readonly<Record<string, string>>, annotations: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'aws', namespace: 'team-b', annotations },
    stringData,
  });
  const answerTo = async (says: boolean | 'nothing', objects: readonly object[]) => {
    const { validate } = await startWebhook({ cluster: clusterThat(says, objects).cluster });
    return validate(reviewOf(provider));
  };

  it.each([false, 'nothing'] as const)(
    'is not disclosed to a requester who may not use it: existence, keys and origins change no byte (authorizer: %s)',
    async (says) => {
      const keys = { 'aws-access-key-id': 'x', 'aws-secret-access-key': 'y' };
      const [absent, ...others] = [
        await answerTo(says, []),
        await answerTo(says, [aws(keys)]),
        await answerTo(says, [aws({ other: 'z' })]),
        await answerTo(says, [aws(keys, { 'sallyport.dev/upstreams': 'https://other.example.com' })]),
      ];
      expect(JSON.stringify(absent)).toContain('[MCP206]');
      for (const other of others) expect(other).toEqual(absent);
    },
  );

  it('is judged as any other for a requester who may use it', async () => {
    expect((await answerTo(true, [])).status?.message).toContain('Secret team-b/aws does not exist');
  });
});

describe('what an object of another namespace needs', () => {
  const metadata = (namespace: string, name: string) => ({ name, namespace });
  const agent = (namespace?: string) => ({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'Agent',
    metadata: metadata('team-a', 'office'),
    spec: {
      type: 'Declarative',
      declarative: {
        tools: [{ type: 'McpServer', mcpServer: { kind: 'RemoteMCPServer', name: 'calendar', namespace } }],
      },
    },
  });
  const calendar = (namespace: string) => ({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'RemoteMCPServer',
    metadata: metadata(namespace, 'calendar'),
    spec: {
      url: 'https://calendar.example.com/mcp',
      headersFrom: [
        { name: 'Authorization', valueFrom: { type: 'Secret', name: 'calendar-token', key: 'token' } },
      ],
    },
  });
  const said = async (review: object, objects: readonly object[], says = true) => {
    const { cluster } = clusterThat(says, objects);
    const { validate } = await startWebhook({ cluster });
    const { allowed, warnings = [], status } = await validate(review);
    return { allowed, codes: [...warnings, status?.message ?? ''].join().match(/MCP\d+/g) ?? [] };
  };

  it('is not told, whether the object is there or not', async () => {
    const review = reviewOf(agent('team-b'));
    expect(await said(review, [calendar('team-b')])).toEqual({ allowed: true, codes: [] });
    expect(await said(review, [])).toEqual({ allowed: true, codes: [] });
  });

  it('is told of the own namespace, and whose fault it is not', async () => {
    expect(await said(reviewOf(agent()), [])).toEqual({ allowed: true, codes: ['MCP205'] });
    expect(await said(reviewOf(agent()), [calendar('team-a')])).toEqual({
      allowed: false,
      codes: ['MCP201'],
    });
    const token = { ...secret('calendar-token', { token: 'Bearer abc' }) };
    expect(await said(reviewOf(agent()), [calendar('team-a'), token], false)).toEqual({
      allowed: true,
      codes: [],
    });
  });
});
