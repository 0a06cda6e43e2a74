import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileKinds } from '../../src/core/kinds/index.ts';
import * as evaluate from '../../src/core/kinds/path/evaluate.ts';
import { parseCondition, parsePath } from '../../src/core/kinds/path/parse.ts';
import { Path } from '../../src/core/path.ts';
import { Work } from '../../src/core/work.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { noTokens } from '../../src/core/service-account-token.ts';

const object = {
  metadata: { name: 'github', annotations: { 'a.b/c': 'x' } },
  spec: {
    url: 'https://example.com/',
    empty: '',
    nothing: null,
    no: false,
    zero: 0,
    list: [{ name: 'one' }, { name: 'two' }, {}],
    nested: [[1, 2], [3]],
    map: { A: '1', 'b-c': '2' },
    text: 'text',
    'dash-ed_1': 'yes',
  },
};

function scopeOf(root: unknown, item: unknown = root): evaluate.Scope {
  const at = Path.root;
  return { root: { value: root, at }, item: { value: item, at }, mismatches: [], work: new Work() };
}

const compilePath = (source: string) => evaluate.compilePath(parsePath(source));
const compileCondition = (source: string) => evaluate.compileCondition(parseCondition(source));

/** What a path reaches, as `place = value`. */
function reach(source: string, root: unknown = object): string[] {
  return compilePath(source)(scopeOf(root)).map(
    ({ value, at }) => `${at.toString()} = ${JSON.stringify(value)}`,
  );
}

function mismatchesOf(source: string, root: unknown): string[] {
  const scope = scopeOf(root);
  compilePath(source)(scope);
  return scope.mismatches.map(({ at, expected }: evaluate.Mismatch) => `${at.toString()} ${expected}`);
}

describe('a path', () => {
  it.each([
    ['$.metadata.name', ['metadata.name = "github"']],
    ['$.spec.dash-ed_1', ['spec.dash-ed_1 = "yes"']],
    [
      '$.spec.list[].name',
      ['spec.list[0].name = "one"', 'spec.list[1].name = "two"', 'spec.list[2] = undefined'],
    ],
    ['$.spec.nested[][]', ['spec.nested[0][0] = 1', 'spec.nested[0][1] = 2', 'spec.nested[1][0] = 3']],
    ['$.spec.map{}', ['spec.map[A] = "1"', 'spec.map[b-c] = "2"']],
    ['@.metadata.name', ['metadata.name = "github"']],
    ["'literal'", ['(root) = "literal"']],
    ["''", ['(root) = ""']],
  ])('%s reaches its nodes, each with its place', (source, nodes) => {
    expect(reach(source)).toEqual(nodes);
  });

  it('from @ starts at the item, from $ at the root', () => {
    const scope = scopeOf({ name: 'root' }, { name: 'item' });
    expect(compilePath('@.name')(scope)[0]?.value).toBe('item');
    expect(compilePath('$.name')(scope)[0]?.value).toBe('root');
  });

  it('@k and @v are the two halves of an entry', () => {
    const scope = scopeOf(object);
    const halves = compilePath('$.spec.map{}')(scope).map((item) => {
      const [key] = compilePath('@k')({ ...scope, item });
      const [value] = compilePath('@v')({ ...scope, item });
      return `${String(key?.value)}=${String(value?.value)} at ${String(value?.at)}`;
    });
    expect(halves).toEqual(['A=1 at spec.map[A]', 'b-c=2 at spec.map[b-c]']);
  });
});

describe('something missing', () => {
  it.each([
    ['$.spec.absent', ['spec = undefined']],
    ['$.spec.absent.deeper.still', ['spec = undefined']],
    ['$.spec.nothing', ['spec = undefined']],
    ['$.absent', ['(root) = undefined']],
    ['$.spec.absent[]', []],
    ['$.spec.absent{}', []],
    ['$.spec.nothing[].name', []],
    ['$.spec.toString', ['spec = undefined']],
    ['$.constructor', ['(root) = undefined']],
  ])('%s keeps the place of what holds it, without a complaint', (source, nodes) => {
    expect(reach(source)).toEqual(nodes);
    expect(mismatchesOf(source, object)).toEqual([]);
  });
});

describe('alternatives', () => {
  it.each([
    ['$.spec.absent | $.spec.url', ['spec.url = "https://example.com/"']],
    ['$.spec.url | $.spec.text', ['spec.url = "https://example.com/"']],
    ['$.spec.empty | $.spec.text', ['spec.text = "text"']],
    ['$.spec.nothing | $.spec.text', ['spec.text = "text"']],
    ['$.spec.zero | $.spec.text', ['spec.zero = 0']],
    ['$.spec.no | $.spec.text', ['spec.no = false']],
    ["$.spec.absent | 'default'", ['(root) = "default"']],
    ["$.spec.absent | $.spec.gone | 'default'", ['(root) = "default"']],
    ['$.spec.absent | $.spec.gone', ['spec = undefined']],
  ])('%s gives the first that is there', (source, nodes) => {
    expect(reach(source)).toEqual(nodes);
  });
});

describe('another type than expected', () => {
  it.each([
    ['$.spec.text[]', 'spec.text a list'],
    ['$.spec.map[]', 'spec.map a list'],
    ['$.spec.text{}', 'spec.text a map'],
    ['$.spec.list{}', 'spec.list a map'],
    ['$.spec.text.name', 'spec.text an object'],
    ['$.spec.zero.name', 'spec.zero an object'],
    ['$.spec.list.name', 'spec.list an object'],
    ['$.spec.nested[].name', 'spec.nested[0] an object'],
  ])('%s is noted where it stands', (source, mismatch) => {
    expect(mismatchesOf(source, object)[0]).toBe(mismatch);
  });

  it.each(['text', 7, true, ['a']])('an object that is %j', (root) => {
    expect(mismatchesOf('$.metadata.name', root)).toEqual(['(root) an object']);
  });
});

describe('a path that is not one', () => {
  it.each([
    '',
    'spec.url',
    '.spec',
    '$spec',
    '$.',
    '$..a',
    '$.a[0]',
    '$.a[*]',
    '$.a.1',
    "'open",
    '$.a |',
    '$.a()',
    '%',
  ])('%j is refused when it is compiled', (source) => {
    expect(() => compilePath(source)).toThrow(/^path "/);
  });
});

describe('a condition', () => {
  it.each([
    ["$.spec.text == 'text'", true],
    ["$.spec.text == 'other'", false],
    ["$.spec.absent == 'text'", false],
    ["$.spec.zero == '0'", false],
    ["$.spec.absent | 'text' == 'text'", true],
    ['$.spec.text', true],
    ['$.spec.list', true],
    ['$.spec.zero', true],
    ['$.spec.no', false],
    ['$.spec.nothing', false],
    ['$.spec.absent', false],
  ])('%s is %j', (source, holds) => {
    expect(compileCondition(source)(scopeOf(object))).toBe(holds);
  });

  it('reads a bar and an empty text between quotes as the value that they are', () => {
    expect(reach("$.spec.absent | 'a|b' | $.spec.text")).toEqual(['(root) = "a|b"']);
    expect(reach("$.spec.absent|'' | $.spec.text")).toEqual(reach("$.spec.absent | '' | $.spec.text"));
  });

  it('reads two equals signs between quotes as the value that they are', () => {
    const holds = (source: string) => compileCondition(source)(scopeOf(object));
    expect(holds("$.spec.absent | 'a == b' == 'a == b'")).toBe(true);
    expect(holds("$.spec.text == 'a == b'")).toBe(false);
  });

  it('is refused with two comparisons', () => {
    expect(() => compileCondition("$.a == 'b' == 'c'")).toThrow(`cannot read "== 'c'"`);
  });

  it.each(['$.a == b', '$.a == $.b', '$.a =='])('%j is refused when it is compiled', (source) => {
    expect(() => compileCondition(source)).toThrow('compares with a quoted literal');
  });
});

const folder = new URL('../../src/core/kinds/', import.meta.url);
/** Every field name that any built-in description reads, so that arbitrary objects come close to real ones. */
const fieldNames = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').match(/(?<=[$@\].}\w]\.)[A-Za-z]\w*/g) ?? [])
  .concat('metadata', 'annotations', 'sallyport.dev/client-tls-secret', 'sallyport.dev/ca-secret');

const leaf = fc.oneof(
  fc.constantFrom(
    '',
    'github',
    'Authorization',
    'Secret',
    'X Bad',
    'Host',
    'sse',
    'a=b, c=d',
    'Bearer hunter2-hunter2',
  ),
  fc.constantFrom(
    'http://localhost/',
    'https://u:p@h/?token=x',
    'http://169.254.169.254/',
    'h:80/x',
    null,
    true,
    0,
  ),
  fc.string(),
  fc.jsonValue(),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7 },
    leaf,
    fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), fc.string()), tie('tree'), { maxKeys: 6 }),
    fc.array(tie('tree'), { maxLength: 4 }),
  ),
}));
/** Something for every built-in kind to find fault with. */
const faulty = {
  metadata: { name: 'github', annotations: { 'sallyport.dev/client-tls-secret': 'a, listed=b' } },
  spec: {
    remoteUrl: 'http://u:p@169.254.169.254/?token=x',
    url: 'http://localhost/',
    headerForward: {
      addPlaintextHeaders: { Authorization: 'Bearer hunter2', 'X Bad': 'a', Host: 'b', host: 'c' },
      addHeadersFromSecret: [{ headerName: 'HOST', valueSecretRef: { name: 'a', key: 'b' } }],
    },
    headersFrom: [
      { name: 'Cookie', value: 'hunter2' },
      { name: 'cookie', valueFrom: { type: 'Secret', name: 'a', key: 'b' } },
    ],
    tls: { caCertSecretRef: 'a', caCertSecretKey: 'b', disableVerify: true },
    mcpServers: [
      {
        name: 'listed',
        url: 'h:80/x',
        headers: { Authorization: 'hunter2' },
        headersFrom: { secretRef: { name: 'a' } },
      },
      { name: 'bare', env: [{ valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] },
    ],
    deployment: { port: 0, secretRefs: [{ name: 'a' }] },
    httpTransport: { path: 'mcp', tls: { secretRef: 'a', insecureSkipVerify: true } },
  },
};

/** Follows a way through an object, each step a choice among what is there, and puts something else at its end. */
function replaced(value: unknown, [step, ...way]: readonly number[], put: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return put;
  const keys = Object.keys(value);
  const key = keys[step % keys.length];
  if (key === undefined) return put;
  const changed: unknown = replaced((value as Record<string, unknown>)[key], way, put);
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
}

const ways = fc.array(fc.tuple(fc.array(fc.nat(40), { minLength: 2, maxLength: 7 }), tree), { maxLength: 3 });
const near = ways.map((all) => all.reduce<unknown>((value, [way, put]) => replaced(value, way, put), faulty));

function resolves(root: unknown, keys: readonly (string | number)[]): boolean {
  let value = root;
  for (const key of keys) {
    // A document inside a text: what stands in it has a place too.
    if (typeof value === 'string') value = parse(value) as unknown;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return true;
}

describe.each(compileKinds().all)('$kind of $group, given any JSON', (kind) => {
  const { group, versions } = kind;
  const owner = { group, kind: kind.kind, version: versions[0] ?? '', namespace: 'tools', name: 'github' };
  const inspection = {
    facts: new Map(),
    links: new Map(),
    access: new Map(),
    now: 0,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: noTokens,
  };

  // A document is a text in an object; that it is one at all is a matter of its own.
  const dressed = (made: unknown): unknown =>
    kind.label === undefined
      ? made
      : {
          metadata: { labels: { [kind.label]: 'true' } },
          data: { 'server.yaml': typeof made === 'string' ? made : JSON.stringify(made) },
        };

  it.each(versions)('is read as %s without throwing, and every finding has a place in it', (version) => {
    fc.assert(
      fc.property(fc.oneof(near, tree, tree.map(dressed), near.map(dressed)), (made) => {
        const input: unknown = JSON.parse(JSON.stringify(made));
        for (const finding of inspect(kind.read(input, { ...owner, version }), inspection))
          expect(resolves(input, finding.at.keys()), `${finding.code} at ${finding.at.toString()}`).toBe(
            true,
          );
      }),
      { numRuns: 300 },
    );
  });

  it.each(['{}', '[]', '{"toString":1,"valueOf":1}', '{"__proto__":1}'])('takes %s anywhere', (odd) => {
    const everywhere = (value: unknown, way: readonly number[]): (readonly number[])[] =>
      typeof value === 'object' && value !== null
        ? Object.values(value).flatMap((inner, i) => [[...way, i], ...everywhere(inner, [...way, i])])
        : [];
    for (const way of everywhere(faulty, [])) {
      const input = replaced(faulty, way, JSON.parse(odd));
      for (const made of [input, dressed(input)])
        expect(() => kind.read(made, owner), `at ${way.join(' ')}`).not.toThrow();
    }
  });
});
