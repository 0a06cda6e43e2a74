import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryGroup, type MemoryGroup } from './memory-group.ts';

/** A server in a process of its own, so that what it uses can be told from what the load generator uses. */
export interface Served {
  readonly port: number;
  /** CPU the process and its children used so far, in seconds. */
  cpuSeconds(): number;
  /** Memory in MiB: resident, and the part of it that no other process shares. */
  residentMiB(): number;
  privateMiB(): number;
  /** Highest memory that the kernel counted in a group with the shipped limit, and processes it killed there. */
  limited(): string;
  stop(): void;
}

const clockTicksPerSecond = 100;

/** Servers under test have one processor; what they are measured with, and what stands behind them, has the other. */
type Core = 0 | 1;

/** A Node program that says where it listens. */
export async function start(
  args: readonly string[],
  env: Record<string, string> = {},
  ready: (output: string) => number | undefined = portIn,
  core: Core = 0,
  /** The memory limit of its container in the manifests. */
  limitMiB?: number,
): Promise<Served> {
  const group = limitMiB === undefined ? undefined : memoryGroup(limitMiB);
  const command = [process.execPath, ...args];
  const child = spawn('taskset', ['-c', String(core), ...(group?.command(command) ?? command)], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${args.join(' ')} did not start: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      // After the start the output is only read so that it never blocks the server.
      if (output.length > 4096) return;
      output += chunk.toString();
      const found = ready(output);
      if (found !== undefined) resolve(found);
    });
  });
  return served(child, port, group);
}

/** Any program, which listens where it is told to. */
export async function startProgram(
  command: readonly string[],
  port: number,
  core: Core = 0,
): Promise<Served> {
  const child = spawn('taskset', ['-c', String(core), ...command], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const until = Date.now() + 10_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${command.join(' ')} did not start`);
    await sleep(5);
  }
  return served(child, port);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => {});
    socket.once('close', (failed) => resolve(!failed));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function portIn(output: string): number | undefined {
  const match = /listening on https?:\/\/[\d.]+:(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
}

function served(child: ChildProcess, port: number, group?: MemoryGroup): Served {
  child.once('exit', () => group?.remove());
  const pid = String(child.pid);
  const sum = (of: (pid: string) => number) =>
    [pid, ...read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)]
      .map(of)
      .reduce((total, one) => total + one, 0);
  const ticks = (of: string) => {
    const fields = read(`/proc/${of}/stat`).split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const memory = (name: RegExp) => (of: string) =>
    [...read(`/proc/${of}/smaps_rollup`).matchAll(name)].reduce(
      (total, [, kB]) => total + Number(kB) / 1024,
      0,
    );
  return {
    port,
    cpuSeconds: () => sum(ticks) / clockTicksPerSecond,
    residentMiB: () => sum(memory(/^Rss: +(\d+) kB/gm)),
    privateMiB: () => sum(memory(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)),
    limited: () =>
      group ? `${group.peakMiB().toFixed(0)} MiB, ${group.kills()} killed` : 'needs root and Linux',
    stop: () => void child.kill('SIGTERM'),
  };
}

const read = (path: string): string => readFileSync(path, 'latin1');
