import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { everyMetric, type Described } from '../support/metrics.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = read('docs/metrics.md');
const metrics = await everyMetric();

/** `name | type | labels` of each row of a section's table. */
function rowsOf(section: string): string[] {
  const [, text = ''] = new RegExp(`^## ${section}$([^]*?)(?=^## |(?![^]))`, 'm').exec(page) ?? [];
  return [...text.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)].map(
    ([, name = '', type = '', labels = '', meaning = '']) => `${name} | ${type} | ${labels} | ${meaning}`,
  );
}
const rows = (described: readonly Described[]) =>
  described.map(
    ({ name, type, labels, help }) =>
      `${name} | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}`,
  );

describe('docs/metrics.md', () => {
  it.each([
    ['Webhook server', metrics.serve],
    ['Watcher', metrics.watch],
    ['Certificate controller', metrics.certificates],
  ])('lists every metric of the %s as it is exposed, and no other', (section, described) => {
    expect(described.length).toBeGreaterThan(3);
    expect(rowsOf(section)).toEqual(rows(described));
  });
});
