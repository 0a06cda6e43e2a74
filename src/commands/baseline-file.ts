import { readFile, writeFile } from 'node:fs/promises';
import { printable } from '../core/printable.ts';
import { InputError } from '../files/documents.ts';
import { unreadBecause } from '../files/problem.ts';
import {
  baselineOf,
  baselineText,
  compareWithBaseline,
  entryText,
  parseBaseline,
  type BaselineEntry,
  type Compared,
} from '../report/baseline.ts';
import { plural } from '../report/render.ts';
import type { Reported } from '../report/reported.ts';
import type { CommandTerminal } from './command.ts';

export interface BaselineFile {
  readonly file: string;
  readonly entries: readonly BaselineEntry[];
  /** Whether the findings of this run become the baseline. */
  readonly update: boolean;
}

/** Reads the file of `--baseline`. A file that is to be written may not exist yet. Throws `InputError`. */
export async function readBaseline(file: string, update: boolean): Promise<BaselineFile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const isMissing = error.code === 'ENOENT';
    if (isMissing && update) return undefined;
    const hint = isMissing ? '; to create it, add --update-baseline' : '';
    throw new InputError(`${file}: the baseline cannot be read: ${unreadBecause(error).problem}${hint}`);
  });
  if (text === undefined) return { file, entries: [], update };
  const read = parseBaseline(text);
  if (read.kind === 'invalid')
    throw new InputError(`${file}: ${read.problem}; delete the file, or name another one`);
  return { file, entries: read.entries, update };
}

interface Run {
  readonly reported: readonly Reported[];
  /** The `objectKey` of every object that was checked. */
  readonly objects: ReadonlySet<string>;
  /** Whether every file could be read. */
  readonly isWhole: boolean;
}

/**
 * Compares a run with the baseline, writes the baseline if it is to be updated, and says on standard error what changed.
 * Without every file a baseline would lose entries, so it is not written then.
 */
export async function applyBaseline(
  { file, entries, update }: BaselineFile,
  { reported, objects, isWhole }: Run,
  terminal: CommandTerminal,
): Promise<Compared> {
  const compared = compareWithBaseline(reported, entries, objects);
  if (!update) {
    if (!terminal.quiet) terminal.err(changesText(file, compared));
    return compared;
  }
  if (!isWhole) {
    terminal.err(`sallyport: ${printable(file)} is not updated, because some files cannot be read\n`);
    return compared;
  }
  const updated = baselineOf(reported);
  await writeFile(file, baselineText(updated)).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: the baseline cannot be written (${error.code ?? 'unknown error'})`);
  });
  if (!terminal.quiet) {
    const removed = compared.gone.length + compared.unchecked;
    terminal.err(
      `${printable(file)} has ${plural(updated.length, 'finding')}: ${compared.added.length} added, ${removed} removed.\n`,
    );
  }
  return compareWithBaseline(reported, updated, objects);
}

/** More would hide the report. */
const mostListed = 20;

function changesText(file: string, { gone, unchecked }: Compared): string {
  const lines: string[] = [];
  if (gone.length > 0) {
    const [verb, them] = gone.length === 1 ? ['no longer exists', 'it'] : ['no longer exist', 'them'];
    lines.push(
      `${plural(gone.length, 'finding')} of ${file} ${verb}; to remove ${them}, add --update-baseline:`,
      ...gone.slice(0, mostListed).map((entry) => `  ${entryText(entry)}`),
      ...(gone.length > mostListed ? [`  and ${gone.length - mostListed} more`] : []),
    );
  }
  if (unchecked > 0)
    lines.push(
      `${plural(unchecked, 'finding')} of ${file} ${unchecked === 1 ? 'is' : 'are'} about objects that are not among these files.`,
    );
  return lines.map((line) => `${printable(line)}\n`).join('');
}
