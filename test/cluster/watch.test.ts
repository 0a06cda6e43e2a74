import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, podTemplate, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { soon, system, withoutWebhooks } from './sallyport.ts';

/** The watcher as the manifests install it, only more eager. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('watch');
const from = fromSecret('token', 'token');
const asks = { servers: 'mcpserverentry/github' };

interface Event {
  readonly metadata: { readonly name: string };
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

/** What the watcher wrote in this namespace. */
async function events(): Promise<readonly Event[]> {
  const { items } = JSON.parse(await kubectl.run(['get', 'events', '-n', ns, '-o', 'json'])) as {
    items: readonly (Event & { source?: { component?: string } })[];
  };
  return items.filter(({ source }) => source?.component === 'sallyport-watcher');
}
const said = async () =>
  (await events()).map(({ reason, involvedObject }) => `${reason} ${involvedObject.kind}`).toSorted();

async function restarted(op: string, value?: string): Promise<void> {
  const path = `/spec/template/spec/containers/0/args/${op === 'remove' ? '3' : '-'}`;
  const patch = JSON.stringify([{ op, path, ...(value === undefined ? {} : { value }) }]);
  await kubectl.run(['patch', '-n', system, 'deployment/sallyport-watcher', '--type=json', '-p', patch]);
  await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport-watcher', '--timeout=60s']);
}

beforeAll(async () => {
  await restarted('add', '--every=3s');
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'token', { token: 'Bearer canary-of-the-watcher' }),
    serverEntry(ns, 'github', from),
  );
  await kubectl.apply(pod(ns, 'agent', asks), pod(ns, 'plain'));
  const template = podTemplate(asks);
  const labels = { app: 'left', ...(template.metadata as { labels?: object }).labels };
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(pod(ns, 'alone', asks), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: ns, name: 'left' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'left' } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    }),
  );
  await kubectl.run(['rollout', 'status', '-n', ns, 'deployment/left', '--timeout=60s']);
}, 180_000);
afterAll(async () => {
  await restarted('remove');
  await kubectl.run(['delete', '-n', ns, 'deployments,pods', '--all', ...soon]);
}, 120_000);

describe('the watcher', () => {
  it('says on the owner that its pods were stored without a proxy, once for all of them', async () => {
    await expect.poll(said, { timeout: 30_000 }).toEqual(['WithoutProxy Deployment', 'WithoutProxy Pod']);
    const text = await kubectl.run(['describe', '-n', ns, 'deployment', 'left']);
    expect(text).toMatch(
      /Warning +WithoutProxy .* sallyport-watcher +Pod left-\S+: \[MCP501\] .* Fix: delete the pod, and its ReplicaSet creates a new one: kubectl/,
    );
  });

  it('says on a pod that its resource says something else now', async () => {
    await kubectl.apply(serverEntry(ns, 'github', from, 'https://elsewhere.example.com/mcp'));
    await expect.poll(said, { timeout: 30_000 }).toContain('Outdated Pod');
    const text = await kubectl.run(['describe', '-n', ns, 'pod', 'agent']);
    expect(text).toMatch(
      /Warning +Outdated .* \[MCP510\] server github comes from \S+, which has changed since the pod was admitted/,
    );
  });

  it('writes the same event again and never a second one, also after it was restarted', async () => {
    const before = (await events()).map(({ metadata }) => metadata.name).toSorted();
    await kubectl.run(['rollout', 'restart', '-n', system, 'deployment/sallyport-watcher']);
    await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport-watcher', '--timeout=60s']);
    await until('the first look of the new one', 30, async () =>
      (await metrics()).includes('sallyport_watch_events_total{reason="Outdated",outcome="written"} 1'),
    );
    expect((await events()).map(({ metadata }) => metadata.name).toSorted()).toEqual(before);
  });

  it('counts them by namespace', async () => {
    const text = await metrics();
    expect(text).toContain(`sallyport_watch_pods{namespace="${ns}",reason="WithoutProxy"} 3`);
    expect(text).toContain(`sallyport_watch_pods{namespace="${ns}",reason="Outdated"} 1`);
    expect(text).not.toContain('outcome="failed"');
  });

  it('forgets what is in order again', async () => {
    await kubectl.apply(serverEntry(ns, 'github', from));
    await expect.poll(metrics, { timeout: 30_000 }).not.toContain(`namespace="${ns}",reason="Outdated"`);
  });

  it('may read no Secret, and has none in what it wrote', async () => {
    const { stdout } = await kubectl.try([
      'auth',
      'can-i',
      'get',
      'secrets',
      '-n',
      ns,
      `--as=system:serviceaccount:${system}:sallyport-watcher`,
    ]);
    expect(stdout.trim()).toBe('no');
    const log = await kubectl.run([
      'logs',
      '-n',
      system,
      '-l',
      'app.kubernetes.io/name=sallyport-watcher',
      '--tail=-1',
    ]);
    expect(log).toContain('event: WithoutProxy of Deployment');
    expect(`${log}${JSON.stringify(await events())}`).not.toContain('canary');
  });
});

async function metrics(): Promise<string> {
  const name = await kubectl.run([
    'get',
    'pods',
    '-n',
    system,
    '-l',
    'app.kubernetes.io/name=sallyport-watcher',
    '-o',
    'jsonpath={.items[0].metadata.name}',
  ]);
  return kubectl.run(['get', '--raw', `/api/v1/namespaces/${system}/pods/${name}:9090/proxy/metrics`]);
}
