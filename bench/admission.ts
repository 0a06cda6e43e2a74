import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { closedLoop, openLoop, percentile, type Target } from './load.ts';
import { entryReview, ghToken, mostServers, serverEntry } from './reviews.ts';
import { start, type Served } from './processes.ts';
import { median, table } from './table.ts';

/**
 * `/validate` beside a bare `node:https` server that only parses the body, in one run, in turns: A B A B ... The
 * ratio of a pair is what counts; machines are shared and single figures drift.
 */
const connections = 32;
const seconds = 3;
const rounds = 5;

export function reviewTarget(
  port: number,
  body: string,
  route: '/validate' | '/mutate' = '/validate',
): Target {
  const head = `POST ${route}?timeout=3s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return { host: '127.0.0.1', port, tls: true, request: Buffer.from(head + body) };
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly failures: number;
}

async function round(served: Served, body: string): Promise<Round> {
  const before = served.cpuSeconds();
  const {
    requests,
    failures,
    seconds: took,
  } = await closedLoop(reviewTarget(served.port, body), connections, seconds);
  return {
    perSecond: requests / took,
    cpuMicroseconds: ((served.cpuSeconds() - before) / requests) * 1e6,
    failures,
  };
}

/** The options of node in the image of the server, and the environment. */
function image() {
  const [, server = ''] = readFileSync('Dockerfile', 'utf8').split(' AS server\n');
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(server)?.[1] ?? '[]';
  const env = [...server.matchAll(/^ENV (MALLOC\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]);
  return {
    options: (JSON.parse(entry) as string[]).filter((part) => part.startsWith('--')),
    env: Object.fromEntries(env) as Record<string, string>,
  };
}

/** The memory limit of the webhook server in the manifests. */
export const webhookLimitMiB = 256;

/** The bare server and ours, which knows one Secret and as many servers as a pod could ask for. */
export async function startBoth(limitMiB?: number) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  const objects = [ghToken, ...Array.from({ length: mostServers }, (_, i) => serverEntry(i))];
  const text = objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
  writeFileSync(path.join(folder, 'cluster.yaml'), text);
  const bare = await start(['--import', 'tsx', 'bench/bare-server.ts', '--tls']);
  // As its image starts it.
  const { options, env } = image();
  const serve = [...options, 'dist/cli.mjs', 'serve', '--cluster', folder, '--port', '0'];
  const ours = await start(serve, env, undefined, 0, limitMiB);
  const stop = () => {
    bare.stop();
    ours.stop();
    rmSync(folder, { recursive: true });
  };
  return { bare, ours, stop };
}

export async function benchAdmission(print: (text: string) => void): Promise<void> {
  const { bare, ours, stop } = await startBoth();
  try {
    const body = entryReview();
    for (const served of [bare, ours]) await closedLoop(reviewTarget(served.port, body), connections, 2);
    const pairs: { bare: Round; ours: Round }[] = [];
    for (let i = 0; i < rounds; i += 1)
      pairs.push({ bare: await round(bare, body), ours: await round(ours, body) });
    const offered = await openLoop(reviewTarget(ours.port, body), connections, 1000, 5);
    const column = (of: (pair: (typeof pairs)[number]) => number) => median(pairs.map(of));
    print(
      `/validate, ${Buffer.byteLength(body)}-byte review with one Secret, TLS keep-alive, ${connections} connections, ${rounds} pairs of ${seconds} s, server on one core:\n`,
    );
    print(
      table(
        ['server', 'reviews/s', 'CPU per review', 'failures'],
        (['bare', 'ours'] as const).map((name) => [
          name === 'bare' ? 'bare node:https + JSON.parse' : 'sallyport serve, whole validation',
          column((pair) => pair[name].perSecond).toFixed(0),
          `${column((pair) => pair[name].cpuMicroseconds).toFixed(0)} us`,
          String(pairs.reduce((sum, pair) => sum + pair[name].failures, 0)),
        ]),
      ),
    );
    print(
      `\nratio ours/bare: ${column((pair) => pair.ours.perSecond / pair.bare.perSecond).toFixed(2)} by throughput, ${column((pair) => pair.bare.cpuMicroseconds / pair.ours.cpuMicroseconds).toFixed(2)} by CPU (target 0.5, aim 0.8)`,
    );
    print(
      `1,000 reviews/s offered for 5 s: p50 ${percentile(offered.latencies, 0.5).toFixed(2)} ms, p99 ${percentile(offered.latencies, 0.99).toFixed(2)} ms, ${offered.failures} failures (target p99 5 ms); resident ${ours.residentMiB().toFixed(0)} MiB (target 128)\n`,
    );
  } finally {
    stop();
  }
}
