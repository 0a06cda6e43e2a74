import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { defaultConfiguration } from '../../src/core/configuration.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import {
  agentPod,
  githubEntry,
  githubServer,
  headerSecret,
  on,
  pod,
  serverList,
  storedJob,
  toolsConfig,
  world,
} from '../core/operators/kelos-world.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as toolhive from '../core/operators/toolhive-world.ts';
import { runSallyport } from '../support/terminal.ts';
import {
  asYaml,
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
  tempFolder,
} from '../support/webhook.ts';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findingsIn } from '../support/findings.ts';

const unlimited = secret('github-token', { token: 'Bearer abc' });
/** Its owner limits it to where these tests send it, so that audit has nothing to say about that. */
const token = {
  ...unlimited,
  metadata: {
    ...unlimited.metadata,
    annotations: { 'sallyport.dev/upstreams': 'https://api.example.com, https://elsewhere.example.com' },
  },
};
const withCa = (caSecret: string) => {
  const { metadata, ...resource } = remoteProxy({ headerForward: {} });
  return { ...resource, metadata: { ...metadata, annotations: { 'sallyport.dev/ca-secret': caSecret } } };
};
const elsewhere = remoteProxy({ remoteUrl: 'https://elsewhere.example.com/mcp' });

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
}

type Pod = Readonly<Record<string, unknown>>;

/** The labelled pod as the cluster stores it. */
async function injected(...resources: readonly object[]): Promise<Pod> {
  const { out } = await runSallyport(['inject', '-'], {
    stdin: asYaml([labelledPod('mcpremoteproxy/github'), ...resources]),
  });
  return parseAllDocuments(out)[0]?.toJS() as Pod;
}

const audit = (objects: readonly object[], ...args: string[]) =>
  runSallyport(['audit', '-', ...args], { stdin: asYaml(objects) });

async function rows(objects: readonly object[], ...args: string[]): Promise<Row[]> {
  const { out, err } = await audit(objects, '-o', 'json', ...args);
  expect(err).toBe('');
  return findingsIn<Row>(out);
}
const said = (found: readonly Row[]) =>
  found.map(({ code, severity, object }) => `${severity} ${code} ${object.kind}/${object.name}`);

describe('a pod that was injected', () => {
  it('is in order while its resource says what it said', async () => {
    expect(await rows([await injected(remoteProxy(), token), remoteProxy(), token])).toEqual([]);
  });

  it('is in order when the resource changed in what no proxy is told', async () => {
    const busier = remoteProxy({ resources: { limits: { cpu: '1' } } });
    expect(await rows([await injected(remoteProxy(), token), busier, token])).toEqual([]);
  });

  it('is in order when the resource was made anew and says the same', async () => {
    const again = {
      ...remoteProxy(),
      metadata: { ...remoteProxy().metadata, uid: 'another', generation: 7 },
    };
    expect(await rows([await injected(remoteProxy(), token), again, token])).toEqual([]);
  });

  it.each([
    ['another URL', elsewhere],
    ['another transport', remoteProxy({ transport: 'sse' })],
    ['another header', remoteProxy({ headerForward: { addPlaintextHeaders: { 'X-Tenant-ID': 'acme' } } })],
  ])('is older than its resource: %s', async (_, resource) => {
    const found = await rows([await injected(remoteProxy(), token), resource, token]);
    expect(said(found)).toEqual(['warning MCP510 Pod/agent']);
    expect(found[0]?.message).toContain(
      'mcpremoteproxy.toolhive.stacklok.dev/github, which has changed since the pod was admitted',
    );
  });

  it.each([
    ['deleted', []],
    [
      'being deleted',
      [
        {
          ...remoteProxy(),
          metadata: { ...remoteProxy().metadata, deletionTimestamp: '2026-11-21T00:00:00Z' },
        },
      ],
    ],
  ])('outlives its resource: %s', async (_, left) => {
    const found = await rows([await injected(remoteProxy(), token), ...left, token]);
    expect(said(found)).toEqual(['warning MCP510 Pod/agent']);
    expect(found[0]?.message).toContain('which does not exist any more');
  });

  it('is older than its injector when its image is one the platform no longer names', async () => {
    const pod = await injected(remoteProxy(), token);
    const config = path.join(tempFolder(), 'config.yaml');
    const written = (inject: string) =>
      writeFileSync(config, `apiVersion: sallyport.dev/v1\nkind: Configuration\ninject: ${inject}\n`);
    written('{ image: "sallyport-proxy:9" }');
    const found = await rows([pod, remoteProxy(), token], '--config', config);
    expect(said(found)).toEqual(['warning MCP510 Pod/agent']);
    expect(found[0]?.path).toBe('spec.initContainers[0].image');
    written(`{ image: "sallyport-proxy:9", acceptedImages: ["${defaultConfiguration.inject.image}"] }`);
    expect(await rows([pod, remoteProxy(), token], '--config', config)).toEqual([]);
  });

  it('is altered when its proxy is not as this release makes it', async () => {
    const text = JSON.stringify(await injected(remoteProxy(), token));
    const altered = JSON.parse(
      text.replace('"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false'),
    ) as Pod;
    expect(said(await rows([altered, remoteProxy(), token]))).toEqual(['error MCP501 Pod/agent']);
  });

  it("that ended is nobody's concern", async () => {
    const pod = { ...(await injected(remoteProxy(), token)), status: { phase: 'Succeeded' } };
    expect(await rows([pod, elsewhere, token])).toEqual([]);
  });
});

it('a labelled pod without a proxy was stored while the webhooks were away', async () => {
  const found = await rows([labelledPod('mcpremoteproxy/github'), remoteProxy(), token]);
  expect(said(found)).toEqual(['error MCP501 Pod/agent']);
  expect(found[0]?.message).toContain('no container sallyport-proxy');
});

it('a pod that asks for nothing is in order', async () => {
  expect(await rows([labelledPod(undefined, { labels: {} })])).toEqual([]);
});

describe("an operator's pod", () => {
  const kelos = async (objects: readonly object[], families: string) => {
    const config = path.join(tempFolder(), 'config.yaml');
    writeFileSync(
      config,
      `apiVersion: sallyport.dev/v1\nkind: Configuration\ninject: { families: ${families} }\n`,
    );
    return rows([...objects, storedJob(), ...world], '--config', config);
  };
  const name = { name: 'task1-abc' };
  const agent = { ...pod(), metadata: { ...(pod()['metadata'] as object), ...name } };
  const ofPods = (found: readonly Row[]) => said(found).filter((line) => line.includes('Pod/'));

  it('without a proxy was stored while Sallyport was away', async () => {
    const found = await kelos([agent], '{ kelos: true }');
    expect(ofPods(found)).toEqual(['warning MCP511 Pod/task1-abc']);
    expect(JSON.stringify(found)).not.toContain('canary');
  });
  it('that would be left alone again is named with the reason', async () => {
    const list = serverList({ other: githubEntry() });
    const found = await kelos([{ ...agent, spec: agentPod(list).spec }], '{ kelos: true }');
    expect(found.find(({ code }) => code === 'MCP511')?.message).toContain(
      'no AgentConfig of the workload describes it',
    );
  });
  it("is nobody's concern while its operator is switched off", async () => {
    expect(ofPods(await kelos([agent], '{}'))).toEqual([]);
  });
  it('that was rewritten is older than its resource when that names another Secret', async () => {
    const { rewrite } = await startWebhook({
      objects: { 'c.yaml': [storedJob(), ...world] },
      configuration: on,
    });
    const stored = applyPatch(agent, operationsOf(await rewrite(reviewOf(agent))));
    expect(ofPods(await kelos([stored], '{ kelos: true }'))).toEqual([]);
    const server = githubServer({ headersFrom: { secretRef: { name: 'others' } } });
    const changed = [stored, storedJob(), toolsConfig([server]), headerSecret()];
    expect(ofPods(await rows(changed))).toEqual(['warning MCP510 Pod/task1-abc']);
  });
});

describe("a pod of kagent's that was rewritten", () => {
  /** Stored by the webhook in one world, looked at in another. */
  async function lookedAt(before: readonly object[], after: readonly object[]): Promise<string[]> {
    const { rewrite } = await startWebhook({ objects: { 'c.yaml': before }, configuration: kagent.on });
    const answer = await rewrite(reviewOf(kagent.pod()));
    const stored = applyPatch(kagent.pod(), operationsOf(answer));
    expect(JSON.stringify(stored)).toContain('sallyport-proxy');
    return said(await rows([stored, ...after])).filter((line) => line.includes('Pod/'));
  }
  const worldOf = (server: object, of: object = kagent.tool('linear')) => [
    kagent.agent([of]),
    kagent.deployment(),
    kagent.replicaSet(),
    kagent.configSecret(),
    server,
    kagent.secret('linear-token', { key: kagent.token }),
    kagent.secret('agents-token', { key: kagent.token }),
  ];
  const server = kagent.remoteServer('linear');

  it('is in order while its resource names what it named', async () => {
    expect(await lookedAt(worldOf(server), worldOf(server))).toEqual([]);
  });
  it('is in order when the agent replaces a header of its server', async () => {
    const replaced = kagent.tool('linear', {
      headersFrom: [kagent.fromSecret('Authorization', 'agents-token')],
    });
    const all = worldOf(server, replaced);
    expect(await lookedAt(all, all)).toEqual([]);
  });
  it('is not called outdated when that names one more Secret: kagent makes it anew by itself', async () => {
    const more = kagent.remoteServer('linear', {
      headersFrom: [
        kagent.fromSecret('Authorization', 'linear-token'),
        kagent.fromSecret('X-Second', 'linear-token'),
      ],
    });
    expect(await lookedAt(worldOf(server), worldOf(more))).toEqual([]);
  });
});

describe("a pod of ToolHive's that was rewritten", () => {
  it.each([
    ['a remote proxy', toolhive.proxyPod(), toolhive.proxyWorld],
    ['a virtual server', toolhive.vmcpPod(), toolhive.vmcpWorld],
  ])('is in order while its resources say what they said: %s', async (_, pod, objects) => {
    const given = { objects: { 'c.yaml': objects }, configuration: toolhive.on };
    const { rewrite } = await startWebhook(given);
    const stored = applyPatch(pod, operationsOf(await rewrite(reviewOf(pod))));
    expect(JSON.stringify(stored)).toContain('sallyport-proxy');
    expect(said(await rows([stored, ...objects])).filter((line) => line.includes('Pod/'))).toEqual([]);
  });
});

describe('resources', () => {
  it('are judged by the rules they are written by', async () => {
    const inline = remoteProxy({ headerForward: { addPlaintextHeaders: { Authorization: 'hunter2' } } });
    expect(said(await rows([inline]))).toEqual(['error MCP101 MCPRemoteProxy/github']);
  });

  it('whose Secret is not among the files get a note, and in a folder that is the cluster an error', async () => {
    expect(said(await rows([remoteProxy()]))).toEqual(['note MCP203 MCPRemoteProxy/github']);
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'all.yaml'), asYaml([remoteProxy()]));
    const { code, out } = await runSallyport(['audit', '--cluster', folder, '-o', 'json']);
    expect(code).toBe(1);
    expect(said(findingsIn<Row>(out))).toEqual(['error MCP201 MCPRemoteProxy/github']);
  });
});

describe('a label or annotation that Sallyport does not know', () => {
  const core = (kind: string, metadata: object) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'one', ...metadata },
  });
  it.each<[string, object]>([
    [
      'MCPRemoteProxy/github',
      {
        ...remoteProxy(),
        metadata: { name: 'github', namespace: 'team-a', annotations: { 'sallyport.dev/ca-secrets': 'x' } },
      },
    ],
    ['Pod/agent', labelledPod(undefined, { name: 'agent', labels: { 'sallyport.dev/injct': 'true' } })],
    ['Namespace/one', core('Namespace', { labels: { 'sallyport.dev/modes': 'warn' } })],
    ['Secret/one', core('Secret', { annotations: { 'sallyport.dev/upstream': 'https://a.example.com' } })],
    ['ConfigMap/one', core('ConfigMap', { labels: { 'sallyport.dev/sever': 'true' } })],
    [
      'Deployment/agent',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'agent', namespace: 'team-a' },
        spec: { template: { metadata: { labels: { 'sallyport.dev/injct': 'true' } }, spec: {} } },
      },
    ],
  ])('is a warning of %s', async (name, object) => {
    const found = await rows([object, token]);
    expect(said(found).filter((line) => line.includes('MCP004'))).toEqual([`warning MCP004 ${name}`]);
  });

  it('is not searched for in objects that have none', async () => {
    const { out } = await audit([core('Secret', {}), core('Namespace', {}), core('ConfigMap', {})]);
    expect(out).toBe('0 MCP resources and 0 pods checked; 0 errors, 0 warnings, 0 notes.\n');
  });
});

describe('the exit code of audit', () => {
  it.each([
    ['0 when nothing is wrong', [remoteProxy(), token], 0],
    ['0 when nothing is there', [], 0],
    ['1 for an error', [labelledPod('mcpremoteproxy/github')], 1],
  ])('is %s', async (_, objects, code) => {
    expect((await audit(objects)).code).toBe(code);
  });

  it('is 0 for a pod that is outdated: nothing of it is refused', async () => {
    expect((await audit([await injected(remoteProxy(), token), elsewhere, token])).code).toBe(0);
  });

  it.each([
    ['nothing to audit', []],
    ['two targets', ['--context', 'kind', 'a.yaml']],
    ['an unknown output', ['a.yaml', '-o', 'xml']],
  ])('is 2 for %s', async (_, args) => {
    const { code, out, err } = await runSallyport(['audit', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^sallyport.*\n$/);
  });

  it('is 2 for a file that cannot be read, and everything else is checked', async () => {
    const stdin = JSON.stringify(remoteProxy({ remoteUrl: 'http://169.254.169.254/' }));
    const { code, out, err } = await runSallyport(['audit', '/gone/away.yaml', '-'], { stdin });
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(out).toMatch(/\/gone\/away\.yaml:1:1: error MCP003 .*no such file/);
    expect(out).toContain('MCP405');
  });
});

describe('the output of audit', () => {
  it('as text has place, code, reason and fix, and counts what was looked at', async () => {
    const { out } = await audit([labelledPod('mcpremoteproxy/github'), remoteProxy(), token]);
    expect(out).toMatch(/^stdin:10:1: error MCP501 spec\.initContainers: .+\.\n {4}Fix: .+\.\n/m);
    expect(out).toMatch(/1 MCP resource and 1 pod checked; 1 error, 0 warnings, 0 notes\.\n$/);
  });
  it('as JUnit names every object, those in order too', async () => {
    const { out } = await audit([labelledPod('mcpremoteproxy/github'), remoteProxy(), token], '-o', 'junit');
    expect(out).toContain('<testsuite name="sallyport audit" tests="2" failures="1" errors="0" time="');
    expect(out).toContain('name="stdin MCPRemoteProxy team-a/github"');
    expect(out).toContain('name="stdin Pod team-a/agent"');
  });
  it('as SARIF has the place', async () => {
    const { out } = await audit([labelledPod('mcpremoteproxy/github')], '-o', 'sarif');
    expect(JSON.parse(out)).toMatchObject({
      runs: [{ results: [{ ruleId: 'MCP501', level: 'error' }] }],
    });
  });
});

describe('Secrets without an origin limit', () => {
  const other = remoteProxy({ remoteUrl: 'https://other.example.com:8443/mcp' }, 'other');
  const command =
    'kubectl -n team-a annotate secret github-token sallyport.dev/upstreams=https://api.example.com,https://other.example.com:8443';

  it('are listed at the end of the text, with a command that names every origin of today', async () => {
    const { out, code } = await audit([remoteProxy(), other, remoteProxy(), unlimited]);
    expect(code).toBe(0);
    expect(out.split('\n').slice(-5)).toEqual([
      '',
      "# 1 Secret without an origin limit (MCP209). Review each origin, then run as the Secret's owner:",
      '# Secret team-a/github-token, used by MCPRemoteProxy github, MCPRemoteProxy other',
      command,
      '',
    ]);
  });

  it('are notes about the Secrets in JSON, whose fix is that command', async () => {
    const found = await rows([remoteProxy(), other, unlimited]);
    expect(said(found)).toEqual(['note MCP209 Secret/github-token']);
    expect(found[0]).toMatchObject({ fix: command, path: 'metadata.annotations[sallyport.dev/upstreams]' });
  });

  it('are limited by that command: nothing is listed after it', async () => {
    const [, value = ''] = command.split('sallyport.dev/upstreams=');
    const annotated = { ...unlimited.metadata, annotations: { 'sallyport.dev/upstreams': value } };
    expect(await rows([remoteProxy(), other, { ...unlimited, metadata: annotated }])).toEqual([]);
  });

  it('are the same in a folder that is the cluster', async () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'all.yaml'), asYaml([remoteProxy(), other, unlimited]));
    expect((await runSallyport(['audit', '--cluster', folder])).out).toContain(`\n${command}\n`);
  });

  it.each([
    ['the Secret is not among the files', [remoteProxy()]],
    ['a Secret holds a CA and no credential', [withCa('github-token/token'), unlimited]],
    ['nothing uses it', [unlimited]],
    ['its server has no URL that can be called', [remoteProxy({ remoteUrl: 'api.example.com' }), unlimited]],
  ])('are not listed when %s', async (_, objects) => {
    expect((await audit(objects)).out).not.toContain('MCP209');
  });

  it('name at most five users', async () => {
    const many = Array.from({ length: 7 }, (_, i) => remoteProxy({}, `server-${i}`));
    const { out } = await audit([...many, unlimited]);
    expect(out).toContain('MCPRemoteProxy server-4 and 2 more\n');
  });

  it('have a command that a shell reads as one, whatever a name holds', async () => {
    const named = { ...unlimited, metadata: { ...unlimited.metadata, name: "a'; touch /tmp/x #" } };
    const [header] = remoteProxy().spec.headerForward.addHeadersFromSecret;
    const reference = { ...header, valueSecretRef: { name: named.metadata.name, key: 'token' } };
    const { out } = await audit([
      remoteProxy({ headerForward: { addHeadersFromSecret: [reference] } }),
      named,
    ]);
    const line = out.split('\n').find((one) => one.startsWith('kubectl')) ?? '';
    const words = execFileSync('sh', ['-c', `kubectl() { printf '%s\\n' "$@"; }\n${line}`], {
      encoding: 'utf8',
    });
    expect(words.split('\n')).toHaveLength(7);
    expect(words).toContain('sallyport.dev/upstreams=https://api.example.com');
  });

  it('leave the findings of a required limit to its resources', async () => {
    const config = path.join(tempFolder(), 'config.yaml');
    writeFileSync(
      config,
      'apiVersion: sallyport.dev/v1\nkind: Configuration\ncredentials: { requireUpstreams: enforce }\n',
    );
    const { code, out } = await audit([remoteProxy(), unlimited], '--config', config);
    expect(code).toBe(1);
    expect(out).toMatch(/^stdin:\d+:\d+: error MCP209 spec\.headerForward/m);
  });
});

describe('a pod that kagent made', () => {
  const tools = [kagent.tool('linear', { headersFrom: [kagent.fromSecret('X-Extra', 'agent-extra')] })];
  const headers = { Authorization: kagent.token, 'X-Extra': kagent.extra, 'X-Tenant': 'acme' };
  const objects = [
    kagent.linear,
    kagent.linearToken,
    kagent.secret('agent-extra', { key: kagent.extra }),
    kagent.agent(tools),
    kagent.deployment(),
    kagent.replicaSet(),
    kagent.configSecret(kagent.configOf([kagent.entry({ headers })])),
  ];
  const foundIn = async (pod: object, others: readonly object[]) => {
    const config = path.join(tempFolder(), 'config.yaml');
    const written = { apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...kagent.on };
    writeFileSync(config, JSON.stringify(written));
    return (await rows([pod, ...others], '--config', config)).filter(({ object }) => object.kind === 'Pod');
  };
  const found = async (pod: object) => said(await foundIn(pod, objects));
  const storedWith = async (others: readonly object[]) => {
    const { rewrite } = await startWebhook({ objects: { 'a.yaml': others }, configuration: kagent.on });
    return applyPatch(kagent.pod(), operationsOf(await rewrite(reviewOf(kagent.pod()))));
  };

  it('is no older for a header that stands beside its server in the agent', async () => {
    expect(await found(await storedWith(objects))).toEqual([]);
  });

  it('and of which one server stays as it made it is named, with the server', async () => {
    const url = 'https://second.example.com/mcp';
    const others = [
      kagent.linear,
      kagent.linearToken,
      kagent.remoteServer('second', { url }, {}, 'team-b'),
      kagent.agent([kagent.tool('linear'), kagent.tool('second', {}, { namespace: 'team-b' })]),
      kagent.deployment(),
      kagent.replicaSet(),
      kagent.configSecret(kagent.configOf([kagent.entry(), kagent.entry({ url })])),
    ];
    const rows = await foundIn(await storedWith(others), others);
    expect(said(rows)).toEqual(['note MCP511 Pod/helper-7d4f-x1']);
    expect(rows[0]?.message).toContain('server second: its Secret second-token is in namespace team-b');
  });

  it('and that is as it made it is named', async () => {
    expect(await found(kagent.pod())).toEqual(['warning MCP511 Pod/helper-7d4f-x1']);
  });
});
