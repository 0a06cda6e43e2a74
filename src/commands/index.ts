import { InputError } from '../files/documents.ts';
import { certificates } from './certificates.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { audit } from './audit.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { floor } from './floor.ts';
import { inject } from './inject.ts';
import { kinds } from './kinds.ts';
import { lint } from './lint.ts';
import { proxy } from './proxy.ts';
import { review } from './review.ts';
import { serve } from './serve.ts';
import { watch } from './watch.ts';
import { why } from './why.ts';

export const commands: readonly Command[] = [
  serve,
  certificates,
  proxy,
  dev,
  lint,
  inject,
  why,
  audit,
  watch,
  doctor,
  review,
  explain,
  kinds,
  floor,
];

const usage = (): string =>
  [
    'sallyport COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`),
    '',
    'sallyport COMMAND --help says more.',
    '',
  ].join('\n');

/** Exit codes: 0 fine, 1 findings or a denial, 2 misuse. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '', ...args] = argv;
  if (name === '' || name === 'help' || name === '--help' || name === '-h') {
    terminal.out(usage());
    return name === '' ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) {
    terminal.err(
      `sallyport: unknown command ${JSON.stringify(name)}; there are ${commands.map((one) => one.name).join(', ')}\n`,
    );
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(command.help);
    return 0;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    if (error instanceof UsageError)
      terminal.err(`sallyport ${name}: ${error.message} (sallyport ${name} --help)\n`);
    else if (error instanceof InputError) terminal.err(`${error.message.replaceAll(/^/gm, 'sallyport: ')}\n`);
    else throw error;
    return 2;
  }
}
