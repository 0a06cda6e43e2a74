import { InputError } from '../files/documents.ts';
import { internalError } from '../terminal/internal-error.ts';
import { styleOf } from '../terminal/style.ts';
import { audit } from './audit.ts';
import { certificates } from './certificates.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { complete } from './complete.ts';
import { completion } from './completion.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { floor } from './floor.ts';
import { inject } from './inject.ts';
import { coverage } from './kinds/coverage.ts';
import { kinds } from './kinds/kinds.ts';
import { manifests } from './kinds/manifests.ts';
import { tryDescription } from './kinds/try.ts';
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
  tryDescription,
  coverage,
  manifests,
  dev,
  review,
  floor,
  completion,
  why,
  audit,
  doctor,
  serve,
  certificates,
  watch,
  proxy,
];

/** Runs a command line, and returns its exit code: 0 fine, 1 findings or a denial, 2 misuse. */
export async function runCli(argv: readonly string[], given: Terminal): Promise<number> {
  const { program, env, columns } = given;
  // What completion scripts call. It is not a command for people, so no list has it.
  if (argv[0] === '__complete') {
    given.out(complete(commands, argv.slice(1)));
    return 0;
  }
  const terminal: Terminal = { ...given, err: (text) => given.err(hinted(text, program)) };
  const parsed = parseCommandLine(commands, argv, { program, width: columns?.out });
  if (parsed.kind === 'print') {
    terminal.out(hinted(parsed.text, program));
    return parsed.code;
  }
  if (parsed.kind === 'misuse') return misuse(parsed.message, parsed.command, terminal);
  const { command, values, global } = parsed;
  if (command.stopsGracefully) terminal.stopGracefully?.();
  try {
    return await command.run(values, {
      ...terminal,
      ...(command.printsObjects ? {} : { out: (text) => given.out(hinted(text, program)) }),
      quiet: global.quiet,
      outStyle: styleOf(columns?.out, env, global.noColor),
      errStyle: styleOf(columns?.err, env, global.noColor),
    });
  } catch (error) {
    if (error instanceof UsageError) return misuse(error.message, command, terminal);
    if (error instanceof InputError) terminal.err(`${error.message.replaceAll(/^/gm, 'sallyport: ')}\n`);
    else terminal.err(internalError(error, global.debug || (env['SALLYPORT_DEBUG'] ?? '') !== ''));
    return 2;
  }
}

function misuse(message: string, command: Command | undefined, { program, err }: Terminal): number {
  const call = command === undefined ? program : `${program} ${command.name}`;
  // "lint needs …" already has the command as its subject.
  const isSubject = command !== undefined && message.startsWith(`${command.name} `);
  err(`${isSubject ? `${program} ` : `${call}: `}${message} (${call} --help)\n`);
  return 2;
}

/** Text in which commands are as this user calls them. */
const hinted = (text: string, program: string): string =>
  program === 'sallyport'
    ? text
    : text.replaceAll(/(?<![\w/.-])(?:kubectl )?sallyport ([a-z]+)\b/g, (call: string, name: string) =>
        commands.some((command) => command.name === name) ? `${program} ${name}` : call,
      );
