import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, podTemplate, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { withoutWebhooks } from './sallyport.ts';

/** The API server's own additions, of which no two pods have the same. */
interface Stored {
  readonly metadata: Manifest;
  readonly spec: Manifest;
}

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('pods');

beforeAll(async () => {
  await kubectl.apply(
    // Whatever is injected must be admitted where only the strictest profile is.
    namespace(ns, {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    }),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', fromSecret('github-token', 'token')),
  );
  await withoutWebhooks(kubectl, () =>
    kubectl.apply(
      // Refused while Sallyport is there; the other is the pod that it must not have touched.
      serverEntry(ns, 'linear', fromSecret('linear-token', 'api-key')),
      pod(ns, 'unlabelled-without'),
    ),
  );
  await kubectl.apply(pod(ns, 'waiting', { servers: 'mcpserverentry/linear' }), pod(ns, 'unlabelled-with'));
});

afterAll(() => kubectl.run(['delete', '-n', ns, 'jobs,pods', '--all']));

it('is admitted by the restricted Pod Security profile', async () => {
  const manifest = pod(ns, 'restricted', { servers: 'mcpserverentry/github' });
  const { code, stderr } = await kubectl.try(['apply', '-f', '-'], JSON.stringify(manifest));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await kubectl.wait(ns, 'pod/restricted', 'condition=Ready');
}, 90_000);

it('says which Secret and key it waits for where people look, and starts once they are there', async () => {
  const events = ['get', 'events', '-n', ns, '--field-selector=involvedObject.name=waiting'];
  for (const command of [['describe', '-n', ns, 'pod', 'waiting'], events]) {
    const text = await until(`kubectl ${command[0] ?? ''} to name the Secret`, 30, async () => {
      const printed = await kubectl.run(command);
      return printed.includes('Startup probe failed') ? printed : undefined;
    });
    expect(text).toMatch(/Startup probe failed: .*Secret linear-token key api-key/);
  }

  await kubectl.apply(secret(ns, 'linear-token', { 'api-key': 'Bearer abc' }));
  await kubectl.run(['annotate', '-n', ns, 'pod', 'waiting', 'example.com/look=again']);
  await kubectl.wait(ns, 'pod/waiting', 'condition=Ready', 100);
}, 150_000);

it('without the label is stored byte for byte as where there is no Sallyport', async () => {
  const stored = async (name: string) => {
    const { metadata, spec } = await kubectl.get<Stored>(ns, `pod/${name}`);
    const own = ['name', 'uid', 'creationTimestamp', 'resourceVersion'];
    const shared = Object.entries(metadata).filter(([key]) => !own.includes(key));
    return (
      JSON.stringify({ metadata: Object.fromEntries(shared), spec })
        // In kubectl's annotation, and the volume of the service account's token.
        .replaceAll(name, 'NAME')
        .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-RANDOM')
    );
  };
  const [without, withIt] = [await stored('unlabelled-without'), await stored('unlabelled-with')];
  expect(withIt).toBe(without);
  expect(withIt).toContain('kube-api-access-RANDOM');
});

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
