import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { parseYaml } from '../../src/files/yaml.ts';

const folder = fileURLToPath(new URL('../kinds', import.meta.url));
const fixtures = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);

/** What the other parser of this program reads. */
const otherwise = (text: string): unknown[] => {
  const parsed = parseAllDocuments(text, { logLevel: 'silent', merge: true });
  return Array.isArray(parsed) ? parsed.map((one) => one.toJS() as unknown) : [];
};
const read = (text: string): unknown[] => parseYaml(text).map(({ value }) => value);

describe('the two YAML parsers', () => {
  it.each(fixtures)('read the same from %s', (name) => {
    const text = readFileSync(path.join(folder, name), 'utf8');
    const values = read(text).filter((one) => one !== null);
    expect(values.length).toBeGreaterThan(0);
    expect(values).toEqual(otherwise(text).filter((one) => one !== null));
  });

  it.each([
    'a: [0o17, 017, 0x1F, 1e3, .inf, -.INF, ~, True, FALSE, 1_000, 0b11, +5, 2001-01-01, 1., .5, yes, on, Null]',
    'a: 12345678901234567890',
    "a: 'it''s'\nb: \"\\u00e9\\x41\\n\\\n  c\"",
    'a: |\n  x\n   y\n\n  z\n\nb: >-\n  x\n  y\n\n  z\n',
    'a: &x { b: 1 }\nc: *x\nd: { <<: *x, e: 2 }',
    'a: !Ref x\nb: !!str 1\nc: !vault |\n  d\n',
    '? a\n: b\n"c" : d\n\'e\': f\n1: g\ntrue: h\n',
    '\ufeffa: 1\r\nb:\r\n  - c # d\r\n',
    '--- # a\n- b\n...\n# c\n---\nd: e',
    '__proto__: { a: b }',
  ])('read the same from %j', (text) => {
    expect(read(text)).toEqual(otherwise(text));
  });

  it('read the same from what anybody may write', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true }),
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(value, fc.constantFrom('BLOCK_LITERAL', 'PLAIN', 'QUOTE_DOUBLE'), (one, style) => {
        const text = stringify({ one }, { defaultStringType: style });
        expect(read(text)).toEqual(otherwise(text));
      }),
    );
  });
});
