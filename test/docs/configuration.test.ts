import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultConfiguration, readConfiguration } from '../../src/core/configuration.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const example: unknown = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '');

/** `modes.rules`, `inject.image`: every key that has a place of its own. */
const keysOf = (value: unknown, before = ''): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [
        `${before}${key}`,
        ...keysOf(inner, `${before}${key}.`),
      ]);

it('docs/configuration.md shows a configuration that is accepted', () => {
  expect(readConfiguration(example)).not.toHaveProperty('problems');
});

it('docs/configuration.md shows every key there is', () => {
  const shown = new Set(keysOf(example));
  expect(keysOf(defaultConfiguration).filter((key) => !shown.has(key))).toEqual([]);
});
