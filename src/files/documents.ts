import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ignoreNothing, type IgnoreRules } from './ignore.ts';
import { LatestPlaces, parseDocuments } from './parse.ts';
import { unreadBecause } from './problem.ts';
import type { SourceDocument, UnreadFile } from './source.ts';
import { filesOf, type InputFile } from './walk.ts';

export { parseDocuments } from './parse.ts';
export type { Position } from './places.ts';
export {
  identityOf,
  InputError,
  requireAll,
  unreadLines,
  unreadText,
  type KubernetesObject,
  type SourceDocument,
  type UnreadFile,
} from './source.ts';

export interface Loaded {
  readonly documents: readonly SourceDocument[];
  /** What could not be read: it may hold anything. */
  readonly unread: readonly UnreadFile[];
  readonly skipped: Skipped;
}

export interface Skipped {
  /** Files of a folder that are templates: they are no YAML until they are rendered. */
  readonly templates: number;
  /** The folders of the charts that they belong to. */
  readonly charts: readonly string[];
  /** Documents that are no Kubernetes objects. */
  readonly others: number;
  /** Files and folders that the ignore rules leave out. */
  readonly ignored: number;
}

export interface LoadOptions {
  readonly ignore?: IgnoreRules;
  /** Hears how many files were read, after every hundred. */
  readonly onRead?: (files: number) => void;
  readonly stop?: AbortSignal;
}

/** More than any repository or export has in one file, and less than one text can be. */
const maxFileBytes = 256 * 1024 * 1024;
/** Often enough that a signal or a progress line does not wait. */
const filesPerTurn = 100;

/**
 * Files, folders (searched through, leaving out dot folders and node_modules) and `-` for standard input. Whatever cannot be
 * read is said, and hides nothing else.
 */
export async function loadDocuments(
  inputs: readonly string[],
  stdin: () => Promise<string>,
  { ignore = ignoreNothing, onRead, stop }: LoadOptions = {},
): Promise<Loaded> {
  const documents: SourceDocument[] = [];
  const unread: UnreadFile[] = [];
  const charts = new Set<string>();
  const skipped = { templates: 0, others: 0, ignored: 0 };
  const latest = new LatestPlaces();
  let files = 0;
  for (const one of filesOf(inputs, ignore)) {
    if (one.kind === 'folder') continue;
    files += 1;
    if (files % filesPerTurn === 0) {
      onRead?.(files);
      await nextTurn();
    }
    if (stop?.aborted) break;
    if (one.kind === 'ignored') skipped.ignored += 1;
    if (one.kind === 'unread') unread.push(one.unread);
    if (one.kind !== 'file') continue;
    const { name } = one;
    const text = one.file === '-' ? await stdin() : readText(one.file);
    if (typeof text !== 'string') {
      unread.push({ file: name, ...text });
      continue;
    }
    // UTF-16 without a byte order mark is UTF-8 with a zero after each letter. YAML allows none.
    if (text.includes('\0')) {
      unread.push({ file: name, ...notUtf8 });
      continue;
    }
    if (isChartTemplate(one, text)) {
      skipped.templates += 1;
      charts.add(one.chart);
      continue;
    }
    const parsed = parseDocuments(text, name, latest);
    // In a folder a template is expected; a file that the user names must be YAML.
    if (one.inFolder && parsed.template) {
      skipped.templates += 1;
      continue;
    }
    for (const document of parsed.documents) documents.push(document);
    unread.push(...parsed.unread);
    skipped.others += parsed.others;
  }
  return { documents, unread, skipped: { ...skipped, charts: [...charts] } };
}

/** What Helm renders, even where the text as it is happens to be YAML. */
const isChartTemplate = (file: InputFile, text: string): file is InputFile & { readonly chart: string } =>
  file.inFolder && file.chart !== undefined && text.includes('{{');

const utf8 = new TextDecoder('utf-8', { fatal: true });

const notUtf8 = { problem: 'not UTF-8', fix: 'save it as UTF-8' };

/** The text of a file, or why there is none. */
function readText(file: string): string | Pick<UnreadFile, 'problem' | 'fix'> {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      if (size > maxFileBytes) {
        return {
          problem: `larger than ${maxFileBytes / 1024 / 1024} MiB`,
          fix: 'split it into several files',
        };
      }
      return utf8.decode(readFileSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof TypeError) return notUtf8;
    return unreadBecause(error);
  }
}
