import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ignoreFileName, type IgnoreRules } from './ignore.ts';
import { unreadBecause } from './problem.ts';
import type { UnreadFile } from './source.ts';

/** A file to be read; `-` is standard input. */
export interface InputFile {
  readonly kind: 'file';
  readonly file: string;
  /** As reports call it. */
  readonly name: string;
  /** Found in a folder, not named. */
  readonly inFolder: boolean;
  /** The folder of the Helm chart whose template it may be. */
  readonly chart?: string;
}

type Found =
  | InputFile
  /** A folder that is searched, before what is in it. */
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'unread'; readonly unread: UnreadFile }
  | { readonly kind: 'ignored' };

const extensions = new Set(['.yaml', '.yml', '.json']);

/** The files and folders that the inputs name, and those in the folders, each once and in their order. */
export function* filesOf(inputs: readonly string[], ignore: IgnoreRules): Generator<Found> {
  for (const input of inputs) {
    if (input === '-') {
      yield { kind: 'file', file: '-', name: 'stdin', inFolder: false };
      continue;
    }
    let folder = false;
    try {
      folder = statSync(input).isDirectory();
    } catch (error) {
      yield { kind: 'unread', unread: { file: input, ...unreadBecause(error) } };
      continue;
    }
    if (ignore.ignores(input, folder)) yield { kind: 'ignored' };
    else if (folder) yield* filesBelow(input, ignore.within(input), undefined);
    else yield { kind: 'file', file: input, name: input, inFolder: false };
  }
}

function* filesBelow(folder: string, ignore: IgnoreRules, chart: string | undefined): Generator<Found> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    yield { kind: 'unread', unread: { file: folder, ...unreadBecause(error) } };
    return;
  }
  yield { kind: 'folder', folder };
  const isChart = existsSync(path.join(folder, 'Chart.yaml'));
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (isFolder ? !isSearchedName(entry.name) : !isOurs(entry)) continue;
    if (ignore.ignores(full, isFolder)) yield { kind: 'ignored' };
    else if (isFolder)
      yield* filesBelow(full, ignore.within(full), isChart && entry.name === 'templates' ? folder : chart);
    else
      yield {
        kind: 'file',
        file: full,
        name: full,
        inFolder: true,
        ...(chart === undefined ? {} : { chart }),
      };
  }
}

/** Whether a folder of this name is searched, if a folder that is searched contains it. */
export const isSearchedName = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';

/** Whether a file of this name matters in a folder that is searched. */
export const isReadName = (name: string): boolean =>
  name === ignoreFileName || extensions.has(path.extname(name));

const isOurs = (entry: { readonly name: string; isFile(): boolean }): boolean =>
  entry.isFile() && extensions.has(path.extname(entry.name));
