import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/**
 * Pages of numbered rules, each with its proof. In the last column `here` is a test of the page's own folders whose title
 * carries the number, a file with a title is that test, and `none:` has a reason.
 */
interface Page {
  readonly file: string;
  readonly folders: readonly string[];
  readonly tables: readonly Table[];
}
/** First heading, what tests call a row, and the last number. */
type Table = readonly [heading: string, tag: string, last: number];

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

export function describeProofs({ file, folders, tables }: Page): void {
  const docs = readFileSync(file, 'utf8');
  const tests = folders
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(name, 'utf8'))
    .join('\n');

  /** Number, and where it is proved. */
  const rows = (heading: string): (readonly [number: number, proof: string])[] => {
    const table = docs.slice(docs.indexOf(`| ${heading}`)).split('\n\n', 1)[0] ?? '';
    return [...table.matchAll(/^\| (\d+) +\| [^|]+ \| ([^|]+) \|$/gm)].map(([, number, proof]) => [
      Number(number),
      (proof ?? '').trim(),
    ]);
  };

  describe.each(tables)('%s', (heading, tag, last) => {
    test('stands in the table with each number, once', () =>
      expect(rows(heading).map(([number]) => number)).toEqual(upTo(last)));

    test.each(rows(heading))(`${tag} %i is proved: %s`, (number, proof) => {
      for (const [, named = '', title = ''] of proof.matchAll(/`([^`]+)`: ([^;]+)/g)) {
        expect(existsSync(named)).toBe(true);
        expect(readFileSync(named, 'utf8')).toContain(title.trim());
      }
      if (proof.startsWith('here')) expect(tests.includes(`[${tag} ${number}]`)).toBe(true);
      // Nothing is without a proof and without a reason.
      expect(proof).toMatch(/^here|^`|^none: .{10}/);
    });

    test('is not claimed by a test for a number that is not there', () => {
      const claimed = [...tests.matchAll(new RegExp(`\\[${tag} (\\d+)\\]`, 'g'))].map(([, number]) =>
        Number(number),
      );
      const proved = rows(heading).flatMap(([number, proof]) => (proof.startsWith('here') ? [number] : []));
      expect([...new Set(claimed)].toSorted((a, b) => a - b)).toEqual(proved);
    });
  });
}
