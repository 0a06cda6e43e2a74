import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../docs/adr/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const decisions = readdirSync(folder)
  .filter((file) => /^\d{4}-/.test(file))
  .toSorted();
const index = read('README.md');

describe('docs/adr', () => {
  it('lists every decision in its README.md, in order', () => {
    const listed = [...index.matchAll(/^- \[(\d{4})\]\((\1-[\w-]+\.md)\): /gm)].map(([, , file]) => file);
    expect(listed).toEqual(decisions);
  });

  it('says of each number that is left out that there is no such decision', () => {
    const numbers = new Set(decisions.map((file) => Number(file.slice(0, 4))));
    const missing = Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1).filter(
      (number) => !numbers.has(number),
    );
    const explained = [...index.matchAll(/^There is no (\d{4})\. /gm)].map(([, number]) => Number(number));
    expect(explained).toEqual(missing);
  });

  it.each(decisions)('%s cites no document outside this repository by section', (file) => {
    expect(read(file).match(/\bdesign \d|\bsections? \d[\d.]*|\bthe design\b|§/gi) ?? []).toEqual([]);
  });

  it.each(decisions)('%s has its number in the title', (file) => {
    expect(read(file)).toMatch(new RegExp(`^# ${file.slice(0, 4)}: \\S`));
  });
});
