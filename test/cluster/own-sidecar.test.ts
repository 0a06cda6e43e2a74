import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { alterations } from '../support/alterations.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';

/** Pods that bring a container under our name, to a real API server: whatever its own validation lets through. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('own-sidecar');

type Json = Record<string, unknown>;
interface Pod extends Json {
  metadata: { labels: Json; annotations: Json } & Json;
  spec: { initContainers: Json[]; containers: Json[]; volumes: Json[] } & Json;
}

const dryRun = async (object: object, as: readonly string[] = []) =>
  kubectl.try(['create', '--dry-run=server', '-o', 'json', ...as, '-f', '-'], JSON.stringify(object));
/** A lookup that ran out of time on a busy machine is denied too, and is not what is tried here. */
const created = (object: object): Promise<Pod> =>
  until('the lookups of the webhook to be answered', 30, async () => {
    const { code, stdout, stderr } = await dryRun(object);
    if (stderr.includes('Sallyport cannot look up')) return undefined;
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Pod;
  });

/** The volumes that the alterations mount. */
const volumes = [
  { name: 'author', emptyDir: {} },
  { name: 'aws-iam-token', emptyDir: {} },
  { name: 'block', persistentVolumeClaim: { claimName: 'block' } },
];
const asked = (): Manifest => {
  const made = pod(ns, 'agent', { servers: 'mcpserverentry/github' });
  return { ...made, spec: { ...(made['spec'] as Json), volumes } };
};

let injected: Pod;
beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    serverEntry(ns, 'github', fromSecret('github-token', 'token')),
  );
  const { metadata, spec } = await created(asked());
  const { labels, annotations } = metadata;
  injected = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name: 'agent', labels, annotations },
    spec,
  };
});
afterAll(() => kubectl.run(['delete', 'namespace', ns, '--wait=false']));

const proxyOf = (one: Pod): Json => {
  const found = one.spec.initContainers.find(({ name }) => name === 'sallyport-proxy');
  if (!found) throw new Error('the pod has no proxy');
  return found;
};
function altered(change: (pod: Pod) => void): Pod {
  const copy = structuredClone(injected);
  change(copy);
  return copy;
}

it('a pod as it is stored, with all that the API server fills in, is created again without a change', async () => {
  const again = await created(injected);
  expect(again.spec).toEqual(injected.spec);
});

it.each(alterations)('a pod that brings $what gets the proxy that Sallyport generates', async ({ alter }) => {
  const stored = await created(altered((copy) => alter(proxyOf(copy))));
  // The pull policy and the termination message are the API server's to fill in, and the pod had them.
  expect(proxyOf(stored)).toEqual(proxyOf(injected));
});

describe('with no webhook of ours before it, the final check', () => {
  const patch = (index: number, objectSelector: object) =>
    kubectl.run([
      'patch',
      'mutatingwebhookconfiguration',
      'sallyport',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'replace', path: `/webhooks/${index}/objectSelector`, value: objectSelector }]),
    ]);
  const labels = (value: string) => ({ matchLabels: { 'sallyport.dev/inject': value } });

  beforeAll(async () => {
    await patch(0, labels('never'));
    await until('pods not to be injected', 30, async () => {
      const { stderr } = await dryRun(asked());
      return (
        stderr.includes(
          'the pod has the label sallyport.dev/inject: "true" and no container sallyport-proxy',
        ) || undefined
      );
    });
  }, 60_000);
  afterAll(async () => {
    await patch(0, labels('true'));
    await until('pods to be injected again', 30, async () =>
      (await dryRun(asked())).code === 0 ? true : undefined,
    );
  }, 60_000);

  it('admits the pod as Sallyport made it', async () => {
    expect(await dryRun(injected)).toMatchObject({ code: 0 });
  });

  it.each(alterations)('refuses $what and names the field', async ({ alter, field }) => {
    const { stderr } = await dryRun(altered((copy) => alter(proxyOf(copy))));
    expect(stderr).toContain('admission webhook "check-labelled-pods.sallyport.dev" denied the request');
    expect(stderr).toContain(
      '[MCP501] spec.initContainers[0]: container sallyport-proxy differs from what Sallyport generates in',
    );
    expect(stderr).toContain(field);
  });
});

describe('the label sallyport.dev/injected', () => {
  const labelled = (more: Json, change: (pod: Pod) => void = () => undefined) =>
    dryRun(
      altered((copy) => {
        copy.metadata.labels = { 'sallyport.dev/injected': 'true', ...more };
        change(copy);
      }),
    );
  const withoutProxy = (copy: Pod) => {
    copy.spec.initContainers = [];
    copy.spec.volumes = volumes;
    for (const one of copy.spec.containers) delete one['volumeMounts'];
  };

  it('is refused on a pod without a proxy', async () => {
    const { stderr } = await labelled({}, withoutProxy);
    expect(stderr).toMatch(/sallyport-names|check-injected-pods\.sallyport\.dev/);
    expect(stderr).toContain('remove the label');
  });

  it('is refused on a pod whose proxy is its author’s', async () => {
    const { stderr } = await labelled({}, (copy) => {
      proxyOf(copy)['image'] = 'app:test';
      proxyOf(copy)['lifecycle'] = { postStart: { exec: { command: ['true'] } } };
    });
    expect(stderr).toContain('admission webhook "check-injected-pods.sallyport.dev" denied the request');
    expect(stderr).toContain('sallyport-proxy runs image "app:test"');
    expect(stderr).toContain('lifecycle');
  });

  it('is removed from nobody who asks for servers: Sallyport sets it', async () => {
    const stored = await created({ ...asked(), metadata: { ...(asked()['metadata'] as Json) } });
    expect(stored.metadata.labels['sallyport.dev/injected']).toBe('true');
  });

  it('cannot be left out with a container under our name', async () => {
    const { stderr } = await dryRun(altered((copy) => void (copy.metadata.labels = {})));
    expect(stderr).toContain("ValidatingAdmissionPolicy 'sallyport-names'");
    expect(stderr).toContain('the container names sallyport-proxy and sallyport-config are reserved');
  });
});
