import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/core/inject/apply.ts';
import { checkPod } from '../../../src/core/inject/final-check.ts';
import { containersOf, listAt, textAt, type Fields } from '../../../src/core/k8s/objects.ts';
import { configurationWith } from '../../support/webhook.ts';
import { injectors, unlisted, type Injector, type Pod } from './other-injectors.ts';
import { injectInto, planned, podWith, remoteProxy, secret } from './world.ts';

const objects = [
  remoteProxy('github', { Authorization: 'github-token/token' }),
  secret('github-token', 'token'),
];
const platform = configurationWith({}).inject;

const app = () =>
  podWith(
    { servers: 'mcpremoteproxy/github' },
    {
      initContainers: [{ name: 'prepare', image: 'example.com/prepare:1' }],
      containers: [{ name: 'app', image: 'example.com/agent:1', env: [{ name: 'A', value: '1' }] }],
    },
  );

const ours = async (pod: Fields): Promise<{ pod: Fields; edits: number }> => {
  const { edits } = planned(await injectInto(pod, objects));
  return { pod: applyEdits(pod, edits), edits: edits.length };
};
function theirs({ inject }: Injector, pod: Fields): Fields {
  const copy = structuredClone(pod) as Pod;
  inject(copy);
  return copy;
}
const names = (pod: Fields, list: 'initContainers' | 'containers') =>
  containersOf(pod)
    .filter((one) => one.list === list)
    .map(({ name }) => name);

/** Nothing of anybody's is lost, and the app has what it needs of both. */
function expectWhole(pod: Fields, injector: Injector): void {
  expect(checkPod(pod, platform)).toEqual([]);
  expect(names(pod, 'initContainers').filter((name) => name === 'sallyport-proxy')).toHaveLength(1);
  // Done by the other, again: nothing is left for it to do.
  expect(theirs(injector, pod)).toEqual(pod);
  const [container] = containersOf(pod).filter(({ name }) => name === 'app');
  const env = listAt(container?.fields, 'env').map((entry) => textAt(entry, 'name'));
  expect(env).toEqual(expect.arrayContaining(['SALLYPORT_MCP_CONFIG', 'SALLYPORT_URL_GITHUB', 'A']));
}

describe.each(injectors)('$name and Sallyport', (injector) => {
  it('before us: the proxy is added, and stands before what was there', async () => {
    const { pod } = await ours(theirs(injector, app()));
    expect(names(pod, 'initContainers')[0]).toBe('sallyport-proxy');
    expectWhole(theirs(injector, pod), injector);
    expect((await ours(pod)).edits).toBe(0);
  });

  it('after us, and we are asked again: nothing of ours is added twice or lost', async () => {
    const first = await ours(app());
    const both = theirs(injector, first.pod);
    const second = await ours(both);
    expectWhole(second.pod, injector);
    expect((await ours(second.pod)).edits).toBe(0);
  });

  it('in either order, both are asked until nobody has anything to add, within two rounds', async () => {
    let pod: Fields = app();
    for (let round = 0; round < 2; round += 1) pod = (await ours(theirs(injector, pod))).pod;
    expect((await ours(theirs(injector, pod))).pod).toEqual(pod);
  });

  it('its own containers know nothing of our servers where they carry traffic for others', async () => {
    const { pod } = await ours(theirs(injector, app()));
    const meshes = containersOf(pod).filter(({ name }) => /^(istio|linkerd)-/.test(name));
    for (const { fields } of meshes) expect(JSON.stringify(fields)).not.toContain('SALLYPORT_');
  });

  it('has no port of ours', async () => {
    const { pod } = await ours(theirs(injector, app()));
    const { servers } = planned(await injectInto(pod, objects));
    const taken = JSON.stringify(theirs(injector, app()));
    for (const { port } of servers) expect(taken).not.toContain(`"containerPort":${port}`);
  });
});

describe('an injector that adds to the proxy what is not on the list', () => {
  it('is undone when the webhook is called again', async () => {
    const { pod } = await ours(app());
    const again = await ours(theirs(unlisted, pod));
    expect(checkPod(again.pod, platform)).toEqual([]);
  });

  it('is named by the final check when it is called last, field by field', async () => {
    const { pod } = await ours(app());
    const [finding, ...more] = checkPod(theirs(unlisted, pod), platform);
    expect(more).toEqual([]);
    expect(finding?.code).toBe('MCP501');
    expect(finding?.what).toBe(
      'container sallyport-proxy differs from what Sallyport generates in env[2] ("CLOUD_ROLE_ARN"), volumeMounts[2] ("/var/run/secrets/cloud.example.com")',
    );
    expect(finding?.fix).toContain('exclude container sallyport-proxy in that webhook');
  });
});

it('all of them at once, each twice, come to rest with us', async () => {
  let pod: Fields = app();
  for (let round = 0; round < 3; round += 1) {
    for (const injector of injectors.filter(({ name }) => name !== 'Istio with native sidecars'))
      pod = theirs(injector, pod);
    pod = (await ours(pod)).pod;
  }
  expect(checkPod(pod, platform)).toEqual([]);
  expect((await ours(pod)).edits).toBe(0);
});
