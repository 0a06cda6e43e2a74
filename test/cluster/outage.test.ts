import { beforeAll, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { withNobodyThere } from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('outage');
const known = serverEntry(ns, 'github', fromSecret('github-token', 'token'));
const another = serverEntry(ns, 'linear', fromSecret('github-token', 'token'));
const labelled = pod(ns, 'labelled', { servers: 'mcpserverentry/github' });

const doomed = testNamespace('outage-doomed');

beforeAll(() =>
  kubectl.apply(
    namespace(ns),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    known,
    namespace(doomed),
    secret(doomed, 'github-token', { token: 'Bearer abc' }),
    serverEntry(doomed, 'github', fromSecret('github-token', 'token')),
  ),
);

it('with nobody there refuses what it must see, under a name that says so, and is in the way of nothing else', async () => {
  await withNobodyThere(kubectl, async () => {
    expect(await kubectl.apply(pod(ns, 'unlabelled'))).toContain('pod/unlabelled created');
    expect(await kubectl.refused(labelled)).toContain(
      'failed calling webhook "inject-labelled-pods.sallyport.dev"',
    );
    expect(await kubectl.refused(another)).toContain(
      'failed calling webhook "validate-mcp-resources.sallyport.dev"',
    );

    const patch = (change: unknown) =>
      kubectl.try([
        'patch',
        '-n',
        ns,
        'mcpserverentry',
        'github',
        '--type=merge',
        '-p',
        JSON.stringify(change),
      ]);
    const metadata = (change: unknown) => patch({ metadata: change });
    expect((await metadata({ labels: { team: 'a' }, finalizers: ['example.com/keep'] })).stderr).toBe('');
    expect((await metadata({ annotations: { 'example.com/note': 'a' }, finalizers: [] })).stderr).toBe('');
    // What says which Secret is used is content, wherever it is written.
    for (const content of [
      { metadata: { annotations: { 'sallyport.dev/client-tls-secret': 'a' } } },
      { spec: { remoteUrl: 'https://other.example.com' } },
    ])
      expect((await patch(content)).stderr).toContain('validate-mcp-resources.sallyport.dev');
    await kubectl.run(['delete', '-n', ns, 'mcpserverentry', 'github']);
    await kubectl.run(['delete', 'namespace', doomed, '--timeout=60s']);
  });

  // `github` was deleted: both are new, and both go through.
  expect(await kubectl.apply(known, another)).toContain('github created');
  expect(await kubectl.apply(labelled)).toContain('pod/labelled created');
  await kubectl.run(['delete', '-n', ns, 'pods', '--all']);
});
