import { printable } from '../core/printable.ts';
import { message, objectName, whereOf, type Reported } from './reported.ts';

/** What XML cannot hold as it is. Control characters, which it cannot hold at all, are escaped before. */
const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escape = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (c) => escapes[c] ?? c);

/** One test case an object that was checked; errors are failures, the rest is its output. */
export function junitReport(
  reported: readonly Reported[],
  checked: readonly string[],
  suite: string,
): string {
  const cases = new Map<string, Reported[]>(checked.map((name) => [name, []]));
  for (const one of reported) cases.get(testCaseName(one))?.push(one);
  const failed = [...cases.values()].filter((found) =>
    found.some(({ severity }) => severity === 'error'),
  ).length;
  const lines = [...cases].map(([name, found]) => {
    const line = (one: Reported) =>
      `${whereOf(one)} [${one.finding.code}] ${one.finding.at.toString()}: ${message(one.finding)}. Fix: ${one.finding.fix}.`;
    const failures = found
      .filter(({ severity }) => severity === 'error')
      .map(
        (one) =>
          `<failure type="${one.finding.code}" message="${escape(one.finding.what)}">${escape(line(one))}</failure>`,
      );
    const notes = found.filter(({ severity }) => severity !== 'error').map(line);
    const output = notes.length > 0 ? `<system-out>${notes.map(escape).join('\n')}</system-out>` : '';
    return `    <testcase classname="sallyport" name="${escape(name)}">${failures.join('')}${output}</testcase>`;
  });
  const counts = `tests="${cases.size}" failures="${failed}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escape(suite)}" ${counts}>`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** How a test case is called: kind, namespace and name of the object, after its file where it has one. */
export function testCaseName({ place, object }: Pick<Reported, 'place' | 'object'>): string {
  return `${place ? `${place.file} ` : ''}${objectName(object)}`;
}
