import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isThere } from '../../test/cluster/requirements.ts';
import { closedLoop, openLoop, percentile, type Outcome, type Target } from '../load.ts';
import type { Served } from '../processes.ts';
import { median } from '../table.ts';

export const connections = 16;
export const bodyBytes = 450;
export const seconds = 2;
export const rounds = 5;

const body = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'x', text: ''.padEnd(bodyBytes, 'a') },
}).slice(0, bodyBytes - 3)}"}}`;
const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

function target(port: number): Target {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n`;
  return { host: '127.0.0.1', port, tls: false, request: Buffer.from(head + body) };
}

/** wrk sends more than one core of any proxy takes; our own generator, in Node, may be the slower one. */
export const generator = isThere('wrk') ? 'wrk' : 'a generator in Node';

async function load(folder: string, port: number): Promise<{ requests: number; failures: number }> {
  if (generator !== 'wrk') return closedLoop(target(port), connections, seconds);
  const script = path.join(folder, 'post.lua');
  const set = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`);
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = [==[${body}]==]\n${set.join('')}`);
  const args = ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script];
  const { stdout } = await promisify(execFile)('taskset', [...args, `http://127.0.0.1:${port}/mcp`]);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+)/.exec(stdout)?.slice(1) ?? [];
  const failures = socketErrors.reduce(
    (sum, errors) => sum + Number(errors),
    number(/Non-2xx or 3xx responses: (\d+)/),
  );
  return { requests: number(/(\d+) requests in/), failures };
}

export interface Measured {
  readonly name: string;
  /** Requests per second of the clock, and of the processor the proxy had to itself. */
  readonly rate: number;
  readonly perCpuSecond: number;
  readonly failures: number;
  readonly at500: Outcome;
}

/** All in turns, so that a busy moment of the machine meets every one. */
export async function measure(folder: string, served: ReadonlyMap<string, Served>): Promise<Measured[]> {
  const samples = new Map(
    [...served.keys()].map((name) => [name, [] as { rate: number; perCpu: number; failures: number }[]]),
  );
  for (const [, { port }] of served) await load(folder, port);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, one] of served) {
      const before = one.cpuSeconds();
      const { requests, failures } = await load(folder, one.port);
      const perCpu = requests / Math.max(one.cpuSeconds() - before, 0.01);
      samples.get(name)?.push({ rate: requests / seconds, perCpu, failures });
    }
  }
  const results: Measured[] = [];
  for (const [name, { port }] of served) {
    const own = samples.get(name) ?? [];
    const at500 = await openLoop(target(port), connections, 500, 5);
    results.push({
      name,
      rate: median(own.map(({ rate }) => rate)),
      perCpuSecond: median(own.map(({ perCpu }) => perCpu)),
      failures: own.reduce((sum, { failures }) => sum + failures, at500.failures),
      at500,
    });
  }
  return results;
}

export const milliseconds = ({ latencies }: Outcome, p: number): number => percentile(latencies, p);
