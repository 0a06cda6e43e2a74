import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeProxyConfig } from '../src/core/proxy-contract.ts';
import { layOutVolume } from '../src/kubelet/volume.ts';
import { closedLoop, openLoop, percentile, type Outcome, type Target } from './load.ts';
import { start, type Served } from './processes.ts';
import { median, table } from './table.ts';

/** A call through the proxy beside the same call without it, in one run, in turns. */
const connections = 16;
const seconds = 3;
const rounds = 5;
const bodyBytes = 450;

function target(port: number): Target {
  const body =
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'x', text: ''.padEnd(bodyBytes, 'a') },
    }).slice(0, bodyBytes - 3) + '"}}';
  const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return { host: '127.0.0.1', port, tls: false, request: Buffer.from(head + body) };
}

async function startProxy(folder: string, upstream: number): Promise<Served> {
  const [admin, port] = [await freePort(), await freePort()];
  const dir = '/var/run/sallyport/servers/bench';
  layOutVolume(path.join(folder, dir), { '+/h0': 'Bearer bench-token\n' });
  const config = encodeProxyConfig({
    version: 1,
    admin,
    onMissing: 'wait',
    servers: [
      {
        name: 'bench',
        ref: 'configmap/bench',
        port,
        transport: 'http',
        upstream: `http://127.0.0.1:${upstream}/mcp`,
        dir,
        headers: [{ name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' }],
        bundles: [],
        tls: null,
      },
    ],
  });
  const env = { SALLYPORT_PROXY_CONFIG: config, SALLYPORT_ROOT: folder, SALLYPORT_LOG_LEVEL: 'info' };
  return start(['dist/proxy.mjs'], env, (output) => (output.includes('\n') ? port : undefined));
}

export async function benchProxy(print: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  const upstream = await start(['--import', 'tsx', 'bench/bare-server.ts']);
  const proxy = await startProxy(folder, upstream.port);
  try {
    const run = (served: Served) => closedLoop(target(served.port), connections, seconds);
    await Promise.all([run(upstream), run(proxy)]);
    const pairs: { direct: Outcome; proxied: Outcome }[] = [];
    for (let i = 0; i < rounds; i += 1)
      pairs.push({ direct: await run(upstream), proxied: await run(proxy) });
    const directAt500 = await openLoop(target(upstream.port), connections, 500, 5);
    const proxiedAt500 = await openLoop(target(proxy.port), connections, 500, 5);
    const rate = (of: 'direct' | 'proxied') =>
      median(pairs.map((pair) => pair[of].requests / pair[of].seconds));
    const row = (name: string, of: 'direct' | 'proxied', at500: Outcome) => [
      name,
      rate(of).toFixed(0),
      String(pairs.reduce((sum, pair) => sum + pair[of].failures, 0) + at500.failures),
      `${percentile(at500.latencies, 0.5).toFixed(2)} ms`,
      `${percentile(at500.latencies, 0.99).toFixed(2)} ms`,
    ];
    print(
      `A ${bodyBytes}-byte POST, plain upstream, ${connections} connections, ${rounds} pairs of ${seconds} s; proxy and upstream share one core:\n`,
    );
    print(
      table(
        ['path', 'requests/s', 'failures', 'p50 at 500/s', 'p99 at 500/s'],
        [row('direct', 'direct', directAt500), row('through the proxy', 'proxied', proxiedAt500)],
      ),
    );
    const added = percentile(proxiedAt500.latencies, 0.99) - percentile(directAt500.latencies, 0.99);
    const ratio = median(
      pairs.map(
        ({ direct, proxied }) => proxied.requests / proxied.seconds / (direct.requests / direct.seconds),
      ),
    );
    print(
      `\nratio proxied/direct: ${ratio.toFixed(2)} by throughput; p99 added at 500 requests/s: ${added.toFixed(2)} ms (target 2 ms); resident ${proxy.residentMiB().toFixed(0)} MiB\n`,
    );
  } finally {
    proxy.stop();
    upstream.stop();
    rmSync(folder, { recursive: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
