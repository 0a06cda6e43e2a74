import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readTextDocument, valueAt, type ValuePath } from '../../src/core/text-document.ts';

type Json = Record<string, unknown>;

const text = fc.string({ unit: 'binary', maxLength: 12 });
const key = fc
  .oneof(fc.constantFrom('url', 'headers', '10', '9', 'a b', 'ä', '-', '#'), text)
  .filter((k) => k !== '__proto__');
const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const { map } = fc.letrec<{ value: unknown; map: Json }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));

/** Every field of a value, and among them those that hold a text. */
function places(value: unknown, at: ValuePath = []): { at: ValuePath; isText: boolean; isField: boolean }[] {
  if (typeof value !== 'object' || value === null) return [];
  const list = Array.isArray(value);
  return Object.entries(value).flatMap(([name, item]: [string, unknown]) => {
    const here = [...at, list ? Number(name) : name];
    return [{ at: here, isText: typeof item === 'string', isField: !list }, ...places(item, here)];
  });
}

function without(value: Json, at: ValuePath): Json {
  const copy = structuredClone(value);
  const parent = valueAt(copy, at.slice(0, -1)) as Json;
  delete parent[String(at.at(-1))];
  return copy;
}

const writers: readonly [string, 'json' | 'yaml', (value: Json) => string][] = [
  ['compact JSON', 'json', (value) => JSON.stringify(value)],
  ['indented JSON', 'json', (value) => JSON.stringify(value, null, 2)],
  ['YAML in blocks', 'yaml', (value) => stringify(value, { indent: 4, lineWidth: 0 })],
  ['YAML in flow', 'yaml', (value) => stringify(value, { collectionStyle: 'flow' })],
];

it('sets a block scalar that other fields follow', () => {
  const document = readTextDocument(
    'url: |-\n  https://a.example.com\nlist:\n  - >\n    one\n  - two\n',
    'yaml',
  );
  const set = [
    { at: ['url'], value: 'http://127.0.0.1:1' },
    { at: ['list', 0], value: 'three' },
  ];
  expect(document?.with({ set, remove: [] })).toBe(
    'url: "http://127.0.0.1:1"\nlist:\n  - "three"\n  - two\n',
  );
});

describe.each(writers)('a document in %s', (_what, format, write) => {
  it('means the same but for a text that was set', () => {
    fc.assert(
      fc.property(map, text, fc.nat(), (value, fresh, pick) => {
        const texts = places(value).filter(({ isText }) => isText);
        fc.pre(texts.length > 0);
        const at = texts[pick % texts.length]?.at ?? [];
        const changed = readTextDocument(write(value), format)?.with({
          set: [{ at, value: fresh }],
          remove: [],
        });
        const read = readTextDocument(changed ?? '', format)?.value;
        expect(valueAt(read, at)).toBe(fresh);
        expect(
          readTextDocument(changed ?? '', format)?.with({
            set: [{ at, value: String(valueAt(value, at)) }],
            remove: [],
          }),
        ).toBeDefined();
      }),
      { examples: [[{ '': ['\n'], '\u0000': {} }, '', 0]] },
    );
  });

  it('means the same without the fields that went', () => {
    fc.assert(
      fc.property(map, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (value, picks) => {
        const fields = places(value).filter(({ isField }) => isField);
        fc.pre(fields.length > 0);
        // None within another, whose place would be gone.
        const chosen = [...new Set(picks.map((pick) => fields[pick % fields.length]?.at ?? []))].filter(
          (at, _i, all) =>
            !all.some((one) => one !== at && one.length < at.length && one.every((k, i) => k === at[i])),
        );
        const changed = readTextDocument(write(value), format)?.with({ set: [], remove: chosen });
        const expected = chosen.reduce(without, value);
        expect(readTextDocument(changed ?? '', format)?.value).toEqual(expected);
      }),
    );
  });

  it('is the same text when nothing changes', () => {
    fc.assert(
      fc.property(map, (value) => {
        const written = write(value);
        expect(
          readTextDocument(written, format)?.with({
            set: [],
            remove: [['no such field'], ['url', 'x', 'y']],
          }),
        ).toBe(written);
      }),
    );
  });
});

describe('what cannot be changed in place is left', () => {
  it.each<[string, string, 'json' | 'yaml', ValuePath]>([
    ['a place that is not there', '{"a":"b"}', 'json', ['b']],
    ['a number', '{"a":1}', 'json', ['a']],
    ['an alias', 'b: &x text\na: *x\n', 'yaml', ['a']],
    ['what an alias repeats', 'a: &x text\nb: *x\n', 'yaml', ['a']],
  ])('%s', (_what, written, format, at) => {
    expect(
      readTextDocument(written, format)?.with({ set: [{ at, value: 'c' }], remove: [] }),
    ).toBeUndefined();
  });

  it.each<[string, string, 'json' | 'yaml']>([
    ['a name twice', '{"a":1,"a":2}', 'json'],
    ['no JSON', 'a: b', 'json'],
    ['no YAML', 'a: [', 'yaml'],
    ['two documents', 'a: b\n---\nc: d\n', 'yaml'],
  ])('%s is not read at all', (_what, written, format) => {
    expect(readTextDocument(written, format)).toBeUndefined();
  });
});
