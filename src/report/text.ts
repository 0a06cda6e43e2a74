import { printable } from '../core/printable.ts';
import { message, whereOf, type Reported } from './reported.ts';

/** Two lines a finding: where and what, so that editors can jump to it; then what to do. */
export function textReport(reported: readonly Reported[]): string {
  return reported
    .map((one) => {
      const { finding, severity } = one;
      const where = `${whereOf(one)}: ${severity} ${finding.code} ${finding.at.toString()}`;
      return `${printable(`${where}: ${message(finding)}.`)}\n    ${printable(`Fix: ${finding.fix}.`)}\n`;
    })
    .join('');
}
