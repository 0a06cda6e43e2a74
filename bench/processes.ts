import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A server in a process of its own, so that what it uses can be told from what the load generator uses. */
export interface Served {
  readonly port: number;
  /** CPU the process used so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory in MiB. */
  residentMiB(): number;
  stop(): void;
}

const clockTicksPerSecond = 100;
const pageBytes = 4096;

/** On machines with `taskset` a server gets one processor and the load generator the other. */
export async function start(
  args: readonly string[],
  env: Record<string, string> = {},
  ready: (output: string) => number | undefined = portIn,
): Promise<Served> {
  const child = spawn('taskset', ['-c', '0', process.execPath, ...args], {
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
  return served(child, port);
}

function portIn(output: string): number | undefined {
  const match = /listening on https?:\/\/[\d.]+:(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
}

function served(child: ChildProcess, port: number): Served {
  const stat = () =>
    readFileSync(`/proc/${String(child.pid)}/stat`, 'latin1')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return {
    port,
    cpuSeconds: () => (Number(stat()[11]) + Number(stat()[12])) / clockTicksPerSecond,
    residentMiB: () => (Number(stat()[21]) * pageBytes) / 1024 / 1024,
    stop: () => void child.kill('SIGKILL'),
  };
}
