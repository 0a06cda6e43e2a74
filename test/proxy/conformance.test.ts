import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const docs = readFileSync('docs/conformance.md', 'utf8');
const tests = readdirSync('test/proxy')
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(`test/proxy/${file}`, 'utf8'))
  .join('\n');

/** Number, what, and where it is proved, of the table whose first heading is `kind`. */
function rows(kind: string): (readonly [number: number, proof: string])[] {
  const table = docs.slice(docs.indexOf(`| ${kind}`)).split('\n\n', 1)[0] ?? '';
  return [...table.matchAll(/^\| (\d+) +\| [^|]+ \| ([^|]+) \|$/gm)].map(([, number, proof]) => [
    Number(number),
    (proof ?? '').trim(),
  ]);
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe.each([
  ['Rule', 'rule', 39],
  ['Requirement', 'requirement', 36],
])('%s', (kind, tag, last) => {
  test('stands in the table with each number, once', () =>
    expect(rows(kind).map(([number]) => number)).toEqual(upTo(last)));

  test.each(rows(kind))(`${tag} %i is proved: %s`, (number, proof) => {
    const [, file, title] = /`([^`]+)`: (.+)$/.exec(proof) ?? [];
    if (file !== undefined && title !== undefined) {
      expect(existsSync(file)).toBe(true);
      expect(readFileSync(file, 'utf8').includes(title)).toBe(true);
    }
    if (proof.startsWith('here')) expect(tests.includes(`[${tag} ${number}]`)).toBe(true);
    // Nothing is without a proof and without a reason.
    expect(proof).toMatch(/^here|^`|^none: .{10}/);
  });

  test('is not claimed by a test for a number that is not there', () => {
    const claimed = [...tests.matchAll(new RegExp(`\\[${tag} (\\d+)\\]`, 'g'))].map(([, number]) =>
      Number(number),
    );
    const proved = rows(kind).flatMap(([number, proof]) => (proof.startsWith('here') ? [number] : []));
    expect([...new Set(claimed)].toSorted((a, b) => a - b)).toEqual(proved);
  });
});
