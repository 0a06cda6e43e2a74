import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { podIn } from '../../src/core/k8s/pod-template.ts';
import { containersOf, listAt, type Fields } from '../../src/core/k8s/objects.ts';
import { defaultProxyImage } from '../../src/core/version.ts';
import {
  agentPod,
  githubEntry,
  githubServer,
  headerSecret,
  job,
  on,
  pod,
  serverList,
  session,
  statefulSet,
  storedJob,
  task,
  token,
  toolsConfig,
  world,
} from '../core/operators/kelos-world.ts';
import { beyondClosedList } from '../support/closed-list.ts';
import { operationsOf, reviewOf, startWebhook, updateOf } from '../support/webhook.ts';

const allowed = { uid: 'd9b1c9b0-0000-4000-8000-000000000001', allowed: true };

const webhookWith = (objects: readonly object[] = world, configuration: object = on) =>
  startWebhook({ objects: { 'cluster.yaml': objects }, configuration });

/** The object as it would be stored. */
async function rewritten(object: Fields, objects?: readonly object[]): Promise<Fields> {
  const { rewrite } = await webhookWith(objects);
  const answer = await rewrite(reviewOf(object));
  if (answer.patch === undefined) throw new Error(`not rewritten: ${JSON.stringify(answer)}`);
  expect(beyondClosedList(object, operationsOf(answer))).toEqual([]);
  return applyPatch(object, operationsOf(answer));
}

const listOf = (object: Fields): string => {
  const env = containersOf(podIn(object) ?? {}).flatMap(({ fields }) => listAt(fields, 'env'));
  return String(env.find(({ name }) => String(name).endsWith('_MCP_SERVERS'))?.['value']);
};

const entriesOf = (object: Fields) =>
  (JSON.parse(listOf(object)) as { mcpServers: Record<string, Record<string, unknown>> }).mcpServers;

describe('a Job that Kelos makes for a Task', () => {
  it('loses what came from the Secret, keeps what is harmless, and calls the proxy', async () => {
    const stored = await rewritten(job());
    expect(JSON.stringify(stored)).not.toContain('canary');
    expect(listOf(stored)).toMatch(
      /^\{"mcpServers":\{"github":\{"type":"http","url":"http:\/\/127\.0\.0\.1:147\d\d\/mcp\/","headers":\{"X-Env":"test"\}\}\}\}$/,
    );
    const names = containersOf(podIn(stored) ?? {}).map(({ name }) => name);
    expect(names).toEqual(['sallyport-proxy', 'kelos-agent']);
  });

  it('is not touched while its operator is switched off, as it is after an install', async () => {
    const { rewrite } = await webhookWith(world, {});
    expect(await rewrite(reviewOf(job()))).toEqual(allowed);
  });

  it('gets the same bytes each time', async () => {
    const { rewrite } = await webhookWith();
    expect(await rewrite(reviewOf(job()))).toEqual(await rewrite(reviewOf(job())));
  });

  it('that is reviewed again as it is stored gets no patch', async () => {
    const { rewrite } = await webhookWith();
    expect(await rewrite(reviewOf(await rewritten(job())))).toEqual(allowed);
  });

  it('has the headers field taken out with its last header, as Kelos leaves out what is empty', async () => {
    const list = serverList({ github: githubEntry({ headers: { Authorization: token } }) });
    const stored = await rewritten(job(agentPod(list)), [
      ...world.slice(1),
      toolsConfig([githubServer({ headers: undefined })]),
    ]);
    expect(Object.keys(entriesOf(stored)['github'] ?? {})).toEqual(['type', 'url']);
  });

  it('keeps everything else of the list to the byte: order, escapes, other servers', async () => {
    const other =
      '"10":{"type":"stdio","command":"a\\u003cb","env":{"Z":"1","A":"\\u00e9"}},"9":{"type":"http","url":"https://plain.example.com/x"}';
    const list = `{"mcpServers":{${other},"github":${JSON.stringify(githubEntry())}}}`;
    const stored = await rewritten(job(agentPod(list)));
    expect(listOf(stored)).toContain(
      `{"mcpServers":{${other},"github":{"type":"http","url":"http://127.0.0.1:`,
    );
  });

  it('never gets a variable that Kubernetes would expand', async () => {
    const url = 'https://mcp.example.com/$(HOME)/mcp';
    const stored = await rewritten(job(agentPod(serverList({ github: githubEntry({ url }) }))), [
      ...world.slice(1),
      toolsConfig([githubServer({ url })]),
    ]);
    expect(listOf(stored)).not.toContain('$(');
    expect(entriesOf(stored)['github']?.['url']).toMatch(/\/\$\(HOME\)\/mcp$/);
  });

  it('has the proxy after the steps of Kelos and before the ones of its user', async () => {
    const step = (name: string) => ({ name, image: 'example.com/step:1' });
    const initContainers = [step('git-clone'), step('plugin-setup'), step('warm-up')];
    const stored = await rewritten(job(agentPod(serverList(), { initContainers })));
    const names = containersOf(podIn(stored) ?? {}).map(({ name }) => name);
    expect(names).toEqual(['git-clone', 'plugin-setup', 'sallyport-proxy', 'warm-up', 'kelos-agent']);
  });

  it('is found by its variable, whatever its container is called, in the days of Axon too', async () => {
    const list = serverList({ github: githubEntry({ headers: { 'X-Env': 'test' } }) });
    const config = {
      ...toolsConfig([githubServer({ headersFrom: undefined })]),
      apiVersion: 'axon.io/v1alpha1',
    };
    const metadata = {
      ...config.metadata,
      annotations: { 'sallyport.dev/client-tls-secret': 'github=github-cert' },
    };
    const certificate = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'github-cert', namespace: 'team-a' },
    };
    const axonTask = { ...task({ agentConfigRef: { name: 'tools' } }), apiVersion: 'axon.io/v1alpha1' };
    const ownerReferences = [
      { apiVersion: 'axon.io/v1alpha1', kind: 'Task', name: 'task1', uid: 'uid-of-task1', controller: true },
    ];
    const template = agentPod(list, {}, 'AXON_MCP_SERVERS');
    const { rewrite } = await webhookWith([{ ...config, metadata }, certificate, axonTask]);
    const answer = await rewrite(reviewOf(job(template, { ownerReferences })));
    // A certificate that is not there is a defect of the resource, and the Job is left alone for it.
    expect(answer.auditAnnotations?.['left-alone']).toMatch(/github-cert/);
  });
});

describe('what is not certain is left exactly as it came, with the reason in the audit log', () => {
  it.each<[string, readonly object[], Fields, RegExp]>([
    ['its Task is not there', world.filter((one) => one !== world[2]), job(), /Task task1/],
    [
      'its Task is another one of that name',
      [...world.slice(0, 2), { ...task(), metadata: { ...task().metadata, uid: 'another' } }],
      job(),
      /Task task1/,
    ],
    ['its AgentConfig is not there', world.slice(1), job(), /AgentConfig tools does not exist/],
    [
      'its Secret is not there',
      [world[0] ?? {}, ...world.slice(2)],
      job(),
      /Secret github-headers of server github does not exist/,
    ],
    [
      'the URL is another one than in its AgentConfig',
      [toolsConfig([githubServer({ url: 'https://other.example.com/' })]), ...world.slice(1)],
      job(),
      /the URL or type of server \S+ differs from its AgentConfig/,
    ],
    [
      "a header is nobody's",
      [world[0] ?? {}, headerSecret({ 'X-Other': 'x' }), ...world.slice(2)],
      job(),
      /header Authorization of server github is neither/,
    ],
    [
      'the value of a header is another one than in its AgentConfig',
      [toolsConfig([githubServer({ headers: { 'X-Env': 'production' } })]), ...world.slice(1)],
      job(),
      /header X-Env of server github is neither in its AgentConfig nor a key of its Secret/,
    ],
    [
      'a server is in no AgentConfig',
      world,
      job(agentPod(serverList({ other: githubEntry() }))),
      /server other has headers/,
    ],
    [
      'its list is no JSON',
      world,
      job(agentPod('{"mcpServers":')),
      /does not have the form that Kelos writes/,
    ],
    [
      'a name stands twice in its list',
      world,
      job(
        agentPod(
          '{"mcpServers":{"a":{"type":"http","url":"https://a"},"a":{"type":"http","url":"https://a"}}}',
        ),
      ),
      /does not have the form that Kelos writes/,
    ],
    [
      'its pod shares the network of the node',
      world,
      job(agentPod(serverList(), { hostNetwork: true })),
      /MCP503/,
    ],
    [
      'its AgentConfig has an open finding',
      [
        toolsConfig([githubServer({ headers: { 'X-Env': 'test', 'X-Api-Key': 'sk-not-in-a-secret-1234' } })]),
        ...world.slice(1),
      ],
      job(
        agentPod(
          serverList({
            github: githubEntry({
              headers: { Authorization: token, 'X-Env': 'test', 'X-Api-Key': 'sk-not-in-a-secret-1234' },
            }),
          }),
        ),
      ),
      /MCP101/,
    ],
  ])('%s', async (_what, objects, object, reason) => {
    const { rewrite, logged } = await webhookWith(objects);
    const answer = await rewrite(reviewOf(object));
    expect({ ...answer, auditAnnotations: undefined }).toEqual(allowed);
    expect(answer.auditAnnotations?.['left-alone']).toMatch(reason);
    const line = JSON.parse(logged.at(-1) ?? '{}') as Record<string, unknown>;
    expect(line).toMatchObject({ webhook: 'rewrite', decision: 'allow', audited: ['MCP511'] });
    expect(line['left']).toMatch(reason);
    expect(JSON.stringify([answer, logged])).not.toMatch(/canary|sk-not/);
  });

  it.each<[string, Fields]>([
    ['a Job of somebody else with the same labels and variable', job(agentPod(), { ownerReferences: [] })],
    [
      'a Job whose Task owns it, but does not control it',
      job(agentPod(), {
        ownerReferences: [
          { apiVersion: 'kelos.dev/v1alpha2', kind: 'Task', name: 'task1', uid: 'uid-of-task1' },
        ],
      }),
    ],
    ['a Job without servers', job(agentPod(serverList({ local: { type: 'stdio', command: 'npx' } })))],
    [
      'a Job whose servers have no credential',
      job(agentPod(serverList({ github: githubEntry({ headers: undefined }) }))),
    ],
    [
      'a template whose pods ask for servers themselves',
      job({
        ...agentPod(),
        metadata: {
          labels: { 'kelos.dev/task': 'task1', 'sallyport.dev/inject': 'true' },
          annotations: { 'sallyport.dev/servers': 'agentconfig/tools/github' },
        },
      }),
    ],
  ])('%s is none of our business', async (_what, object) => {
    const objects = [
      toolsConfig([githubServer({ headersFrom: undefined, headers: undefined })]),
      ...world.slice(1),
    ];
    const { rewrite } = await webhookWith(objects);
    expect(await rewrite(reviewOf(object))).toEqual(allowed);
  });
});

describe('a pod whose Job was stored while nobody answered', () => {
  it('is rewritten all the same', async () => {
    const own = { ...storedJob(), metadata: { ...storedJob().metadata, uid: 'uid-of-task1-job' } };
    const stored = await rewritten(pod(), [...world, own]);
    expect(JSON.stringify(stored)).not.toContain('canary');
  });
});

describe('a StatefulSet that has its proxy', () => {
  const objects = world;
  const updated = async (
    before: Fields,
    after: Fields,
    among: readonly object[] = objects,
    configuration: object = on,
  ) => {
    const { keep } = await webhookWith(among, configuration);
    const answer = await keep(updateOf(before, after));
    return { answer, stored: applyPatch(after, answer.patch === undefined ? [] : operationsOf(answer)) };
  };

  it('stays as it is when Kelos sends its template again with the credential', async () => {
    const before = await rewritten(statefulSet());
    const { stored } = await updated(before, statefulSet());
    expect(stored).toEqual(before);
  });

  it('stays as it is when the credential in it is another one, since only the Secret changed', async () => {
    const before = await rewritten(statefulSet());
    const list = serverList({
      github: githubEntry({ headers: { Authorization: 'Bearer canary-new', 'X-Env': 'test' } }),
    });
    const { stored } = await updated(before, statefulSet(agentPod(list)));
    expect(stored).toEqual(before);
  });

  it('keeps its proxy of the last release, so that an upgrade rolls nothing', async () => {
    const before = await rewritten(statefulSet());
    const upgraded = { inject: { ...on.inject, image: 'sallyport-proxy:0.2.0' } };
    const { stored } = await updated(before, statefulSet(), objects, upgraded);
    expect(stored).toEqual(before);
  });

  describe('of another release that this one cannot read', () => {
    const unreadable = async () =>
      JSON.parse(
        JSON.stringify(await rewritten(statefulSet())).replace(
          String.raw`{\"version\":1`,
          String.raw`{\"version\":9`,
        ),
      ) as Fields;

    it('is planned anew, without the credential', async () => {
      const before = await unreadable();
      const { stored } = await updated(before, statefulSet());
      expect(stored).toEqual(await rewritten(statefulSet()));
      expect(JSON.stringify(stored)).not.toContain('canary');
    });

    it('is not given its credential back when no plan can be made', async () => {
      const { answer } = await updated(await unreadable(), statefulSet(), []);
      expect(answer.allowed).toBe(false);
      expect(answer.status?.message).toMatch(/MCP511.*write the credential into them again/);
    });
  });

  it('stays as it is when nothing about its servers can be looked up', async () => {
    const before = await rewritten(statefulSet());
    const { stored } = await updated(before, statefulSet(), []);
    expect(stored).toEqual(before);
  });

  it('takes what Kelos changes elsewhere, and keeps the rest', async () => {
    const before = await rewritten(statefulSet());
    const { stored } = await updated(before, statefulSet(agentPod(), { replicas: 3 }));
    expect(stored).toEqual({ ...before, spec: { ...(before['spec'] as object), replicas: 3 } });
  });

  it('is planned anew when Kelos changes its template', async () => {
    const before = await rewritten(statefulSet());
    const image = 'example.com/agent:2';
    const template = agentPod();
    const [agent] = template.spec.containers;
    const changed = { ...template, spec: { ...template.spec, containers: [{ ...agent, image }] } };
    const { stored } = await updated(before, statefulSet(changed));
    expect(JSON.stringify(stored)).not.toContain('canary');
    expect(containersOf(podIn(stored) ?? {}).map(({ fields }) => fields['image'])).toEqual([
      defaultProxyImage,
      image,
    ]);
  });

  it('is planned anew when its server takes another Secret, though Kelos sends the same', async () => {
    const before = await rewritten(statefulSet());
    const other = { ...headerSecret(), metadata: { name: 'other-headers', namespace: 'team-a' } };
    const config = toolsConfig([githubServer({ headersFrom: { secretRef: { name: 'other-headers' } } })]);
    const { stored } = await updated(before, statefulSet(), [config, other, session()]);
    expect(JSON.stringify(stored)).toContain('other-headers');
    expect(JSON.stringify(stored)).not.toContain('canary');
  });

  it('is planned anew when a harmless header is added', async () => {
    const before = await rewritten(statefulSet());
    const headers = { 'X-Env': 'test', 'X-Team': 'a' };
    const list = serverList({ github: githubEntry({ headers: { Authorization: token, ...headers } }) });
    const { stored } = await updated(before, statefulSet(agentPod(list)), [
      toolsConfig([githubServer({ headers })]),
      ...world.slice(1),
    ]);
    expect(entriesOf(stored)['github']?.['headers']).toEqual(headers);
  });

  it('is planned anew when a harmless header gets another value', async () => {
    const before = await rewritten(statefulSet());
    const headers = { 'X-Env': 'production' };
    const list = serverList({ github: githubEntry({ headers: { Authorization: token, ...headers } }) });
    const { stored } = await updated(before, statefulSet(agentPod(list)), [
      toolsConfig([githubServer({ headers })]),
      ...world.slice(1),
    ]);
    expect(entriesOf(stored)['github']?.['headers']).toEqual(headers);
    expect(JSON.stringify(stored)).not.toContain('canary');
  });

  it('is refused when a harmless header gets another value, and nothing can be looked up', async () => {
    const before = await rewritten(statefulSet());
    const headers = { Authorization: token, 'X-Env': 'production' };
    const list = serverList({ github: githubEntry({ headers }) });
    const { answer } = await updated(before, statefulSet(agentPod(list)), []);
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toMatch(/MCP511.*write the credential into them again/);
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  it('is refused rather than given its credential back', async () => {
    const before = await rewritten(statefulSet());
    const list = serverList({ github: githubEntry({ url: 'https://other.example.com/' }) });
    const { answer } = await updated(before, statefulSet(agentPod(list)));
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toMatch(
      /MCP511.*the URL or type of server .*write the credential into them again/,
    );
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  it('goes back to what Kelos makes when its operator is switched off', async () => {
    const before = await rewritten(statefulSet());
    const { stored } = await updated(before, statefulSet(), objects, {});
    expect(stored).toEqual(statefulSet());
  });

  it('restarted by hand keeps its proxy', async () => {
    const before = await rewritten(statefulSet());
    const restarted = structuredClone(before) as {
      spec: { template: { metadata: Record<string, unknown> } };
    };
    restarted.spec.template.metadata['annotations'] = { 'kubectl.kubernetes.io/restartedAt': 'now' };
    const { answer } = await updated(before, restarted);
    expect(answer).toEqual(allowed);
  });
});
