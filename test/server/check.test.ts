import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import {
  labelledPod,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
  type Webhook,
} from '../support/webhook.ts';

type Json = Record<string, unknown>;
interface Pod extends Json {
  readonly metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  readonly spec: {
    initContainers: Container[];
    containers: Container[];
    volumes: (Json & { name: string })[];
  } & Json;
}
interface Container extends Json {
  name: string;
  image: string;
  env: { name: string; value?: string }[];
  volumeMounts: (Json & { name: string; mountPath: string })[];
  securityContext: Json;
}

const world = {
  objects: { 'world.yaml': [remoteProxy(), secret('github-token', { token: 'Bearer abc' })] },
};

/** The pod as the mutating webhook would have it stored. */
async function injected({ mutate }: Webhook): Promise<Pod> {
  const pod = labelledPod('mcpremoteproxy/github');
  const { patch = '' } = await mutate(reviewOf(pod));
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as { op: string }[];
  return applyPatch(pod, operations) as unknown as Pod;
}

/** What the check says to an injected pod after somebody changed it. */
async function checked(change: (pod: Pod) => void, configuration: object = {}): Promise<string[]> {
  const webhook = await startWebhook({ ...world, configuration });
  const pod = await injected(webhook);
  change(pod);
  const { allowed, status } = await webhook.check(reviewOf(pod));
  expect(allowed).toBe(status === undefined);
  return (status?.message ?? '').match(/MCP\d+/g) ?? [];
}

const mcpConfig = 'sallyport.dev/mcp-config';
const proxyOf = ({ spec }: Pod): Container => {
  const [proxy] = spec.initContainers;
  if (!proxy) throw new Error('the pod was not injected');
  return proxy;
};
const configEntry = (pod: Pod) => {
  const entry = proxyOf(pod).env.find(({ name }) => name === 'SALLYPORT_PROXY_CONFIG');
  if (!entry) throw new Error('the proxy has no configuration');
  return entry;
};
const rewriteConfig = (
  pod: Pod,
  change: (config: { servers: { upstream: string; tls: Json }[] }) => void,
) => {
  const entry = configEntry(pod);
  const config = JSON.parse(entry.value ?? '') as { servers: { upstream: string; tls: Json }[] };
  change(config);
  entry.value = JSON.stringify(config);
};

describe('an injected pod passes the last look', () => {
  it.each<[string, (pod: Pod) => void]>([
    ['as it is', () => undefined],
    [
      'with what the API server fills in',
      (pod) =>
        Object.assign(proxyOf(pod), {
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
        }),
    ],
    ['with other resources', (pod) => Object.assign(proxyOf(pod), { resources: { limits: { cpu: '1' } } })],
    [
      'restored from where an empty list was stored as null',
      (pod) => {
        for (const volume of pod.spec.volumes)
          if (volume.name.startsWith('sallyport-no-token'))
            volume['projected'] = { defaultMode: 0o644, sources: null };
      },
    ],
    [
      'behind the init container of another',
      (pod) =>
        pod.spec.initContainers.unshift({
          ...proxyOf(pod),
          name: 'istio-init',
          image: 'mesh',
          volumeMounts: [],
        }),
    ],
  ])('%s', async (_, change) => {
    expect(await checked(change)).toEqual([]);
  });

  it('with the image of an earlier release that the platform still accepts', async () => {
    const earlier = (pod: Pod) => Object.assign(proxyOf(pod), { image: 'sallyport-proxy:0.0.9' });
    expect(await checked(earlier)).toEqual(['MCP501']);
    expect(await checked(earlier, { inject: { acceptedImages: ['sallyport-proxy:0.0.9'] } })).toEqual([]);
  });

  it("a pod without the label is nobody's business", async () => {
    expect(
      await checked((pod) => {
        pod.metadata.labels = {};
        pod.spec.initContainers = [];
      }),
    ).toEqual([]);
  });
});

describe('the last look refuses', () => {
  it.each<[string, (pod: Pod) => void, string]>([
    ['a labelled pod without a proxy', (pod) => void (pod.spec.initContainers = []), 'MCP501'],
    ['a proxy that is no native sidecar', (pod) => void delete proxyOf(pod)['restartPolicy'], 'MCP501'],
    [
      'a proxy among the containers',
      (pod) => void pod.spec.containers.push(...pod.spec.initContainers.splice(0, 1)),
      'MCP501',
    ],
    ['two of them', (pod) => void pod.spec.initContainers.push({ ...proxyOf(pod) }), 'MCP501'],
    [
      'another image',
      (pod) => void Object.assign(proxyOf(pod), { image: 'evil.example.com/proxy:1' }),
      'MCP501',
    ],
    ['another command', (pod) => void Object.assign(proxyOf(pod), { command: ['sh'] }), 'MCP501'],
    ['arguments', (pod) => void Object.assign(proxyOf(pod), { args: ['--inspect'] }), 'MCP501'],
    [
      'NODE_OPTIONS',
      (pod) => void proxyOf(pod).env.push({ name: 'NODE_OPTIONS', value: '--require /evil.js' }),
      'MCP501',
    ],
    ['LD_PRELOAD', (pod) => void proxyOf(pod).env.push({ name: 'LD_PRELOAD', value: '/evil.so' }), 'MCP501'],
    [
      'env from elsewhere',
      (pod) => void Object.assign(proxyOf(pod), { envFrom: [{ secretRef: { name: 'x' } }] }),
      'MCP501',
    ],
    ['a second configuration', (pod) => void proxyOf(pod).env.push({ ...configEntry(pod) }), 'MCP501'],
    ['a configuration that is none', (pod) => void (configEntry(pod).value = '{}'), 'MCP501'],
    ['a privileged proxy', (pod) => void (proxyOf(pod).securityContext['privileged'] = true), 'MCP501'],
    ['a proxy as root', (pod) => void (proxyOf(pod).securityContext['runAsUser'] = 0), 'MCP501'],
    [
      'a file over the program',
      (pod) => void proxyOf(pod).volumeMounts.push({ name: 'a', mountPath: '/sallyport' }),
      'MCP501',
    ],
    [
      'a file over the credentials',
      (pod) => void proxyOf(pod).volumeMounts.push({ name: 'a', mountPath: '/var/run/sallyport/servers' }),
      'MCP501',
    ],
    [
      "the service account's token",
      (pod) =>
        proxyOf(pod)
          .volumeMounts.filter(({ mountPath }) => mountPath.includes('serviceaccount'))
          .forEach((mount) => (mount.name = 'kube-api-access')),
      'MCP501',
    ],
    [
      "a server's volume that is missing",
      (pod) =>
        void (pod.spec.volumes = pod.spec.volumes.filter(({ name }) => !name.startsWith('sallyport-github'))),
      'MCP501',
    ],
    [
      "a server's volume from the node",
      (pod) =>
        void (pod.spec.volumes = pod.spec.volumes.map((volume) =>
          volume.name.startsWith('sallyport-github')
            ? { name: volume.name, hostPath: { path: '/tmp' } }
            : volume,
        )),
      'MCP501',
    ],
    [
      'a token in the volume of a server',
      (pod) =>
        pod.spec.volumes
          .filter(({ name }) => name.startsWith('sallyport-github'))
          .forEach((volume) => {
            (volume['projected'] as { sources: Json[] }).sources.push({ serviceAccountToken: { path: 't' } });
          }),
      'MCP501',
    ],
    [
      'a container that mounts our volume',
      (pod) => {
        const volume = pod.spec.volumes.find(({ name }) => name.startsWith('sallyport-github'));
        const [app] = pod.spec.containers;
        app?.volumeMounts.push({ name: volume?.name ?? '', mountPath: '/mine' });
      },
      'MCP502',
    ],
    [
      'a server that is not verified',
      (pod) => {
        rewriteConfig(pod, ({ servers: [first] }) => Object.assign(first?.tls ?? {}, { verify: false }));
      },
      'MCP402',
    ],
    [
      'an mcp.json with another address for a server',
      (pod) => {
        const { annotations } = pod.metadata;
        annotations[mcpConfig] = (annotations[mcpConfig] ?? '').replace('127.0.0.1', 'attacker.example.com');
      },
      'MCP501',
    ],
    [
      'an mcp.json with one more server',
      (pod) => {
        const config = JSON.parse(pod.metadata.annotations[mcpConfig] ?? '') as { mcpServers: Json };
        config.mcpServers['search'] = { type: 'http', url: 'http://attacker.example.com/mcp' };
        pod.metadata.annotations[mcpConfig] = JSON.stringify(config);
      },
      'MCP501',
    ],
    [
      'an mcp.json that lists a server twice',
      (pod) => {
        const { annotations } = pod.metadata;
        const other = '{"mcpServers":{"github":{"type":"http","url":"http://attacker.example.com/mcp"},';
        annotations[mcpConfig] = (annotations[mcpConfig] ?? '').replace('{"mcpServers":{', other);
      },
      'MCP501',
    ],
    ['a pod without its mcp.json', (pod) => void delete pod.metadata.annotations[mcpConfig], 'MCP501'],
    ['a pod that shares its processes', (pod) => void (pod.spec['shareProcessNamespace'] = true), 'MCP503'],
  ])('%s', async (_, change, code) => {
    expect([...new Set(await checked(change))]).toEqual([code]);
  });
});

describe('on OpenShift, which sets uids itself,', () => {
  const range = { 'openshift.io/sa.scc.uid-range': '1000650000/10000' };
  const namespace = (annotations: object) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team-a', annotations },
  });
  const checkedIn = async (annotations: object, uid: number) => {
    const objects = { 'world.yaml': [...world.objects['world.yaml'], namespace(annotations)] };
    const webhook = await startWebhook({ objects });
    const pod = await injected(webhook);
    Object.assign(proxyOf(pod).securityContext, { runAsUser: uid, seLinuxOptions: { level: 's0:c1' } });
    const { status } = await webhook.check(reviewOf(pod));
    return (status?.message ?? '').match(/MCP\d+/g) ?? [];
  };

  it("a uid of the namespace is the platform's, and root is nobody's", async () => {
    expect(await checkedIn(range, 1000650000)).toEqual([]);
    expect(await checkedIn(range, 0)).toEqual(['MCP501']);
  });

  it('elsewhere another uid than ours is a change', async () => {
    expect(await checkedIn({}, 1000650000)).toEqual(['MCP501']);
  });
});
