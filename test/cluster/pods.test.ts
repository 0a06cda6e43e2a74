import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, podTemplate, secret, serverEntry } from './objects.ts';
import { until } from './processes.ts';
import { withoutWebhooks } from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = 'pods';

beforeAll(() =>
  kubectl.apply(
    // Whatever is injected must be admitted where only the strictest profile is.
    namespace(ns, {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    }),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', fromSecret('github-token', 'token')),
  ),
);

afterAll(() => kubectl.run(['delete', '-n', ns, 'jobs,pods', '--all']));

it('is admitted by the restricted Pod Security profile', async () => {
  const manifest = pod(ns, 'restricted', { servers: 'mcpserverentry/github' });
  const { code, stderr } = await kubectl.try(['apply', '-f', '-'], JSON.stringify(manifest));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await kubectl.wait(ns, 'pod/restricted', 'condition=Ready');
}, 90_000);

it('says in its events which Secret and key it waits for, and starts once they are there', async () => {
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(serverEntry(ns, 'linear', fromSecret('linear-token', 'api-key'))),
  );
  await kubectl.apply(pod(ns, 'waiting', { servers: 'mcpserverentry/linear' }));
  const described = await until('an event that names the Secret', 30, async () => {
    const text = await kubectl.run(['describe', '-n', ns, 'pod', 'waiting']);
    return text.includes('Startup probe failed') ? text : undefined;
  });
  expect(described).toMatch(/Startup probe failed: .*Secret linear-token key api-key/);

  await kubectl.apply(secret(ns, 'linear-token', { 'api-key': 'Bearer abc' }));
  await kubectl.run(['annotate', '-n', ns, 'pod', 'waiting', 'example.com/look=again']);
  await kubectl.wait(ns, 'pod/waiting', 'condition=Ready', 100);
}, 150_000);

it('lets a Job complete', async () => {
  const template = podTemplate({
    servers: 'mcpserverentry/github',
    command: ['sh', '-c', 'test -n "$SALLYPORT_URL_GITHUB"'],
    restartPolicy: 'Never',
  });
  await kubectl.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: ns, name: 'once' },
    spec: { backoffLimit: 0, template },
  });
  await kubectl.wait(ns, 'job/once', 'condition=Complete', 60);
}, 90_000);
