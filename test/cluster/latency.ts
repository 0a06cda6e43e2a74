import { Agent, request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { KubeConfig } from '@kubernetes/client-node';
import { median, table } from '../../bench/table.ts';
import { percentile } from '../../bench/load.ts';
import { startCluster } from './cluster.ts';
import { agentConfig, job, kelos, maker } from './kelos.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { run } from './processes.ts';
import { configured, installSallyport, replicaLabel, system } from './sallyport.ts';

/**
 * What Sallyport adds to a request as its author sees it, on a real API server: the same object is created in a namespace
 * that the webhook entries exempt and in one they do not, in turns. Then where that time went, by the API server's metrics,
 * the replicas' logs and the replicas' metrics. docs/benchmarks.md has the result.
 */
const exempt = 'kube-system';
const ns = testNamespace('latency');
const rounds = 500;
const warmUp = 50;
const most = 20;
const github = { type: 'http', url: 'https://mcp.example.com/mcp/' };

/** Which route each entry of the manifests calls. */
const routes = {
  'validate-mcp-resources': 'validate',
  'inject-labelled-pods': 'mutate',
  'inject-operator-workloads': 'rewrite',
  'check-labelled-pods': 'check',
  'check-injected-pods': 'check',
} as const;

if (process.env['KUBECONFIG'] === undefined) {
  const say = (line: string) => console.log(line);
  const cluster = await startCluster(say);
  try {
    const { kubeconfig, inside } = cluster.address;
    const kubectl = new Kubectl(cluster.address);
    await installSallyport(kubectl, say);
    await configured(kubectl, { inject: { families: { kelos: true } } });
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
      secret(where, 'token', { token: 'Bearer abc', Authorization: 'Bearer abc' }),
      ...Array.from({ length: most }, (_, i) =>
        serverEntry(where, `server-${i}`, fromSecret('token', 'token'), `https://mcp-${i}.example.com/mcp`),
      ),
      agentConfig(kelos, where, 'tools', {
        github: { ...github, headersFrom: { secretRef: { name: 'token' } } },
      }),
      maker(kelos, where, 'Task', 'task', { prompt: 'hello' }),
    );
}

interface Case {
  readonly name: string;
  readonly create: (where: string, i: number) => Promise<number>;
}

async function measure(kubeconfig: string): Promise<void> {
  const api = await apiServer(kubeconfig);
  const uid = async (where: string): Promise<string> => {
    const { metadata } = await api.get<{ readonly metadata: { readonly uid: string } }>(
      `/apis/${kelos.apiVersion}/namespaces/${where}/tasks/task`,
    );
    return metadata.uid;
  };
  const tasks = new Map([
    [ns, await uid(ns)],
    [exempt, await uid(exempt)],
  ]);
  const entries = (where: string) =>
    `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${where}/mcpserverentries`;
  const pods = (where: string) => `/api/v1/namespaces/${where}/pods?dryRun=All`;
  const jobs = (where: string) => `/apis/batch/v1/namespaces/${where}/jobs?dryRun=All`;
  const asking = (where: string, count: number) =>
    pod(where, 'app', {
      servers: Array.from({ length: count }, (_, i) => `mcpserverentry/server-${i}`).join(', '),
    });
  const kelosJob = (where: string) =>
    job({
      release: kelos,
      namespace: where,
      name: 'task',
      maker: { kind: 'Task', name: 'task', uid: tasks.get(where) ?? '' },
      servers: { github: { ...github, headers: { Authorization: 'Bearer abc' } } },
    });
  const cases: readonly Case[] = [
    {
      name: 'an MCPServerEntry with one Secret, stored',
      create: (where, i) =>
        api.create(entries(where), serverEntry(where, `made-${i}`, fromSecret('token', 'token'))),
    },
    {
      name: 'a pod without our label, dry run',
      create: (where) => api.create(pods(where), pod(where, 'app', {})),
    },
    ...[1, 5, most].map((count) => ({
      name: `a labelled pod with ${count} server${count === 1 ? '' : 's'}, dry run`,
      create: (where: string) => api.create(pods(where), asking(where, count)),
    })),
    {
      name: "Kelos' Job with 1 server, dry run",
      create: (where) => api.create(jobs(where), kelosJob(where)),
    },
  ];
  const [added, spent]: [string[][], string[][]] = [[], []];
  for (const one of cases) {
    const before = await api.spent();
    const began = new Date().toISOString();
    added.push(await inTurns(one));
    // Both namespaces' requests are behind it, and only one of them called webhooks.
    spent.push(...rowsOf(one.name, before, await api.spent(), await api.decisions(began)));
  }
  api.end();
  console.log(table(['request', 'without', 'with', 'added', 'p99 without', 'p99 with'], added));
  const head = ['request', 'webhook', 'calls', 'API server ms', 'ours ms', 'of it lookups ms', 'lookups'];
  console.log(`\nMeans of one request, ${warmUp + rounds} of each:\n\n${table(head, spent)}`);
}

async function inTurns({ name, create }: Case): Promise<string[]> {
  const [without, added, withUs]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < warmUp + rounds; i += 1) {
    // Who goes first changes, so that neither has the other's warm caches.
    const order = i % 2 === 0 ? [exempt, ns] : [ns, exempt];
    const took = new Map<string, number>();
    for (const where of order) took.set(where, await create(where, i));
    if (i < warmUp) continue;
    const [off, on] = [took.get(exempt) ?? 0, took.get(ns) ?? 0];
    without.push(off);
    withUs.push(on);
    added.push(on - off);
  }
  const p99 = (all: number[]) => percentile(Float64Array.from(all).toSorted(), 0.99);
  const cells = [median(without), median(withUs), median(added), p99(without), p99(withUs)];
  return [name, ...cells.map((ms) => `${ms.toFixed(1)} ms`)];
}

/** Totals since the start: of each webhook entry, as the API server counts them, and of all lookups. */
interface Spent {
  readonly webhooks: ReadonlyMap<string, { readonly calls: number; readonly seconds: number }>;
  readonly lookups: number;
}

/** A decision's line in the log of a replica. */
interface Decision {
  readonly webhook: string;
  readonly ms: number;
  readonly lookupMs?: number;
}

function rowsOf(name: string, before: Spent, after: Spent, decisions: readonly Decision[]): string[][] {
  const requests = warmUp + rounds;
  const lookups = ((after.lookups - before.lookups) / requests).toFixed(1);
  const rows = Object.entries(routes).flatMap(([entry, route]): string[][] => {
    const [was, is] = [before, after].map(({ webhooks }) => webhooks.get(`${entry}.sallyport.dev`));
    const calls = (is?.calls ?? 0) - (was?.calls ?? 0);
    if (calls === 0) return [];
    const seconds = (is?.seconds ?? 0) - (was?.seconds ?? 0);
    const lines = decisions.filter(({ webhook }) => webhook === route);
    const mean = (of: (one: Decision) => number) =>
      (lines.reduce((sum, one) => sum + of(one), 0) / lines.length).toFixed(1);
    return [
      [
        name,
        entry,
        (calls / requests).toFixed(2),
        ((seconds * 1000) / calls).toFixed(1),
        mean(({ ms }) => ms),
        mean(({ lookupMs = 0 }) => lookupMs),
        lookups,
      ],
    ];
  });
  return rows.length > 0 ? rows : [[name, 'none', '0', '', '', '', lookups]];
}

async function apiServer(kubeconfig: string) {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: Record<string, unknown> = {};
  await config.applyToHTTPSOptions(options);
  const agent = new Agent({ ...options, keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(config.getCurrentCluster()?.server ?? '');

  const send = (method: 'GET' | 'POST', path: string, body?: Manifest): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request({ ...options, agent, hostname, port, path, method, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          if (answer.statusCode === (method === 'GET' ? 200 : 201)) resolve(text);
          else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  const get = async <T>(path: string): Promise<T> => JSON.parse(await send('GET', path)) as T;
  const inSystem = `/api/v1/namespaces/${system}/pods`;
  const selector = `labelSelector=${encodeURIComponent(replicaLabel)}`;
  const { items } = await get<{
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  }>(`${inSystem}?${selector}`);
  const names = items.map(({ metadata }) => metadata.name);

  return {
    get,
    end: () => agent.destroy(),
    /** Milliseconds. */
    async create(path: string, object: Manifest): Promise<number> {
      const began = performance.now();
      await send('POST', path, object);
      return performance.now() - began;
    },
    async spent(): Promise<Spent> {
      const ofApiServer = await send('GET', '/metrics');
      const webhooks = new Map<string, { calls: number; seconds: number }>();
      for (const [, part, labels = '', value] of ofApiServer.matchAll(
        /^apiserver_admission_webhook_admission_duration_seconds_(sum|count)\{(.*)\} (\S+)$/gm,
      )) {
        const name = /name="([^"]+)"/.exec(labels)?.[1] ?? '';
        const sum = webhooks.get(name) ?? { calls: 0, seconds: 0 };
        if (part === 'count') sum.calls += Number(value);
        else sum.seconds += Number(value);
        webhooks.set(name, sum);
      }
      const pages = await Promise.all(
        names.map((name) => send('GET', `${inSystem}/https:${name}:8443/proxy/metrics`)),
      );
      const lookups = pages
        .flatMap((page) => [...page.matchAll(/^sallyport_lookups_total\{.*\} (\d+)$/gm)])
        .reduce((sum, [, count]) => sum + Number(count), 0);
      return { webhooks, lookups };
    },
    /** Of both replicas, since then. */
    async decisions(since: string): Promise<Decision[]> {
      const logs = await Promise.all(
        names.map((name) => send('GET', `${inSystem}/${name}/log?sinceTime=${since}`)),
      );
      return logs
        .flatMap((log) => log.split('\n'))
        .filter((line) => line.includes('"webhook":'))
        .map((line) => JSON.parse(line) as Decision);
    },
  };
}
