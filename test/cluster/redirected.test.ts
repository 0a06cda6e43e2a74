import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, clusterIp } from './app.ts';
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
import { attempt, run, until } from './processes.ts';
import { withoutWebhooks } from './sallyport.ts';

/**
 * A mesh's CNI plugin redirects all that comes into a pod before the pod's first container runs, to a port on which the
 * mesh's own proxy will listen later. A probe over the network would never get through; ours is no such probe.
 */
const address = inject('cluster');
const kubectl = new Kubectl(address);
const ns = testNamespace('redirected');
const isOurs = address.logs !== undefined;
if (!isOurs) console.log('SKIPPED: only in a cluster of its own can a test reach into the network of a pod');

/** A process in the pod's network, as this machine sees it: the proxy, which has that address and no other pod has. */
const proxyAt = (podIP: string): Promise<string> =>
  until('the proxy to run', 30, () => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const found = pids.find((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/sallyport/proxy.mjs') &&
          readFileSync(`/proc/${pid}/net/fib_trie`, 'utf8').includes(`${podIP}\n`)
        );
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
    return Promise.resolve(found);
  });

describe.skipIf(!isOurs)('in a pod whose inbound traffic a mesh redirects to nobody yet', () => {
  let reachable = (): Promise<boolean> => Promise.resolve(false);

  beforeAll(async () => {
    await kubectl.apply(namespace(ns), upstreamService(ns), upstreamPod(ns));
    const url = `http://${await clusterIp(kubectl, ns)}/mcp`;
    await withoutWebhooks(kubectl, () =>
      kubectl.apply(serverEntry(ns, 'github', fromSecret('late', 'token'), url)),
    );
    // Its Secret is missing, so the proxy waits, and there is time to do what the plugin does at the very start.
    await kubectl.apply(pod(ns, 'meshed', { servers: 'mcpserverentry/github' }));
    const podIP = await until('the pod to have an address', 30, async () => {
      const { status } = await kubectl.get<{ status: { podIP?: string } }>(ns, 'pod/meshed');
      return status.podIP;
    });
    const pid = await proxyAt(podIP);
    const [program = '', ...first] = address.inside;
    const ask = `fetch('http://${podIP}:14700/readyz', { signal: AbortSignal.timeout(3000) }).catch(() => process.exit(1))`;
    reachable = async () => (await attempt(program, [...first, process.execPath, '-e', ask])).code === 0;
    await until('the admin port to answer', 30, async () => ((await reachable()) ? true : undefined));
    const redirect = 'iptables -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 15006';
    await run('nsenter', [`--net=/proc/${pid}/ns/net`, ...redirect.split(' ')]);
  }, 120_000);
  afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

  it('nothing reaches it from outside', async () => {
    expect(await reachable()).toBe(false);
  });

  it('the startup probe still says what is missing, and the pod starts once it is there', async () => {
    await until('the Secret to be named', 30, async () => {
      const events = await kubectl.run([
        'get',
        'events',
        '-n',
        ns,
        '--field-selector=involvedObject.name=meshed',
      ]);
      return /Startup probe failed: .*Secret late key token/.test(events) ? true : undefined;
    });
    await kubectl.apply(secret(ns, 'late', { token: 'Bearer abc' }));
    const app = new App(kubectl, ns, 'meshed');
    await app.lookAgain();
    await kubectl.wait(ns, 'pod/meshed', 'condition=Ready', 100);
    expect(await reachable()).toBe(false);
    expect((await app.call('github')).path).toBe('/mcp');
  }, 150_000);
});
