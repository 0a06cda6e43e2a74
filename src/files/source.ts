import { splitApiVersion } from '../core/k8s/api-version.ts';
import type { Path } from '../core/path.ts';
import type { Position } from './places.ts';

/** One Kubernetes object of a file, with the places of its parts. */
export interface SourceDocument {
  readonly file: string;
  /** What an index needs, without parsing the document again. */
  readonly identity: DocumentIdentity;
  readonly object: KubernetesObject;
  /** Line and column, from 1, of what a path leads to, or of the nearest thing that is there. */
  position(at: Path): Position;
}

/** Which object a document holds. */
export interface DocumentIdentity {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty if the document has none, or one that is not text. */
  readonly namespace: string;
  /** Empty if the document has none, or one that is not text. */
  readonly name: string;
}

export const identityOf = ({ apiVersion, kind, metadata }: KubernetesObject): DocumentIdentity => ({
  ...splitApiVersion(apiVersion),
  kind,
  namespace: typeof metadata?.namespace === 'string' ? metadata.namespace : '',
  name: typeof metadata?.name === 'string' ? metadata.name : '',
});

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly [field: string]: unknown;
}

/** A file, or a document of a file, that could not be read. */
export interface UnreadFile {
  readonly file: string;
  /** Where it is known. */
  readonly position?: Position;
  /** In a clause without text of the file: `invalid YAML: the same key twice`. */
  readonly problem: string;
  /** What to do, in a sentence without its full stop. */
  readonly fix: string;
}

/** Something about the input itself that its author has to mend: `FILE:LINE:COLUMN: why`. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** `FILE:LINE:COLUMN: why` */
export const unreadText = ({ file, position, problem }: UnreadFile): string =>
  `${file}${position ? `:${position.line}:${position.column}` : ''}: ${problem}`;

/** Lines for standard error when the report goes to a file: a log must say why the exit code is 2. */
export const unreadLines = (unread: readonly UnreadFile[]): string =>
  unread.map((one) => `sallyport: ${unreadText(one)}\n`).join('');

/** For a command whose answer would be wrong without every file. */
export function requireAll(unread: readonly UnreadFile[]): void {
  if (unread.length > 0) throw new InputError(unread.map(unreadText).join('\n'));
}

/** The namespace that an object names, or the one of the command. */
export const namespaceOf = (object: KubernetesObject, fallback: string): string =>
  identityOf(object).namespace || fallback;
