import type { Mode } from '../core/codes.ts';
import type { Finding } from '../core/finding.ts';
import type { ObjectRef } from '../core/model.ts';
import type { Path } from '../core/path.ts';
import type { Position } from '../files/documents.ts';

export type Severity = 'error' | 'warning' | 'note';

/** Where an object is written. */
export interface SourceLocation {
  readonly file: string;
  readonly position: Position;
}

/** A finding about an object, ready for any output. An object of a cluster has no place in a file. */
export interface Reported {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly place?: SourceLocation | undefined;
  /** `undefined` for a finding about a file as a whole. */
  readonly object: ObjectRef | undefined;
}

/** `file:line:column`, or which object of the cluster. */
export const whereOf = ({ place, object }: Reported): string =>
  place ? `${place.file}:${place.position.line}:${place.position.column}` : object ? objectName(object) : '';

/** `MCPServerEntry team-a/github` */
export const objectName = ({ kind, namespace, name }: ObjectRef): string => `${kind} ${namespace}/${name}`;

export const severities: Record<Exclude<Mode, 'off'>, Severity> = {
  enforce: 'error',
  warn: 'warning',
  audit: 'note',
};

export const reportedOf = (
  { finding, mode }: { readonly finding: Finding; readonly mode: Exclude<Mode, 'off'> },
  object: ObjectRef,
  placeOf: ((at: Path) => SourceLocation) | undefined,
): Reported => ({ finding, severity: severities[mode], place: placeOf?.(finding.at), object });

export const message = ({ what, why }: Finding): string => `${what}; ${why}`;
