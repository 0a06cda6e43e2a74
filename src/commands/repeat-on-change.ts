import path from 'node:path';
import { printable } from '../core/printable.ts';
import { FileChanges } from '../files/changes.ts';
import { ignoreRules } from '../files/ignore.ts';
import { InputError } from '../files/documents.ts';
import type { CommandTerminal } from './command.ts';

interface Watched {
  readonly inputs: readonly string[];
  readonly exclude: readonly string[];
  /** Files besides, such as the configuration. */
  readonly files: readonly string[];
}

/** More would hide the report. */
const mostNamed = 3;

/** Runs a command now and after each change, until it is stopped. A file that cannot be used is an error of one run. */
export async function repeatOnChange(
  { inputs, exclude, files }: Watched,
  run: () => Promise<number>,
  terminal: CommandTerminal,
): Promise<number> {
  const changes = new FileChanges();
  const say = (text: string) => {
    if (!terminal.quiet) terminal.err(text);
  };
  try {
    for (;;) {
      try {
        changes.watch(inputs, files, ignoreRules(process.cwd(), exclude));
        await run();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        terminal.err(`${error.message.replaceAll(/^/gm, 'sallyport: ')}\n`);
      }
      say('Waiting for changes. To stop, press Ctrl-C.\n');
      const changed = await changes.next(terminal.stop);
      if (changed.length === 0) return 0;
      const names = changed.slice(0, mostNamed).map((file) => path.relative(process.cwd(), file));
      const more = changed.length > mostNamed ? ` and ${changed.length - mostNamed} more` : '';
      say(`\nChanged: ${printable(names.join(', '))}${more}.\n`);
    }
  } finally {
    changes.close();
  }
}
