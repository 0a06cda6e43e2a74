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

const restartMs = 1000;

interface DaemonOptions {
  readonly name: string;
  readonly command: readonly [string, readonly string[]];
  /** The file that gets its output. */
  readonly log: string;
  /** Starts it again after each end, as systemd does, and gets what to say of it. */
  readonly restarted?: ((line: string) => void) | undefined;
}

/** A program that runs until it is stopped, with its output in a file. */
export class Daemon {
  readonly #options: DaemonOptions;
  #child: ChildProcess;
  #ended: Promise<void>;
  #stopping = false;

  constructor(options: DaemonOptions) {
    this.#options = options;
    [this.#child, this.#ended] = this.#start();
  }

  #start(): [ChildProcess, Promise<void>] {
    const { name, command, log, restarted } = this.#options;
    const file = openSync(log, 'a');
    // A separate process group: Ctrl-C in the terminal must reach the test runner first, which stops in order.
    const child = spawn(...command, { stdio: ['ignore', file, file], detached: true });
    closeSync(file);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    if (restarted)
      void ended.then(async () => {
        // In between, `mustRun` throws: a program that cannot start is no program that ended.
        await sleep(restartMs);
        if (this.#stopping) return;
        restarted(`${name} ENDED and is started again; its log: ${log}`);
        [this.#child, this.#ended] = this.#start();
      });
    return [child, ended];
  }

  /** Throws with the end of its log when it is no longer there. */
  mustRun(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      return;
    const { name, log } = this.#options;
    throw new Error(`${name} ended:\n${lastLines(readFileSync(log, 'utf8'), 25)}`);
  }

  /** Asks, waits, insists, and always waits for the end: the next cluster would find its port taken. */
  async stop(patienceMs = 15_000): Promise<void> {
    this.#stopping = true;
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
