import type { Mode } from '../core/codes.ts';
import type { Finding } from '../core/finding.ts';
import type { ObjectRef } from '../core/model.ts';
import type { Position } from '../files/documents.ts';

export type Severity = 'error' | 'warning' | 'info';

/** A finding with the file it stands in, ready for any output. */
export interface Reported {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly file: string;
  readonly position: Position;
  readonly object: ObjectRef;
}

const severities: Record<Exclude<Mode, 'off'>, Severity> = {
  enforce: 'error',
  warn: 'warning',
  audit: 'info',
};

export const severityOf = (mode: Mode): Severity | undefined =>
  mode === 'off' ? undefined : severities[mode];

export const message = ({ what, why }: Finding): string => `${what}; ${why}`;
