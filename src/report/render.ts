import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import type { Reported, Severity } from './reported.ts';
import { sarifReport } from './sarif.ts';
import { textReport } from './text.ts';

export const outputs = ['text', 'json', 'sarif', 'junit'] as const;
export type Output = (typeof outputs)[number];

export interface Report {
  /** As JUnit calls the suite. */
  readonly title: string;
  readonly reported: readonly Reported[];
  /** Every object that was looked at, by `nameOf`. */
  readonly checked: readonly string[];
}

export function render(output: Output, { title, reported, checked }: Report): string {
  switch (output) {
    case 'text':
      return textReport(reported);
    case 'json':
      return jsonReport(reported);
    case 'sarif':
      return sarifReport(reported);
    case 'junit':
      return junitReport(reported, checked, title);
  }
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `2 errors, 1 warning, 0 notes` */
export function counts(reported: readonly Reported[]): string {
  const count = (severity: Severity) => reported.filter((one) => one.severity === severity).length;
  return `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('info'), 'note')}`;
}
