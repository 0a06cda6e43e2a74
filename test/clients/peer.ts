import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Line = Readonly<Record<string, unknown>>;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** Only bounds a failure: whatever is waited for here comes at once or never. */
const patienceMs = 30_000;

const running = new Set<Peer>();

/** A client or a server as a process of its own, which speaks one JSON object a line and is told what to do the same way. */
export class Peer {
  readonly lines: Line[] = [];
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<void>;
  #errors = '';
  #read = 0;
  #over = false;
  #wake = () => {};

  constructor(name: string, { command, args }: Program, env: Readonly<Record<string, string>> = {}) {
    this.#name = name;
    this.#child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env } });
    running.add(this);
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#over = true;
        running.delete(this);
        this.#wake();
        resolve();
      };
      this.#child.once('close', end);
      this.#child.once('error', end);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    // A process that has ended does not read on.
    this.#child.stdin.on('error', () => undefined);
  }

  tell(line: Line): void {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** The next line that says all of this; what came before it is passed over, but never a failure. */
  async next(wanted: Line, patience = patienceMs): Promise<Line> {
    const deadline = Date.now() + patience;
    for (;;) {
      for (const line of this.lines.slice(this.#read)) {
        this.#read += 1;
        if (Object.entries(wanted).every(([key, value]) => line[key] === value)) return line;
        if (line['step'] === 'failed') throw new Error(`${this.#name}: ${String(line['message'])}`);
      }
      if (this.#over) throw this.#missed(wanted, 'ended');
      if (Date.now() > deadline) throw this.#missed(wanted, 'never said');
      await this.#woken(deadline - Date.now());
    }
  }

  /** Everything said up to now is read; what is asked for next comes later. */
  skip(): void {
    this.#read = this.lines.length;
  }

  /** Ends it without a chance to say goodbye to anybody, and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #missed(wanted: Line, how: string): Error {
    const said = this.lines.slice(-5).map((line) => JSON.stringify(line).slice(0, 300));
    return new Error(
      [`${this.#name} ${how}: ${JSON.stringify(wanted)}; last:`, ...said, this.#errors.slice(-2000)].join(
        '\n',
      ),
    );
  }
}

export const killAll = async (): Promise<void> => {
  await Promise.all([...running].map((peer) => peer.kill()));
};
