import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import { injectInto, podWith, refusals, remoteProxy, stored } from './world.ts';

/** What in a pod is under our names, and what other containers may not do with it. */

const github = remoteProxy('github', { Authorization: 'github-token/token' });
const asked = { servers: 'mcpremoteproxy/github' };

type Json = Record<string, unknown>;
interface Spec {
  initContainers: Json[];
  containers: Json[];
  volumes: Json[];
}

/** A pod that was injected before, changed by somebody. */
async function altered(change: (spec: Spec, sidecar: Json) => void): Promise<Fields> {
  const pod = structuredClone(await stored(podWith(asked), [github])) as { spec: Spec } & Fields;
  const [sidecar] = pod.spec.initContainers;
  if (!sidecar) throw new Error('no sidecar');
  change(pod.spec, sidecar);
  return pod;
}

const env = (sidecar: Json) => sidecar['env'] as Json[];
const mounts = (sidecar: Json) => sidecar['volumeMounts'] as Json[];
const volumeOf = ({ volumes }: Spec, start: string): Json => {
  const found = volumes.find(({ name }) => String(name).startsWith(start));
  if (!found) throw new Error(start);
  return found;
};

describe('what a pod brings under our names is replaced', () => {
  it.each<[string, (spec: Spec, sidecar: Json) => void]>([
    ['another image', (_, sidecar) => void (sidecar['image'] = 'example.com/evil:1')],
    ['another command', (_, sidecar) => void (sidecar['command'] = ['sh'])],
    [
      'an option for node in the command',
      (_, sidecar) => void (sidecar['command'] = ['node', '--require=/tmp/x.js', '/sallyport/proxy.mjs']),
    ],
    ['arguments', (_, sidecar) => void (sidecar['args'] = ['--inspect=0.0.0.0'])],
    [
      'another configuration',
      (_, sidecar) => void (env(sidecar)[0] = { name: 'SALLYPORT_PROXY_CONFIG', value: '{}' }),
    ],
    [
      'a second configuration after ours',
      (_, sidecar) => void env(sidecar).push({ name: 'SALLYPORT_PROXY_CONFIG', value: '{}' }),
    ],
    ['NODE_OPTIONS', (_, sidecar) => void env(sidecar).push({ name: 'NODE_OPTIONS', value: '--inspect' })],
    ['LD_PRELOAD', (_, sidecar) => void env(sidecar).push({ name: 'LD_PRELOAD', value: '/tmp/x.so' })],
    ['SSL_CERT_FILE', (_, sidecar) => void env(sidecar).push({ name: 'SSL_CERT_FILE', value: '/tmp/ca' })],
    ['no restart policy', (_, sidecar) => void delete sidecar['restartPolicy']],
    ['more privileges', (_, sidecar) => void ((sidecar['securityContext'] as Json)['privileged'] = true)],
    ['another user', (_, sidecar) => void ((sidecar['securityContext'] as Json)['runAsUser'] = 0)],
    [
      'a mount over the credentials',
      (_, sidecar) =>
        void mounts(sidecar).push({ name: 'x', mountPath: `${String(mounts(sidecar)[0]?.['mountPath'])}/+` }),
    ],
    [
      'a mount over the program',
      (_, sidecar) => void mounts(sidecar).push({ name: 'x', mountPath: '/sallyport' }),
    ],
    [
      'another Secret in our volume',
      (spec) =>
        void (volumeOf(spec, 'sallyport-github-')['projected'] = {
          sources: [{ secret: { name: 'other' } }],
        }),
    ],
    [
      'a Secret beside ours in our volume',
      (spec) =>
        void ((volumeOf(spec, 'sallyport-github-')['projected'] as Json)['sources'] as Json[]).push({
          secret: { name: 'other' },
        }),
    ],
  ])('%s', async (_what, change) => {
    expect(await stored(await altered(change), [github])).toEqual(await stored(podWith(asked), [github]));
  });

  it('a container of its own called sallyport-proxy', async () => {
    const pod = podWith(asked, { containers: [{ name: 'app' }, { name: 'sallyport-proxy', image: 'x' }] });
    const fresh = podWith(asked, { containers: [{ name: 'app' }] });
    expect(await stored(pod, [github])).toEqual(await stored(fresh, [github]));
  });

  it('twice, and behind the init container of another', async () => {
    const other = { name: 'other', image: 'x' };
    const pod = await altered((spec, sidecar) => {
      spec.initContainers = [other, structuredClone(sidecar), structuredClone(sidecar)];
    });
    const { initContainers } = (await stored(pod, [github]))['spec'] as Spec;
    expect(initContainers.map(({ name }) => name)).toEqual(['sallyport-proxy', 'other']);
  });

  it('of servers the pod no longer asks for, with the addresses of the time', async () => {
    const linear = remoteProxy('linear', { Authorization: 'linear-token/token' });
    const before = await stored(podWith({ servers: 'mcpremoteproxy/github, mcpremoteproxy/linear' }), [
      github,
      linear,
    ]);
    const ports = { inject: { image: 'sallyport-proxy:2', ports: [15500, 15599] } };
    const pod = structuredClone(before) as { metadata: { annotations: Json } } & Fields;
    pod.metadata.annotations['sallyport.dev/servers'] = 'mcpremoteproxy/github';
    const again = (await stored(pod, [github], ports))['spec'] as Spec;
    const fresh = (await stored(podWith(asked), [github], ports))['spec'] as Spec;
    expect(again.initContainers).toEqual(fresh.initContainers);
    const byName = (volumes: readonly Json[]) => new Map(volumes.map((volume) => [volume['name'], volume]));
    expect(byName(again.volumes)).toEqual(byName(fresh.volumes));
    const urls = (spec: Spec) =>
      env(spec.containers[0] ?? {}).filter(({ name }) => name === 'SALLYPORT_URL_GITHUB');
    expect(urls(again)).toEqual(urls(fresh));
  });

  it('and nothing else is ever replaced or removed', async () => {
    const pod = await altered((spec, sidecar) => {
      sidecar['image'] = 'old';
      volumeOf(spec, 'sallyport-github-')['projected'] = { sources: [] };
      spec.volumes.push({ name: 'sallyport-stale', emptyDir: {} }, { name: 'data', emptyDir: {} });
      spec.containers.push({ name: 'other', env: [{ name: 'SALLYPORT_URL_GITHUB', value: 'http://old' }] });
    });
    const injection = await injectInto(pod, [github]);
    const edits = injection.kind === 'planned' ? injection.edits : [];
    const spec = (pod as unknown as { spec: Spec }).spec;
    const nameAt = (path: string) => {
      const keys = path
        .split('/')
        .slice(2)
        .filter((key) => key !== 'value');
      const found = keys.reduce<unknown>((one, key) => (one as Json | undefined)?.[key], spec);
      return String((found as Json | undefined)?.['name']);
    };
    const changed = edits.filter(({ op }) => op !== 'add').map(({ op, path }) => `${op} ${nameAt(path)}`);
    expect(changed.toSorted()).toEqual([
      'remove sallyport-stale',
      expect.stringMatching(/^replace SALLYPORT_URL_GITHUB$/),
      expect.stringMatching(/^replace sallyport-github-/),
      'replace sallyport-proxy',
    ]);
  });

  it.each<[string, (spec: Spec, sidecar: Json) => void]>([
    [
      'the token of an EKS role',
      (spec, sidecar) => {
        const sources = [{ serviceAccountToken: { path: 'token', audience: 'sts.amazonaws.com' } }];
        spec.volumes.push({ name: 'aws-iam-token', projected: { sources } });
        const mountPath = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
        mounts(sidecar).push({ name: 'aws-iam-token', mountPath, readOnly: true });
        env(sidecar).unshift({ name: 'AWS_ROLE_ARN', value: 'arn:aws:iam::111122223333:role/a' });
      },
    ],
    ['resources', (_, sidecar) => void ((sidecar['resources'] as Json)['claims'] = [])],
    ['a pull policy', (_, sidecar) => void (sidecar['imagePullPolicy'] = 'Always')],
    [
      'other amounts of memory',
      (_, sidecar) => void (sidecar['resources'] = { limits: { memory: '200Mi' } }),
    ],
    [
      'a termination policy',
      (_, sidecar) => void (sidecar['terminationMessagePolicy'] = 'FallbackToLogsOnError'),
    ],
    // The API server writes an empty list that way once the pod was stored and read back.
    [
      'no list of sources',
      (spec) => void (volumeOf(spec, 'sallyport-no-token-')['projected'] = { sources: null }),
    ],
  ])('but others may add %s', async (_what, change) => {
    expect(await injectInto(await altered(change), [github])).toMatchObject({ kind: 'planned', edits: [] });
  });
});

describe('MCP502: our volumes are for the proxy alone', () => {
  it.each(['containers', 'initContainers'])('a mount of a server volume in %s is refused', async (list) => {
    const spec = (await stored(podWith(asked), [github]))['spec'] as Spec;
    const { name } = volumeOf(spec, 'sallyport-github-');
    const thief = { name: 'thief', volumeMounts: [{ name, mountPath: '/loot' }] };
    const pod = podWith(asked, { containers: [{ name: 'app' }], [list]: [thief] });
    expect(refusals(await injectInto(pod, [github]))).toEqual([
      `MCP502: container thief mounts volume ${String(name)}`,
    ]);
  });

  it.each(['/var/run/sallyport', '/var/run/sallyport/'])('a mount at %s is refused', async (mountPath) => {
    const pod = podWith(asked, {
      containers: [{ name: 'app', volumeMounts: [{ name: 'data', mountPath }] }],
    });
    expect(refusals(await injectInto(pod, [github]))).toEqual([
      expect.stringMatching(/^MCP502: container app already mounts a volume at /),
    ]);
  });

  it('a mount below or above it is nobody else to judge', async () => {
    const volumeMounts = [
      { name: 'a', mountPath: '/var/run' },
      { name: 'b', mountPath: '/var/run/sallyporter' },
    ];
    const pod = podWith(asked, { containers: [{ name: 'app', volumeMounts }] });
    expect((await injectInto(pod, [github])).kind).toBe('planned');
  });
});
