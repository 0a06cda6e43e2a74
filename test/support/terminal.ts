import { setMaxListeners } from 'node:events';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import { runCli } from '../../src/commands/index.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Given {
  readonly stdin?: string;
  /** Reads standard input, if it is not a text. */
  readonly readStdin?: () => Promise<string>;
  readonly env?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  /** How the program is called, if not `sallyport`. */
  readonly program?: string;
  /** The width of standard output, if it is a terminal. */
  readonly columns?: number;
  /** The clock of the command, in milliseconds. */
  readonly now?: () => number;
  /** Hears what is printed as it is printed. */
  readonly onOut?: (text: string) => void;
}

/** Runs a command as the program would, in this process, and hands back what a person would see. */
export async function runSallyport(args: readonly string[], given: Given = {}): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    out: (text) => {
      out += text;
      given.onOut?.(text);
    },
    err: (text) => void (err += text),
    program: given.program ?? 'sallyport',
    columns: { out: given.columns, err: given.columns },
    now: given.now ?? (() => performance.now()),
    stdin: given.readStdin ?? (() => Promise.resolve(given.stdin ?? '')),
    env: given.env ?? {},
    worker: pathToFileURL(inject('worker')),
    stop: given.stop ?? neverStopped(),
  });
  return { code, out, err };
}

/** Like the signal of the program, it has as many listeners as there are open requests. */
function neverStopped(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}
