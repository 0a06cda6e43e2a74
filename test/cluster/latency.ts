import { Agent, request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { KubeConfig } from '@kubernetes/client-node';
import { median, table } from '../../bench/table.ts';
import { percentile } from '../../bench/load.ts';
import { startCluster } from './cluster.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { run } from './processes.ts';
import { installSallyport } from './sallyport.ts';

/**
 * What Sallyport adds to a request as its author sees it, on a real API server: the same object is created in a namespace
 * that the webhook entries exempt and in one they do not, in turns. The result stands in docs/benchmarks.md.
 */
const exempt = 'kube-system';
const ns = testNamespace('latency');
const rounds = 300;
const warmUp = 30;
const most = 20;

if (process.env['KUBECONFIG'] === undefined) {
  const say = (line: string) => console.log(line);
  const cluster = await startCluster(say);
  try {
    const { kubeconfig, inside } = cluster.address;
    const kubectl = new Kubectl(cluster.address);
    await installSallyport(kubectl, say);
    await prepare(kubectl);
    // Again, where the API server's address leads somewhere.
    const self = ['--import', 'tsx', fileURLToPath(import.meta.url)];
    const [program, ...first] = [...inside, process.execPath];
    say(await run(program, [...first, ...self], { env: { KUBECONFIG: kubeconfig } }));
  } finally {
    await cluster.stop();
  }
} else {
  await measure(process.env['KUBECONFIG']);
}

/** In both namespaces, so that the two requests differ in nothing but the namespace. */
async function prepare(kubectl: Kubectl): Promise<void> {
  await kubectl.apply(namespace(ns));
  for (const where of [ns, exempt])
    await kubectl.apply(
      secret(where, 'token', { token: 'Bearer abc' }),
      ...Array.from({ length: most }, (_, i) =>
        serverEntry(where, `server-${i}`, fromSecret('token', 'token'), `https://mcp-${i}.example.com/mcp`),
      ),
    );
}

async function measure(kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: Record<string, unknown> = {};
  await config.applyToHTTPSOptions(options);
  const agent = new Agent({ ...options, keepAlive: true, maxSockets: 1 });
  const server = new URL(config.getCurrentCluster()?.server ?? '');

  const create = (path: string, object: Manifest): Promise<number> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const { hostname, port } = server;
      const headers = { 'content-type': 'application/json' };
      const sent = request({ ...options, agent, hostname, port, path, method: 'POST', headers }, (answer) => {
        answer.resume().on('end', () => {
          if (answer.statusCode === 201) resolve(performance.now() - began);
          else reject(new Error(`${path}: ${answer.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(object));
    });

  const entries = (where: string) =>
    `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${where}/mcpserverentries`;
  const pods = (where: string) => `/api/v1/namespaces/${where}/pods?dryRun=All`;
  const asking = (where: string, count: number) =>
    pod(where, 'app', {
      servers: Array.from({ length: count }, (_, i) => `mcpserverentry/server-${i}`).join(', '),
    });
  const cases: readonly (readonly [string, (where: string, i: number) => Promise<number>])[] = [
    [
      'an MCPServerEntry with one Secret, stored',
      (where, i) => create(entries(where), serverEntry(where, `made-${i}`, fromSecret('token', 'token'))),
    ],
    ...[1, 5, most].map(
      (count) =>
        [
          `a labelled pod with ${count} server${count === 1 ? '' : 's'}, dry run`,
          (where: string) => create(pods(where), asking(where, count)),
        ] as const,
    ),
  ];
  const rows: string[][] = [];
  for (const [name, one] of cases) {
    const [without, added, withUs]: [number[], number[], number[]] = [[], [], []];
    for (let i = 0; i < warmUp + rounds; i += 1) {
      // Who goes first changes, so that neither has the other's warm caches.
      const order = i % 2 === 0 ? [exempt, ns] : [ns, exempt];
      const took = new Map<string, number>();
      for (const where of order) took.set(where, await one(where, i));
      if (i < warmUp) continue;
      const [off, on] = [took.get(exempt) ?? 0, took.get(ns) ?? 0];
      without.push(off);
      withUs.push(on);
      added.push(on - off);
    }
    const p99 = (all: number[]) => percentile(Float64Array.from(all).toSorted(), 0.99);
    const cells = [median(without), median(withUs), median(added), p99(without), p99(withUs)];
    rows.push([name, ...cells.map((ms) => `${ms.toFixed(1)} ms`)]);
  }
  agent.destroy();
  console.log(table(['request', 'without', 'with', 'added', 'p99 without', 'p99 with'], rows));
}
