import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command may touch of the outside world besides files and sockets. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program of the worker threads of `serve`. */
  readonly worker: URL;
  /** Aborted when the user or the kubelet asks the program to stop. */
  readonly stop: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Exit code: 0 fine, 1 findings or a denial. Throws `UsageError` or `InputError` for 2. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Something about the command line its author has to mend; printed as one line, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses a command's arguments; anything unknown is a `UsageError` that names it. */
export function parseArguments<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\. To specify|\n/)[0] ?? message);
  }
}
