import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addEphemeralContainer } from './ephemeral-containers.ts';
import { Kubectl } from './kubectl.ts';
import { until } from './processes.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';

/** The doors into a running proxy, each tried by somebody who may do everything else. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('guard');
const proxy = 'sallyport-proxy';

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', fromSecret('github-token', 'token')),
    pod(ns, 'agent', { servers: 'mcpserverentry/github' }),
    pod(ns, 'plain'),
  );
  await kubectl.wait(ns, 'pod/agent', 'condition=Ready');
  await kubectl.wait(ns, 'pod/plain', 'condition=Ready');
}, 90_000);
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

interface Stored {
  readonly spec: { readonly volumes: readonly { readonly name: string }[] };
}

const visit = (container: object) =>
  addEphemeralContainer(kubectl, { namespace: ns, pod: 'agent' }, container);
const visitor = (name: string, more: object) => ({ name, ...more });

const refused = (text: string, why: string) => {
  expect(text).toContain("ValidatingAdmissionPolicy 'sallyport-guard'");
  expect(text).toContain(`denied request: Sallyport: ${why}`);
};

describe('nobody', () => {
  it('opens a shell in the proxy or attaches to it, and the app stays open', async () => {
    const exec = (container: string) =>
      kubectl.try(['exec', '-n', ns, 'agent', '-c', container, '--', 'true']);
    refused((await exec(proxy)).stderr, 'the container sallyport-proxy holds the credentials');
    const attached = await kubectl.try(['attach', '-n', ns, 'agent', '-c', proxy]);
    refused(attached.stderr, 'the container sallyport-proxy holds the credentials');
    expect(await exec('app')).toMatchObject({ code: 0, stderr: '' });
    // Without a container named it is the app's, as it always was.
    expect((await kubectl.try(['exec', '-n', ns, 'agent', '--', 'true'])).code).toBe(0);
  });

  it('targets it with an ephemeral container, or mounts its volumes in one', async () => {
    const targeted = await visit(visitor('a', { targetContainerName: proxy }));
    refused(targeted.stderr, 'an ephemeral container that targets sallyport-proxy');
    const { spec } = await kubectl.get<Stored>(ns, 'pod/agent');
    const volume = spec.volumes.find(({ name }) => name.startsWith('sallyport-github'))?.name ?? '';
    const mounting = await visit(visitor('b', { volumeMounts: [{ name: volume, mountPath: '/mine' }] }));
    refused(mounting.stderr, 'an ephemeral container that mounts a volume of sallyport-proxy');
    expect(await visit(visitor('c', { targetContainerName: 'app' }))).toMatchObject({ code: 0, stderr: '' });
  });

  it('changes its image, and other images can be changed', async () => {
    const set = (what: string) =>
      kubectl.try(['set', 'image', '-n', ns, 'pod/agent', what, '--dry-run=server']);
    refused(
      (await set(`${proxy}=evil.example.com/proxy:1`)).stderr,
      'the image of sallyport-proxy cannot be changed',
    );
    expect((await set('app=app:other')).stderr).toBe('');
  });
});

it('the break-glass group may do all of it', async () => {
  expect(await kubectl.exec(ns, 'agent', proxy, 'node', '-p', '1 + 1')).toBe('2\n');
});

it("a pod that is not injected is nobody else's", async () => {
  expect(await kubectl.exec(ns, 'plain', 'app', 'true')).toBe('');
  const debugged = await kubectl.try([
    'debug',
    '-n',
    ns,
    'plain',
    '--image=app:test',
    '--target=app',
    '--container=look',
    '--',
    'true',
  ]);
  expect(debugged.stderr).not.toContain('sallyport-guard');
  const labelled = await kubectl.run(['label', '-n', ns, 'pod', 'agent', 'team=a']);
  expect(labelled).toContain('labeled');
});

it('a labelled pod that comes without its proxy is refused by the last look', async () => {
  const select = (objectSelector: object) =>
    kubectl.run([
      'patch',
      'mutatingwebhookconfiguration',
      'sallyport',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'replace', path: '/webhooks/0/objectSelector', value: objectSelector }]),
    ]);
  const labels = (value: string) => ({ matchLabels: { 'sallyport.dev/inject': value } });
  const attempt = () =>
    kubectl.tryApply([pod(ns, 'bare', { servers: 'mcpserverentry/github' })], '--dry-run=server');
  await select(labels('never'));
  try {
    // The API server goes on asking the old way for a moment.
    const stderr = await until('the last look to refuse', 30, async () => {
      const { code, stderr: text } = await attempt();
      return code === 0 ? undefined : text;
    });
    expect(stderr).toContain('admission webhook "check-labelled-pods.sallyport.dev" denied the request');
    expect(stderr).toContain(
      '[MCP501] spec.initContainers: the pod has the label sallyport.dev/inject: "true" and no container sallyport-proxy',
    );
  } finally {
    await select(labels('true'));
    await until('pods to be injected again', 30, async () =>
      (await attempt()).code === 0 ? true : undefined,
    );
  }
}, 90_000);

it('a copy of a pod from an older release gets the proxy of today', async () => {
  interface Copied {
    readonly metadata: { readonly labels: object; readonly annotations: object };
    readonly spec: { readonly initContainers: readonly { readonly name: string; readonly image: string }[] };
  }
  const { metadata, spec } = await kubectl.get<Copied>(ns, 'pod/agent');
  const initContainers = spec.initContainers.map((one) => ({ ...one, image: 'sallyport-proxy:0.0.1' }));
  const { labels, annotations } = metadata;
  const copy = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name: 'copy', labels, annotations },
    spec: { ...spec, initContainers, nodeName: undefined, ephemeralContainers: undefined },
  };
  const stored = JSON.parse(
    await kubectl.run(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(copy)),
  ) as Copied;
  expect(stored.spec.initContainers).toMatchObject([{ name: proxy, image: spec.initContainers[0]?.image }]);
});
