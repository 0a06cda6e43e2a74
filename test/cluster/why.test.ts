import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { repository } from './cache.ts';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, podTemplate, secret, serverEntry, testNamespace } from './objects.ts';
import { system, webhooksAnswer, withNobodyThere, withoutWebhooks } from './sallyport.ts';
import { whyOf } from './why.ts';
import { clusterEndings } from './why-endings.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('why');
const asks = { servers: 'mcpserverentry/github' };

async function why(what: string, where = ns) {
  const { err, ...said } = await whyOf(kubectl, where, what);
  expect(err).toBe('');
  return said;
}

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', fromSecret('token', 'token')),
    pod(ns, 'runs', asks),
  );
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(pod(ns, 'never-asked', asks), serverEntry(ns, 'linear', fromSecret('absent', 'token'))),
  );
  await kubectl.apply(pod(ns, 'waiting', { servers: 'mcpserverentry/linear' }), pod(ns, 'outdated', asks));
  await kubectl.wait(ns, 'pod/runs', 'condition=Ready');
}, 120_000);
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

/** Each ends where its name says. */
const endings: Readonly<Record<(typeof clusterEndings)[number], () => Promise<void>>> = {
  async runs() {
    const { code, reason, out } = await why('pod/runs');
    expect({ code, reason }).toEqual({
      code: 0,
      reason: 'github → https://mcp.example.com',
    });
    expect(out).not.toContain('abc');
  },
  async waiting() {
    await expect
      .poll(async () => (await why('pod/waiting')).reason, { timeout: 30_000 })
      .toMatch(new RegExp(`^sallyport-proxy waits, because Secret ${ns}/absent does not exist`));
    expect((await why('pod/waiting')).fix).toBe(
      `create it: kubectl -n ${ns} create secret generic absent --from-file=token=PATH`,
    );
  },
  async 'never-asked'() {
    const { code, reason, fix } = await why('po/never-asked');
    expect(code).toBe(1);
    expect(reason).toContain('the pod has no container sallyport-proxy');
    expect(fix).toContain(`kubectl -n ${ns} delete pod never-asked`);
  },
  async outdated() {
    await kubectl.apply(
      serverEntry(ns, 'github', fromSecret('token', 'token'), 'https://elsewhere.example.com/mcp'),
    );
    const { code, reason } = await why('pod/outdated');
    expect(code).toBe(1);
    expect(reason).toMatch(
      /^\[MCP510\] server github comes from \S+, which has changed since the pod was admitted/,
    );
    await kubectl.apply(serverEntry(ns, 'github', fromSecret('token', 'token')));
    expect((await why('pod/outdated')).reason).not.toContain('MCP510');
  },
  async exempt() {
    await kubectl.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'kube-system', name: 'exempt' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'exempt' } },
        template: {
          ...podTemplate(asks),
          metadata: {
            ...podTemplate(asks).metadata,
            labels: { app: 'exempt', 'sallyport.dev/inject': 'true' },
          },
        },
      },
    });
    const { code, reason } = await why('deploy/exempt', 'kube-system');
    await kubectl.run(['delete', '-n', 'kube-system', 'deployment', 'exempt']);
    expect(code).toBe(1);
    expect(reason).toContain('namespace kube-system is exempt');
  },
  async 'not-installed'() {
    await withoutWebhooks(kubectl, async () => {
      const { code, reason, fix } = await why('pod/runs');
      expect(code).toBe(1);
      expect(reason).toContain('the webhook entry inject-labelled-pods.sallyport.dev is not installed');
      expect(fix).toContain('install Sallyport');
    });
  },
  async 'not-ready'() {
    const take = '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]';
    const controllers = (count: number) =>
      kubectl.run(['scale', '-n', system, 'deployment/sallyport-certificates', `--replicas=${count}`]);
    const pods = ['pod', '-l', 'app.kubernetes.io/name=sallyport-certificates', '--for=delete'];
    await withNobodyThere(kubectl, async () => {
      // It would write the bundle again.
      await controllers(0);
      try {
        await kubectl.run(['wait', '-n', system, ...pods, '--timeout=60s']);
        await kubectl.run(['patch', 'mutatingwebhookconfiguration', 'sallyport', '--type=json', '-p', take]);
        const { code, reason } = await why('pod/runs');
        expect(code).toBe(1);
        expect(reason).toContain('has no CA bundle yet');
      } finally {
        await controllers(1);
      }
    });
    await webhooksAnswer(kubectl);
  },
};

it.each(clusterEndings.map((ending) => [ending, endings[ending]] as const))(
  'sallyport why ends with %s',
  async (_, ends) => {
    await ends();
  },
);

it('sallyport why prints what docs/cli.md shows', async () => {
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(serverEntry(ns, 'lost', fromSecret('github-token', 'token')), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: ns, name: 'agent' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'agent' } },
        template: {
          ...podTemplate({ servers: 'mcpserverentry/lost=github' }),
          metadata: {
            labels: { app: 'agent', 'sallyport.dev/inject': 'true' },
            annotations: { 'sallyport.dev/servers': 'mcpserverentry/lost=github' },
          },
        },
      },
    }),
  );
  const page = await readFile(path.join(repository, 'docs/cli.md'), 'utf8');
  const [, shown = ''] = /^\$ sallyport why .*\n([^]*?)```/m.exec(page) ?? [];
  const { out } = await why('deployment/agent');
  expect(out.replaceAll(ns, 'team-a').replace('stacklok.dev/lost', 'stacklok.dev/github')).toBe(shown);
});
