import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Path } from '../../src/core/path.ts';
import { parseDocuments } from '../../src/files/documents.ts';
import { Places } from '../../src/files/places.ts';
import { parseYaml, YamlError } from '../../src/files/yaml.ts';

/** What is kept of a document between reading and checking gives the same values and places as its YAML. */

const folder = fileURLToPath(new URL('../kinds', import.meta.url));
const fixtures = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);

/** The way to each value, the outer ones before the inner ones. */
function* pathsIn(value: unknown, at = Path.root): Generator<Path> {
  yield at;
  if (Array.isArray(value)) for (const [i, one] of value.entries()) yield* pathsIn(one, at.item(i));
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) yield* pathsIn(one, at.field(key));
}

/** Compares the only document of a text with its YAML parsed whole. */
function expectSame(text: string): void {
  const [document, ...more] = parseDocuments(text, 'a.yaml').documents;
  const [parsed] = parseYaml(text);
  if (!document || !parsed) throw new Error('the text must hold one object');
  expect(more).toEqual([]);
  expect(document.object).toEqual(parsed.value);
  const places = new Places(parsed.events, text);
  for (const at of pathsIn(parsed.value))
    expect([String(at), document.position(at)]).toEqual([String(at), places.of(at.keys())]);
}

function isYaml(text: string): boolean {
  try {
    return parseYaml(text).length > 0;
  } catch (error) {
    if (error instanceof YamlError) return false;
    throw error;
  }
}

const head = 'apiVersion: v1\nkind: ConfigMap\n';

describe('a document that is read again', () => {
  it.each(fixtures)('is the same, of %s', (name) => {
    const texts = readFileSync(path.join(folder, name), 'utf8')
      .split(/^---$/m)
      .filter((text) => parseDocuments(text, name).documents.length === 1);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expectSame(text);
  });

  it.each([
    [
      'numbers that JSON does not have',
      'a: [.inf, -.inf, .nan, -0, -0.0, 1e999, 1e-7, 0x1F, 12345678901234567890]',
    ],
    ['an anchor and a merge', 'a: &x { b: 1 }\nc: *x\nd: { <<: *x, e: 2 }'],
    ['tags', 'a: !Ref x\nb: !!str 1\nc: !vault |\n  d'],
    ['keys of other types', "? a\n: b\n\"c\\n\" : d\n'e''': f\n1: g\ntrue: h\n? |\n  i\n: j"],
    ['nothing after a key', 'a:\nb: { c, d: , "e": }\nf: [a: b, ? c, {}, []]\n?\n: g'],
    ['a key that objects inherit', '__proto__: { a: b }\nconstructor: c'],
    ['texts over several lines', 'a: "b\n  c\\\n  d"\ne: f\n  g\nh: \'i\n\n  j\''],
    ['blocks', 'a: |\n  b: c\n  d:\n    - e\nf: >-\n  g\n  h\ni: |2+\n    j\n\n'],
    ['JSON in a block', 'a: |-\n  { "b": [1, 2] }'],
    ['a text of more than a mebibyte', `a: ${'b'.repeat(1_100_000)}\nc: d`],
    ['a gap of 70,000 characters', `a: b\n#${'c'.repeat(70_000)}\nd: e`],
    ['more places than are kept', `a: [${'b, '.repeat(20_000)}]\nc: d`],
    ['letters beyond ASCII', 'ä: "\\ud83d\\ude00 😀"\nß: é'],
  ])('is the same, with %s', (_, text) => {
    expectSame(head + text);
  });

  it('is the same after a byte order mark and with Windows line ends', () => {
    expectSame(`\ufeff${head}a:\n  - b # c\n`.replaceAll('\n', '\r\n'));
  });

  it('is the same, whatever is written', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.string({ unit: fc.constantFrom('a', '\n', ' ', ':', '#', '"', "'", '-', '{', 'é', '😀') }),
        fc.double(),
        fc.constantFrom(null, true, false, -0),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(
        value,
        fc.constantFrom('BLOCK_LITERAL', 'BLOCK_FOLDED', 'PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'),
        fc.constantFrom('block', 'flow'),
        (data, defaultStringType, collectionStyle) => {
          const object = { apiVersion: 'v1', kind: 'ConfigMap', data };
          const text = stringify(object, { defaultStringType, collectionStyle });
          // One in some thousand is YAML that its own library cannot read again: `{ "": -` and a line break in a plain text.
          fc.pre(isYaml(text));
          expectSame(text);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the same, as an item of a List', () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- ${head.replaceAll('\n', '\n  ')}data: [.inf, 1]\n- ${head.replaceAll('\n', '\n  ')}data: { a: b }\n`;
    const [parsed] = parseYaml(text);
    const { documents } = parseDocuments(text, 'a.yaml');
    const items = documents.map(({ object }) => object);
    expect(parsed?.value).toEqual({ apiVersion: 'v1', kind: 'List', items });
    expect(documents.map((one) => one.position(Path.fields('data')))).toEqual([
      { line: 6, column: 3 },
      { line: 9, column: 3 },
    ]);
  });
});
