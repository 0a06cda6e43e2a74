import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { defaultConfiguration, readConfiguration, type Configuration } from '../core/configuration.ts';
import { InputError } from '../files/documents.ts';
import { unreadBecause } from '../files/problem.ts';

/** The configuration a command was given, or the defaults. Throws `InputError` with every problem, one a line. */
export async function loadConfiguration(file: string | undefined): Promise<Configuration> {
  if (file === undefined) return defaultConfiguration;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError(`${file}: the configuration cannot be read: ${unreadBecause(error).problem}`);
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new InputError(
      `${file}:${line}:${col}: invalid YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
    );
  }
  const read = readConfiguration(document.toJS());
  if (read.kind === 'invalid')
    throw new InputError(read.problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return read.configuration;
}
