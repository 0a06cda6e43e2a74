import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, upstream } from './objects.ts';
import { until } from './processes.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = 'injection';
const first = 'Bearer first-value-of-the-token';
const second = 'Bearer second-value-of-the-token';
const digest = (value: string) => createHash('sha256').update(value).digest('hex').slice(0, 16);

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly started: boolean;
}
interface Pod {
  readonly spec: {
    readonly initContainers: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status: {
    readonly initContainerStatuses: readonly ContainerStatus[];
    readonly containerStatuses: readonly ContainerStatus[];
  };
}

const inApp = (script: string) => kubectl.exec(ns, 'agent', 'app', 'sh', '-c', script);
/** The sidecar has no shell: node is its only program. */
const inProxy = (script: string) => kubectl.exec(ns, 'agent', 'sallyport-proxy', 'node', '-p', script);
const call = async () =>
  JSON.parse(await inApp('wget -qO- "$SALLYPORT_URL_GITHUB"')) as { path: string; credential: string };

beforeAll(async () => {
  await kubectl.apply(namespace(ns), ...upstream(ns), secret(ns, 'github-token', { token: first }));
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
  const address = await kubectl.run([
    'get',
    '-n',
    ns,
    'service',
    'upstream',
    '-o',
    'jsonpath={.spec.clusterIP}',
  ]);
  await kubectl.apply(
    serverEntry(ns, 'github', fromSecret('github-token', 'token'), `http://${address}/mcp/`),
    pod(ns, 'agent', { servers: 'mcpserverentry/github' }),
  );
  await kubectl.wait(ns, 'pod/agent', 'condition=Ready');
}, 90_000);

afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

describe('a labelled pod on a real kubelet', () => {
  it('starts the proxy first and the app once its startup probe passed', async () => {
    const { spec, status } = await kubectl.get<Pod>(ns, 'pod/agent');
    expect(spec.initContainers[0]).toMatchObject({ name: 'sallyport-proxy', restartPolicy: 'Always' });
    expect(status.initContainerStatuses).toMatchObject([
      { name: 'sallyport-proxy', started: true, restartCount: 0 },
    ]);
    expect(status.containerStatuses).toMatchObject([{ name: 'app', started: true, restartCount: 0 }]);
  });

  it('has the credential as a file the proxy can read, and nowhere else', async () => {
    const root = '/var/run/sallyport/servers';
    const file = `fs.readdirSync('${root}').map((name) => fs.readFileSync('${root}/' + name + '/+/h0', 'utf8')).join()`;
    expect((await inProxy(file)).trim()).toBe(first);

    const found = await inApp(
      "grep -rl 'value-of-the-token' /var /run /etc /tmp /home /root /mnt /dev/shm /proc/self/environ 2>/dev/null || true",
    );
    expect(found).toBe('');
    expect(
      (await inApp('find /var/run/sallyport -type f | grep -v "/\\.\\."; ls /var/run/sallyport')).trim(),
    ).toBe('mcp.json');
    expect(await kubectl.run(['get', '-n', ns, 'pod', 'agent', '-o', 'json'])).not.toContain(
      'value-of-the-token',
    );
  });

  it('gives the proxy no token of the service account, and leaves the app its own', async () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(
      (await inProxy(`fs.readdirSync('${folder}').filter((name) => !name.startsWith('..')).join()`)).trim(),
    ).toBe('');
    expect(await inApp(`ls ${folder}`)).toContain('token');
  });

  it('reaches the upstream with the header the app never saw', async () => {
    expect(await call()).toEqual({ path: '/mcp/', credential: digest(first) });
    expect(JSON.parse(await inApp('cat "$SALLYPORT_MCP_CONFIG"'))).toEqual({
      mcpServers: { github: { type: 'http', url: (await inApp('echo "$SALLYPORT_URL_GITHUB"')).trim() } },
    });
  });

  it('uses a rotated Secret without a restart', async () => {
    await kubectl.apply(secret(ns, 'github-token', { token: second }));
    // The kubelet looks at a pod again when it changes; otherwise it takes its time.
    await kubectl.run(['annotate', '-n', ns, 'pod', 'agent', 'example.com/look=again']);
    await until('the new value', 90, async () => {
      const { credential } = await call();
      return credential === digest(second) ? credential : undefined;
    });
    const { status } = await kubectl.get<Pod>(ns, 'pod/agent');
    const restarts = [...status.initContainerStatuses, ...status.containerStatuses].map(
      (one) => one.restartCount,
    );
    expect(restarts).toEqual([0, 0]);
  }, 120_000);
});
