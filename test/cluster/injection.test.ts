import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from './app.ts';
import { Kubectl } from './kubectl.ts';
import {
  fromSecret,
  namespace,
  pod,
  secret,
  serverEntry,
  testNamespace,
  upstreamPod,
  upstreamService,
} from './objects.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('injection');
const agent = new App(kubectl, ns, 'agent');
const token = 'Bearer value-of-the-token';

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

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    upstreamService(ns),
    upstreamPod(ns),
    secret(ns, 'github-token', { token }),
  );
  await kubectl.apply(
    serverEntry(
      ns,
      'github',
      fromSecret('github-token', 'token'),
      `http://${await clusterIp(kubectl, ns)}/mcp/`,
    ),
    pod(ns, 'agent', { servers: 'mcpserverentry/github' }),
  );
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
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
    expect((await agent.proxy(file)).trim()).toBe(token);

    const found = await agent.sh(
      "grep -rl 'value-of-the-token' /var /run /etc /tmp /home /root /mnt /dev/shm /proc/self/environ 2>/dev/null || true",
    );
    expect(found).toBe('');
    expect(
      (await agent.sh('find /var/run/sallyport -type f | grep -v "/\\.\\."; ls /var/run/sallyport')).trim(),
    ).toBe('mcp.json');
    expect(await kubectl.run(['get', '-n', ns, 'pod', 'agent', '-o', 'json'])).not.toContain(
      'value-of-the-token',
    );
  });

  it('gives the proxy no token of the service account, and leaves the app its own', async () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(
      (
        await agent.proxy(`fs.readdirSync('${folder}').filter((name) => !name.startsWith('..')).join()`)
      ).trim(),
    ).toBe('');
    expect(await agent.sh(`ls ${folder}`)).toContain('token');
  });

  it('reaches the upstream with the header the app never saw', async () => {
    expect(await agent.call('github')).toEqual({
      path: '/mcp/',
      credential: digest(token),
      headers: {},
      client: null,
    });
    expect(JSON.parse(await agent.sh('cat "$SALLYPORT_MCP_CONFIG"'))).toEqual({
      mcpServers: { github: { type: 'http', url: (await agent.sh('echo "$SALLYPORT_URL_GITHUB"')).trim() } },
    });
  });
});
