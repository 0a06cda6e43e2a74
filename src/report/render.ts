import type { Unchecked } from '../core/audit/undescribed.ts';
import { jsonReport } from './json.ts';
import { junitReport, type Checked } from './junit.ts';
import { plainStyle, type Style } from '../terminal/style.ts';
import type { Reported, Severity } from './reported.ts';
import { sarifReport } from './sarif.ts';
import { textReport } from './text.ts';

export const outputs = ['text', 'json', 'sarif', 'junit'] as const;
export type Output = (typeof outputs)[number];

export interface Report {
  /** The name of the suite in JUnit. */
  readonly title: string;
  readonly reported: readonly Reported[];
  /** How many objects were checked. */
  readonly total: number;
  /** Each of them, for JUnit. The other formats do not name objects without findings. */
  readonly checked: readonly Checked[];
  /** How many findings a baseline has, which are not reported. */
  readonly accepted?: number | undefined;
  /** What could not be checked, a sentence each. */
  readonly problems?: readonly string[];
  /** Objects of kinds that no description reads; `null` if they could not be counted. Only JSON has them. */
  readonly undescribed?: readonly Unchecked[] | null;
}

/** The choices of `--severity`, the most severe first. */
export const severityChoices = ['error', 'warning', 'note'] as const;

export interface Shown {
  readonly style?: Style;
  /** The least severe findings that are printed. */
  readonly severity?: (typeof severityChoices)[number];
}

/** A report in any format. */
export function render(
  output: Output,
  report: Report,
  { style = plainStyle, severity = 'note' }: Shown = {},
): string {
  const { title, total, checked, problems, accepted, undescribed } = report;
  const reported = report.reported.filter((one) => rank(one.severity) <= rank(severity));
  switch (output) {
    case 'text':
      return textReport(reported, style);
    case 'json':
      return jsonReport(reported, { checked: total, accepted, undescribed }, problems);
    case 'sarif':
      return sarifReport(reported, problems);
    case 'junit':
      return junitReport(reported, checked, title, problems);
  }
}

const rank = (severity: string): number => (severity === 'error' ? 0 : severity === 'warning' ? 1 : 2);

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `2 errors, 1 warning, 0 notes` */
export function counts(reported: readonly Reported[]): string {
  const count = (severity: Severity) => reported.filter((one) => one.severity === severity).length;
  return `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('note'), 'note')}`;
}
