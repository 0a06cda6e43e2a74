import * as fc from 'fast-check';
import type { KindDescription } from '../../src/core/kinds/description.ts';
import { describedPaths } from '../kinds/described-paths.ts';

/** Kind descriptions over the whole grammar of the form and of its path language, as far as the floor reads them. */

const names = [
  'a',
  'b',
  'headers',
  'name',
  'value',
  'token',
  'Authorization',
  'x-api-key',
  '_z9',
  // Words that CEL keeps for itself, and names that its macros and functions have.
  'in',
  'namespace',
  'map',
  'size',
  'dyn',
  'item1',
];

const name = fc.constantFrom(...names);

/** Everything that a text between quotes may hold, above all what means something elsewhere in a path or in CEL. */
const literal = fc
  .oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom('', 'Authorization', 'token', 'Secret', 'Bearer hunter2-hunter2'),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(
          fc.constantFrom(
            'a',
            ' ',
            '|',
            '==',
            '[]',
            '{}',
            '.',
            '$',
            '@',
            '"',
            '\\',
            '\n',
            '\r',
            '\t',
            '\u2028',
            'é',
            '${x}',
          ),
          { maxLength: 6 },
        )
        .map((parts) => parts.join('')),
    },
  )
  .map((text) => `'${text}'`);

const fields = fc.array(
  name.map((one) => `.${one}`),
  { maxLength: 3 },
);

const from = fc.constantFrom('$', '@');

/** A term that leads to one place. */
const place = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(from, fields).map(([start, steps]) => start + steps.join('')) },
  { weight: 1, arbitrary: literal },
  { weight: 2, arbitrary: fc.constantFrom('@k', '@v') },
);

/** A term with a list or a map, or with two, which the floor leaves to the webhook. */
const list = fc
  .tuple(from, fields, fc.constantFrom('[]', '{}'), fields, fc.constantFrom('', '', '', '', '', '[]'))
  .map(([start, before, items, after, more]) => start + before.join('') + items + after.join('') + more);

const alternatives = (term: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.constantFrom(' | ', '|'))
    .map(([terms, bar]) => terms.join(bar));

const path = alternatives(fc.oneof({ weight: 12, arbitrary: place }, { weight: 1, arbitrary: list }));
const each = alternatives(fc.oneof({ weight: 2, arbitrary: list }, { weight: 1, arbitrary: place }));
const condition = fc
  .tuple(path, fc.option(literal))
  .map(([source, equals]) => source + (equals === null ? '' : ` == ${equals}`));

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const versions = optional(fc.constantFrom(['v1'], ['v2']));

const header = fc.record({
  each,
  when: optional(condition),
  unless: optional(condition),
  versions,
  name: path,
  value: path,
});

const plain = fc.record({
  each: optional(each),
  when: optional(condition),
  versions,
  name: optional(path),
  value: path,
  json: fc.constantFrom(undefined, undefined, undefined, true),
});

const url = fc.oneof(
  path,
  path.map((address) => ({ address })),
  path.map((template) => ({ template })),
);

const shape = fc.record({
  each: optional(each),
  name: optional(path),
  versions,
  url: optional(url),
  headers: fc.array(header, { maxLength: 2 }),
  plain: fc.array(plain, { maxLength: 2 }),
});

/** Input of `kindDescription`. */
export const description = fc.array(shape, { minLength: 1, maxLength: 2 }).map((servers) => ({
  family: 'ours',
  group: 'example.com',
  kind: 'Bridge',
  plural: 'bridges',
  versions: ['v2', 'v1'],
  servers,
}));

const leaf = fc.constantFrom<unknown>(
  '',
  'x',
  'Authorization',
  'token',
  'Bearer hunter2-hunter2',
  'ghp_0123456789abcdefghijklmnopqrstuvwxyz',
  'https://user:hunter2-hunter2@example.com/?api_key=hunter2hunter2',
  '--token=hunter2-hunter2',
  'hunter2-hunter2',
  '-----BEGIN PRIVATE KEY-----',
  true,
  false,
  7,
);

/** Objects of that kind, with some of what the description reads: each place with a value of any type. */
export const objectOf = (kind: KindDescription) => {
  const places = describedPaths(kind).map(({ steps }) => steps);
  const written = fc.record({
    steps: fc.constantFrom(...places, ['a']),
    keys: fc.array(name, { minLength: 5, maxLength: 5 }),
    value: leaf,
  });
  return fc
    .tuple(fc.array(written, { minLength: 4, maxLength: 12 }), fc.constantFrom('v1', 'v2'))
    .map(([all, version]) => {
      const root: Fields = {};
      for (const { steps, keys, value } of all) write(root, steps, keys, value);
      const metadata = { name: 'one', namespace: 'team' };
      return { ...root, apiVersion: `example.com/${version}`, kind: 'Bridge', metadata };
    });
};

type Fields = Record<string, unknown>;

/** Writes a value where the steps lead, unless something of another type is on the way. */
function write(node: unknown, steps: readonly string[], keys: readonly string[], value: unknown): void {
  const [step, next] = steps;
  if (step === undefined || typeof node !== 'object' || node === null) return;
  const key =
    step === '[]' ? steps.length % 3 : step === '{}' ? (keys[steps.length % keys.length] ?? 'a') : step;
  if (Array.isArray(node) !== (typeof key === 'number')) return;
  const children = node as Fields;
  // A list has no holes.
  const at = Array.isArray(node) ? Math.min(Number(key), node.length) : key;
  if (next === undefined) children[at] ??= value;
  else write((children[at] ??= next === '[]' ? [] : {}), steps.slice(1), keys, value);
}
