import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  visit,
  type Document,
  type Scalar,
} from 'yaml';
import type { Path } from '../core/path.ts';

/** One Kubernetes object of a file, with the places of its parts. */
export interface SourceDocument {
  readonly file: string;
  readonly object: KubernetesObject;
  /** Line and column, from 1, of what a path leads to, or of the nearest thing that is there. */
  position(at: Path): Position;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly [field: string]: unknown;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Loaded {
  readonly documents: readonly SourceDocument[];
  /** What a folder held that is not an object: templates and other YAML. */
  readonly skipped: { readonly templates: number; readonly others: number };
}

/** Something about the input itself that its author has to mend: `FILE:LINE:COLUMN: why`. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const extensions = new Set(['.yaml', '.yml', '.json']);

/** Files, folders (searched through, leaving out dot folders and node_modules) and `-` for standard input. */
export async function loadDocuments(
  inputs: readonly string[],
  stdin: () => Promise<string>,
): Promise<Loaded> {
  const documents: SourceDocument[] = [];
  const skipped = { templates: 0, others: 0 };
  for (const input of inputs) {
    const inFolder = input !== '-' && (await isFolder(input));
    const files = inFolder ? await filesBelow(input) : [input];
    for (const file of files) {
      const text = file === '-' ? await stdin() : await read(file);
      // A chart's templates are not YAML until they are rendered; in a folder that is nobody's mistake.
      if (inFolder && isTemplate(text)) {
        skipped.templates += 1;
        continue;
      }
      const parsed = parseDocuments(text, file === '-' ? 'stdin' : file);
      documents.push(...parsed.documents);
      skipped.others += parsed.others;
    }
  }
  return { documents, skipped };
}

/**
 * `{{` in a text is somebody's words; where YAML would stand it is a chart's. Such a file does not parse, or parses into
 * a map whose key is a map, which nobody writes.
 */
function isTemplate(text: string): boolean {
  if (!text.includes('{{')) return false;
  const parsed = parseAllDocuments(text, { uniqueKeys: false });
  let found = false;
  for (const document of Array.isArray(parsed) ? parsed : []) {
    if (document.errors.length > 0) return true;
    visit(document, {
      Pair(_, { key }) {
        if (!isMap(key)) return undefined;
        found = true;
        return visit.BREAK;
      },
    });
  }
  return found;
}

async function isFolder(input: string): Promise<boolean> {
  try {
    return (await stat(input)).isDirectory();
  } catch (error) {
    throw unreadable(input, error);
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** One line for a file or folder that cannot be read. */
export function unreadable(file: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  const reason =
    code === 'ENOENT'
      ? 'no such file or folder'
      : code === 'EACCES'
        ? 'permission denied'
        : `cannot be read (${code ?? 'unknown'})`;
  return new InputError(`${file}: ${reason}`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      found.push(...(await filesBelow(full)));
    else if (entry.isFile() && extensions.has(path.extname(entry.name))) found.push(full);
  }
  return found;
}

/** The Kubernetes objects of one text, `List`s opened; throws `InputError` for YAML that cannot be read. */
export function parseDocuments(text: string, file: string): { documents: SourceDocument[]; others: number } {
  const lines = new LineCounter();
  const documents: SourceDocument[] = [];
  let others = 0;
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const [error] = document.errors;
    if (error) {
      const { line, col } = lines.linePos(error.pos[0]);
      // The library's sentence may quote the text, and the text may hold a Secret: only the kind of error is shown.
      throw new InputError(
        `${file}:${line}:${col}: invalid YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
      );
    }
    const value = toValue(document, file, lines);
    if (value === null || value === undefined) continue;
    const objects = openList(value, []);
    if (objects.length === 0) others += 1;
    for (const { object, prefix } of objects)
      documents.push({
        file,
        object,
        position: (at) => positionOf(document, [...prefix, ...at.keys()], { text, lines }),
      });
  }
  return { documents, others };
}

function toValue(document: Document.Parsed, file: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    const { line, col } = lines.linePos(document.range[0]);
    throw new InputError(
      `${file}:${line}:${col}: invalid YAML: too many aliases or an alias without an anchor`,
    );
  }
}

function openList(
  value: unknown,
  prefix: readonly (string | number)[],
): { object: KubernetesObject; prefix: (string | number)[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { apiVersion, kind, items } = value as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
  if (kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item, i) => openList(item, [...prefix, 'items', i]));
  return [{ object: value as KubernetesObject, prefix: [...prefix] }];
}

interface Source {
  readonly text: string;
  readonly lines: LineCounter;
}

function positionOf(document: Document.Parsed, keys: readonly (string | number)[], source: Source): Position {
  for (let depth = keys.length; depth >= 0; depth -= 1) {
    const offset = offsetOf(document, keys.slice(0, depth));
    if (offset === undefined) continue;
    const node = depth < keys.length ? document.getIn(keys.slice(0, depth), true) : undefined;
    const inside = isScalar(node) && positionInText(node, keys.slice(depth), source);
    if (inside) return inside;
    const { line, col } = source.lines.linePos(offset);
    return { line, column: col };
  }
  return { line: 1, column: 1 };
}

/** A place in YAML that is itself the text of a `|` block: its lines are lines of the file. */
function positionInText(
  { type, value, range }: Scalar,
  keys: readonly (string | number)[],
  { text, lines }: Source,
): Position | undefined {
  if (type !== 'BLOCK_LITERAL' || typeof value !== 'string' || !range) return undefined;
  const inner = new LineCounter();
  const document = parseDocument(value, { lineCounter: inner });
  if (document.errors.length > 0) return undefined;
  const at = positionOf(document, keys, { text: value, lines: inner });
  const header = lines.linePos(range[0]).line;
  const blanks = (line: string | undefined) => /^ */.exec(line ?? '')?.[0].length ?? 0;
  const indent = blanks(text.split('\n')[header + at.line - 1]) - blanks(value.split('\n')[at.line - 1]);
  return { line: header + at.line, column: indent + at.column };
}

/** A map's entry is shown where its key stands, a list's item where it begins. */
function offsetOf(document: Document.Parsed, keys: readonly (string | number)[]): number | undefined {
  const last = keys.at(-1);
  const parent = keys.length === 0 ? document.contents : document.getIn(keys.slice(0, -1), true);
  if (typeof last === 'string' && isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    return pair && isNode(pair.key) ? pair.key.range?.[0] : undefined;
  }
  const node = keys.length === 0 ? document.contents : document.getIn(keys, true);
  return isNode(node) ? node.range?.[0] : undefined;
}
