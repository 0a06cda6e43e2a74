import { mkdtempSync, rmSync } from 'node:fs';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { startBoth, webhookLimitMiB } from './admission.ts';
import { start, type Served } from './processes.ts';
import { ours, proxyLimitMiB } from './proxy/contenders.ts';
import { table } from './table.ts';

/**
 * What many connections cost: the highest memory of the webhook server (limit 256 Mi) and of the proxy (limit
 * 128 Mi) while one client opens this many, and whether a probe is answered meanwhile.
 */
const connections = 4_000;
/** Opened side by side. */
const batch = 50;
const settleMs = 1_500;

type Open = (port: number) => Promise<Socket>;

const plain =
  (bytes: (port: number) => string): Open =>
  (port) =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes(port), () => resolve(socket)));
      socket.resume();
      socket.on('error', () => resolve(socket));
    });

const secure =
  (bytes: string): Open =>
  (port) =>
    new Promise((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
        socket.write(bytes, () => resolve(socket)),
      );
      socket.resume();
      socket.on('error', () => resolve(socket));
    });

const request =
  (line: string, more = '') =>
  (port: number) =>
    `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n${more}`;
const filler = (bytes: number) => `X-Filler: ${'x'.repeat(bytes)}`;

async function measure(served: Served, open: Open, probe: () => Promise<string>): Promise<string[]> {
  const sockets: Socket[] = [];
  let [resident, own] = [0, 0];
  const look = () => {
    resident = Math.max(resident, served.residentMiB());
    own = Math.max(own, served.privateMiB());
  };
  while (sockets.length < connections) {
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(served.port)))));
    look();
  }
  await sleep(settleMs);
  look();
  const stillOpen = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length;
  const answered = await probe();
  for (const socket of sockets) socket.destroy();
  await sleep(settleMs);
  const memory = [`${resident.toFixed(0)} MiB`, `${own.toFixed(0)} MiB`, served.limited()];
  return [...memory, String(stillOpen), answered];
}

const answerOf = (get: typeof getHttp, url: string): Promise<string> =>
  new Promise((resolve) => {
    get(url, { agent: false, rejectUnauthorized: false } as object, (res) => {
      resolve(String(res.statusCode));
      res.destroy();
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
  });

export async function benchConnections(print: (text: string) => void): Promise<void> {
  const rows: string[][] = [];
  const { bare, ours: webhook, stop } = await startBoth(webhookLimitMiB);
  bare.stop();
  const health = () => answerOf(getHttps, `https://127.0.0.1:${webhook.port}/healthz`);
  for (const [what, bytes] of [
    ['webhook, TLS alone', ''],
    ['webhook, TLS and 7.5 kB of a head', `GET / HTTP/1.1\r\n${filler(7_500)}`],
    ['webhook, TLS and 15 kB of a head', `GET / HTTP/1.1\r\n${filler(15_000)}`],
  ] as const)
    rows.push([what, ...(await measure(webhook, secure(bytes), health))]);
  stop();

  const events = await start(['--import', 'tsx', 'bench/proxy/event-server.ts'], {}, undefined, 1);
  for (const [what, bytes] of [
    ['proxy, idle', () => ''],
    ['proxy, 60 kB of a head', () => `GET /mcp HTTP/1.1\r\n${filler(60_000)}`],
    ['proxy, streams', request('GET /mcp?idle')],
    [
      'proxy, streams and 60 kB sent ahead',
      request('GET /mcp?idle', `GET /mcp HTTP/1.1\r\n${filler(60_000)}`),
    ],
  ] as const) {
    const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-connections-'));
    const proxy = await ours(folder, events.port, proxyLimitMiB);
    const one = () => answerOf(getHttp, `http://127.0.0.1:${proxy.port}/mcp?idle`);
    rows.push([what, ...(await measure(proxy, plain(bytes), one))]);
    proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  events.stop();
  print(`${connections} connections of one client:\n`);
  print(table(['What', 'Resident', 'Private', 'Under the limit', 'Open at the end', 'Then a request'], rows));
}
