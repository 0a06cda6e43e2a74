import { InputError } from '../files/documents.ts';
import { audit } from './audit.ts';
import { certificates } from './certificates.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { floor } from './floor.ts';
import { inject } from './inject.ts';
import { kinds } from './kinds.ts';
import { lint } from './lint.ts';
import { parseCommandLine } from './program.ts';
import { proxy } from './proxy.ts';
import { review } from './review.ts';
import { serve } from './serve.ts';
import { watch } from './watch.ts';
import { why } from './why.ts';

export const commands: readonly Command[] = [
  lint,
  inject,
  explain,
  kinds,
  dev,
  review,
  floor,
  why,
  audit,
  doctor,
  serve,
  certificates,
  watch,
  proxy,
];

/** Runs a command line, and returns its exit code: 0 fine, 1 findings or a denial, 2 misuse. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { program } = terminal;
  const parsed = parseCommandLine(commands, argv, { program });
  switch (parsed.kind) {
    case 'print':
      terminal.out(parsed.text);
      return parsed.code;
    case 'misuse':
      return misuse(parsed.message, parsed.command, terminal);
    case 'run':
      break;
  }
  const { command, values, quiet } = parsed;
  try {
    return await command.run(values, { ...terminal, quiet });
  } catch (error) {
    if (error instanceof UsageError) return misuse(error.message, command, terminal);
    if (!(error instanceof InputError)) throw error;
    terminal.err(`${error.message.replaceAll(/^/gm, 'sallyport: ')}\n`);
    return 2;
  }
}

function misuse(message: string, command: Command | undefined, { program, err }: Terminal): number {
  const call = command === undefined ? program : `${program} ${command.name}`;
  err(`${call}: ${message} (${call} --help)\n`);
  return 2;
}
