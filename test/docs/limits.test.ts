import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  maxAnnotationEntries,
  maxClauseCharacters,
  maxFindingsShown,
  maxLookupsPerReview,
  maxMessageCharacters,
  maxStepsPerReview,
  objectLimits,
} from '../../src/core/limits.ts';

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');

describe('docs/limits.md', () => {
  it('lists every limit of one object with its value and the largest example', () => {
    const rows = [...page.matchAll(/^\| (.+?) +\| (\d+) +\| (\d+) +\|$/gm)].map((row) => row.slice(1));
    const table = Object.values(objectLimits).map(({ what, most, largest }) => [
      `${what[0]?.toUpperCase()}${what.slice(1)}`,
      String(most),
      String(largest),
    ]);
    expect(rows).toEqual(table);
  });

  it('has room for ten times the largest example under each limit', () => {
    for (const { what, most, largest } of Object.values(objectLimits))
      expect([what, most >= 10 * largest]).toEqual([what, true]);
  });

  it.each([
    `lists at most ${maxAnnotationEntries} servers, ports or containers`,
    `${maxStepsPerReview} steps`,
    `at most ${maxLookupsPerReview} requests to the API server`,
    `the first ${maxFindingsShown} problems in at most ${maxMessageCharacters} characters`,
    `has at most ${maxClauseCharacters} characters`,
  ])('says: %s', (sentence) => {
    expect(page.replaceAll(/\s+/g, ' ')).toContain(sentence);
  });
});
