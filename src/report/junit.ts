import { printable } from '../core/printable.ts';
import { message, objectName, whereOf, type Reported } from './reported.ts';

/** An object that was checked. */
export interface Checked {
  /** By `testCaseName`. */
  readonly name: string;
  /** How long its check took, in seconds. */
  readonly seconds: number;
}

/** What XML cannot hold as it is. Control characters, which it cannot hold at all, are escaped before. */
const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escape = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (c) => escapes[c] ?? c);

/**
 * One test case for each object that was checked: it fails if the object has an error, and warnings and notes are its
 * output. A test case has at most one failure, because most readers show the first one only. What could not be checked
 * (`problems`) is the error output of the suite.
 */
export function junitReport(
  reported: readonly Reported[],
  checked: readonly Checked[],
  suite: string,
  problems: readonly string[] = [],
): string {
  const cases = new Map<string, { seconds: number; found: Reported[] }>();
  for (const { name, seconds } of checked) {
    const known = cases.get(name);
    if (known) known.seconds += seconds;
    else cases.set(name, { seconds, found: [] });
  }
  for (const one of reported) {
    const name = testCaseName(one);
    if (!cases.has(name)) cases.set(name, { seconds: 0, found: [] });
    cases.get(name)?.found.push(one);
  }
  const total = [...cases.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  const failed = [...cases.values()].filter(({ found }) => errorsOf(found).length > 0).length;
  const counts = `tests="${cases.size}" failures="${failed}" errors="0" time="${total.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escape(suite)}" ${counts}>`,
    `  <testsuite name="${escape(suite)}" ${counts} skipped="0">`,
    ...[...cases].map(([name, { seconds, found }]) => testCase(name, seconds, found)),
    ...(problems.length > 0 ? [`    <system-err>${problems.map(escape).join('\n')}</system-err>`] : []),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const errorsOf = (found: readonly Reported[]): Reported[] =>
  found.filter(({ severity }) => severity === 'error');

function testCase(name: string, seconds: number, found: readonly Reported[]): string {
  const attributes = `classname="sallyport" time="${seconds.toFixed(6)}" name="${escape(name)}"`;
  const [first, ...more] = errorsOf(found);
  const others = found.filter(({ severity }) => severity !== 'error');
  const parts = [
    ...(first ? [failure(first, more)] : []),
    ...(others.length > 0 ? [`<system-out>${linesOf(others)}</system-out>`] : []),
  ];
  return `    <testcase ${attributes}>${parts.join('')}</testcase>`;
}

function failure(first: Reported, more: readonly Reported[]): string {
  const summary = `[${first.finding.code}] ${first.finding.what}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
  return `<failure type="${first.finding.code}" message="${escape(summary)}">${linesOf([first, ...more])}</failure>`;
}

const linesOf = (found: readonly Reported[]): string =>
  found
    .map((one) =>
      escape(
        `${whereOf(one)} ${one.severity} [${one.finding.code}] ${one.finding.at.toString()}: ${message(one.finding)}. Fix: ${one.finding.fix}.`,
      ),
    )
    .join('\n');

/** Kind, namespace and name of the object, after its file where it has one. */
export function testCaseName({ place, object }: Pick<Reported, 'place' | 'object'>): string {
  return [place?.file, object && objectName(object)].filter((part) => part !== undefined).join(' ');
}
