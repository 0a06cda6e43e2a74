import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { Kubectl } from './kubectl.ts';
import { configMap, fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { soon, withoutWebhooks } from './sallyport.ts';
import { findingsIn } from '../support/findings.ts';

/** Pods that are older than they should be: who hears of them, and where. */
const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('audit');
let context = '';

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string | null;
  readonly object: { readonly kind: string; readonly name: string };
}

async function audit() {
  const { code, stdout, stderr } = await kubectl.sallyport(
    'audit',
    '--context',
    context,
    '-n',
    ns,
    '-o',
    'json',
  );
  expect(stderr).toBe('sallyport: configuration: ConfigMap sallyport-system/sallyport of the cluster\n');
  const rows = findingsIn<Row>(stdout);
  // Every such kind of the cluster was listed in this namespace, which has no object of one.
  expect(JSON.parse(stdout)).toMatchObject({ summary: { undescribed: [] } });
  return { code, said: rows.map(({ code, severity, object }) => `${severity} ${code} ${object.name}`), rows };
}

const from = fromSecret('token', 'token');
const serverMap = (url: string) => ({
  ...configMap(ns, 'search', { 'server.yaml': `url: ${url}\n` }),
  metadata: { namespace: ns, name: 'search', labels: { 'sallyport.dev/server': 'true' } },
});

beforeAll(async () => {
  context = (await kubectl.run(['config', 'current-context'])).trim();
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', from),
    serverEntry(ns, 'steady', from),
    serverMap('https://search.example.com/mcp'),
  );
  await kubectl.apply(
    pod(ns, 'first', { servers: 'mcpserverentry/github' }),
    pod(ns, 'second', { servers: 'mcpserverentry/github, mcpserverentry/steady' }),
    pod(ns, 'steady', { servers: 'mcpserverentry/steady' }),
    pod(ns, 'searching', { servers: 'configmap/search' }),
    pod(ns, 'plain'),
  );
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(
      pod(ns, 'never-asked', { servers: 'mcpserverentry/steady' }),
      serverEntry(ns, 'stored-before', fromSecret('absent', 'token')),
    ),
  );
});
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all', ...soon]));

describe('sallyport audit', () => {
  it('names what was stored while the webhooks were away, the Secret without a limit, and nothing else', async () => {
    const { code, said, rows } = await audit();
    expect(said.toSorted()).toEqual([
      'error MCP201 stored-before',
      'error MCP501 never-asked',
      // Its owner limits nothing, and the note says how to.
      'note MCP209 token',
    ]);
    expect(code).toBe(1);
    expect(rows.map(({ file }) => file)).toEqual([null, null, null]);
    expect(JSON.stringify(rows)).not.toContain('Bearer abc');
  });

  it('names the pods that keep what a resource said, and the update says how many', async () => {
    const { code, stderr } = await kubectl.tryApply([
      serverEntry(ns, 'github', from, 'https://elsewhere.example.com/mcp'),
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Warning: [MCP510] metadata.name: 2 pods keep the configuration of their admission until they are replaced',
    );
    const { said } = await audit();
    expect(said.filter((line) => line.includes('MCP510')).toSorted()).toEqual([
      'warning MCP510 first',
      'warning MCP510 second',
    ]);
  });

  it('knows of a ConfigMap too, which has no generation', async () => {
    const { stderr } = await kubectl.tryApply([serverMap('https://other.example.com/mcp')]);
    expect(stderr).toContain('[MCP510] metadata.name: 1 pod keeps the configuration of its admission');
    expect((await audit()).said).toContain('warning MCP510 searching');
  });

  it('says which resource is gone', async () => {
    await kubectl.run(['delete', '-n', ns, 'mcpserverentry', 'github']);
    const { rows } = await audit();
    const [first] = rows.filter(({ object }) => object.name === 'first');
    expect(first?.message).toContain(
      'mcpserverentry.toolhive.stacklok.dev/github, which does not exist any more',
    );
  });

  it('says in words what it says in JSON', async () => {
    const { stdout } = await kubectl.sallyport('audit', '--context', context, '-n', ns);
    expect(stdout).toMatch(new RegExp(`^Pod ${ns}/never-asked: error MCP501 spec\\.initContainers: `, 'm'));
    expect(stdout).toContain('\n3 MCP resources and 6 pods checked; 2 errors, 3 warnings, 0 notes.\n');
    expect(stdout).toMatch(/\n# \d+ Secrets? without an origin limit \(MCP209\)\. /);
    expect(stdout).toContain(`\nkubectl -n ${ns} annotate secret `);
  });

  it('says what it may not list, and does not pass that off as nothing', async () => {
    await kubectl.run(['create', 'serviceaccount', 'nobody', '-n', ns]);
    const token = (await kubectl.run(['create', 'token', 'nobody', '-n', ns])).trim();
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-audit-'));
    try {
      const kubeconfig = path.join(folder, 'kubeconfig');
      const config = parse(await kubectl.run(['config', 'view', '--minify', '--flatten', '--raw'])) as object;
      await writeFile(kubeconfig, stringify({ ...config, users: [{ name: 'nobody', user: { token } }] }));
      const theirs = new Kubectl({ ...cluster, kubeconfig });
      await theirs.run(['config', 'set-context', '--current', '--user=nobody']);
      const { code, stderr } = await theirs.sallyport('audit', '--context', context);
      expect(code).toBe(2);
      expect(stderr).toContain('pods could not be listed: you may not list them');
      expect(stderr).not.toContain(token);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('without the right to list pods an update says nothing of them, and goes through', async () => {
  const before = await kubectl.run(['get', 'clusterrole', 'sallyport-admission', '-o', 'json']);
  const role = JSON.parse(before) as { rules: { resources: string[] }[] };
  const at = role.rules.findIndex(({ resources }) => resources.includes('pods'));
  const patch = JSON.stringify([{ op: 'remove', path: `/rules/${at}` }]);
  await kubectl.run(['patch', 'clusterrole', 'sallyport-admission', '--type=json', '-p', patch]);
  try {
    await expect
      .poll(
        async () => {
          const url = `https://${Date.now()}.example.com/mcp`;
          const { code, stderr } = await kubectl.tryApply([serverEntry(ns, 'steady', from, url)]);
          return { code, stderr };
        },
        { timeout: 20_000 },
      )
      .toEqual({ code: 0, stderr: '' });
  } finally {
    const put = JSON.stringify([{ op: 'add', path: `/rules/${at}`, value: role.rules[at] }]);
    await kubectl.run(['patch', 'clusterrole', 'sallyport-admission', '--type=json', '-p', put]);
  }
});
