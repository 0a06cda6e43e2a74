import { printable } from '../core/printable.ts';
import { wrapped, type Style } from '../terminal/style.ts';
import { message, objectName, whereOf, type Reported } from './reported.ts';

/**
 * The findings of each file under its name, and of each object of a cluster under the object's. A finding has two
 * parts: where and what, in the form that editors jump to, and what to do.
 */
export function textReport(reported: readonly Reported[], style: Style): string {
  const groups = new Map<string, Reported[]>();
  for (const one of reported.toSorted(byPlace)) {
    const heading = one.place?.file ?? (one.object ? objectName(one.object) : '');
    const group = groups.get(heading);
    if (group) group.push(one);
    else groups.set(heading, [one]);
  }
  return [...groups]
    .map(
      ([heading, found]) =>
        `${style.paint.bold(printable(heading))}\n${found.map((one) => lines(one, style)).join('')}\n`,
    )
    .join('');
}

const indent = 4;

function lines(one: Reported, { paint, columns }: Style): string {
  const { finding, severity } = one;
  const color = { error: paint.red, warning: paint.yellow, note: paint.cyan }[severity];
  const place = printable(whereOf(one));
  const what = printable(`${finding.at.toString()}: ${message(finding)}.`);
  const found = `${place}: ${color(severity)} ${paint.bold(finding.code)} ${what}`;
  const fix = `${paint.green('Fix:')} ${printable(finding.fix)}.`;
  return `${wrapped(found, columns, indent)}\n${' '.repeat(indent)}${wrapped(fix, columns, indent)}\n`;
}

/** By file, line and column. Objects of a cluster, which have none, stay in their order. */
function byPlace({ place: a }: Reported, { place: b }: Reported): number {
  if (!a || !b) return Number(b !== undefined) - Number(a !== undefined);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.position.line - b.position.line || a.position.column - b.position.column;
}
