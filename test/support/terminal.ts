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
  readonly env?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  /** How the program is called, if not `sallyport`. */
  readonly program?: string;
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
    stdin: () => Promise.resolve(given.stdin ?? ''),
    env: given.env ?? {},
    worker: pathToFileURL(inject('worker')),
    stop: given.stop ?? new AbortController().signal,
  });
  return { code, out, err };
}
