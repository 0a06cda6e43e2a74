import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Programs run once to their end, and daemons that are stopped and waited for. */

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Gets what the program says on standard error, as it says it. */
  readonly progress?: ((text: string) => void) | undefined;
}

/** Runs a program to its end, whatever its exit code. */
export function attempt(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      err.push(chunk);
      options.progress?.(chunk.toString());
    });
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
    // A program that does not read its input closes it early.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that must succeed, and gives what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, args, options);
  if (code !== 0)
    throw new Error(
      `${[command, ...args].join(' ')} ended with ${code}:\n${lastLines(stderr || stdout, 30)}`,
    );
  return stdout;
}

/** A program that runs until it is stopped, with its output in a file. */
export class Daemon {
  readonly #name: string;
  readonly #log: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(name: string, command: string, args: readonly string[], log: string) {
    this.#name = name;
    this.#log = log;
    const file = openSync(log, 'a');
    // A process group of its own: Ctrl-C in the terminal must reach the test runner first, which stops in order.
    this.#child = spawn(command, args, { stdio: ['ignore', file, file], detached: true });
    closeSync(file);
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  /** Throws with the end of its log when it is no longer there. */
  mustRun(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      return;
    throw new Error(`${this.#name} ended:\n${lastLines(readFileSync(this.#log, 'utf8'), 25)}`);
  }

  /** Asks, waits, insists, and always waits for the end: the next cluster would find its port taken. */
  async stop(patienceMs = 15_000): Promise<void> {
    this.#child.kill('SIGTERM');
    const giveUp = new AbortController();
    await Promise.race([
      this.#ended,
      sleep(patienceMs, undefined, { signal: giveUp.signal }).then(
        () => this.#child.kill('SIGKILL'),
        () => undefined,
      ),
    ]);
    giveUp.abort();
    await this.#ended;
  }
}

/** Ctrl-C, or the end of a CI job: puts things in order before this process ends. */
export function onInterruption(stop: () => Promise<void>, say: (line: string) => void): void {
  let stopping = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    // The test runner's own would end the process a moment later, with everything still there.
    process.removeAllListeners(signal);
    // A terminal sends it to us and to whoever started us, who hands it on: the second one must not end us half-way.
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      say(`${signal}: taking everything away`);
      void stop().finally(() => process.exit(code));
    });
  }
}

/** Tries again until it gives something; throws with what it was and the last reason. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
  everyMs = 200,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let reason = 'never true';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}: ${reason}`);
    await sleep(everyMs);
  }
}

const lastLines = (text: string, count: number): string =>
  text.trimEnd().split('\n').slice(-count).join('\n');
