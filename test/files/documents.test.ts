import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Path } from '../../src/core/path.ts';
import { loadDocuments, parseDocuments, unreadText } from '../../src/files/documents.ts';

const proxy = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata:
  name: github
spec:
  remoteUrl: https://example.com/
  headerForward:
    addPlaintextHeaders: { X-A: one, "X-B": two }
    addHeadersFromSecret:
      - headerName: Authorization
        valueSecretRef:
          name: github
          key: token
      - { headerName: X-C, valueSecretRef: { name: github, key: c } }
`;
const forward = Path.fields('spec', 'headerForward');
const plain = forward.field('addPlaintextHeaders');
const listed = forward.field('addHeadersFromSecret');

function placeIn(text: string, at: Path, document = 0): string {
  const position = parseDocuments(text, 'a.yaml').documents[document]?.position(at);
  return `${position?.line}:${position?.column}`;
}

const namesOf = (text: string) =>
  parseDocuments(text, 'a.yaml').documents.map(({ object }) => object.metadata?.name);

const problemsOf = (text: string): string[] => parseDocuments(text, 'a.yaml').unread.map(unreadText);

describe('the position of', () => {
  it.each([
    ['the whole object', Path.root, '1:1'],
    ['a field', Path.fields('kind'), '2:1'],
    ['a nested field', Path.fields('spec', 'remoteUrl'), '6:3'],
    ['a map in flow style', plain, '8:5'],
    ['an entry in flow style', plain.entry('X-A'), '8:28'],
    ['a quoted key', plain.entry('X-B'), '8:38'],
    ['a list', listed, '9:5'],
    ['an item of a list', listed.item(0), '10:9'],
    ['a field of an item', listed.item(0).field('headerName'), '10:9'],
    ['a deep field of an item', listed.item(0).field('valueSecretRef').field('key'), '13:11'],
    ['an item in flow style', listed.item(1), '14:9'],
    ['a field of an item in flow style', listed.item(1).field('valueSecretRef').field('name'), '14:46'],
    ['something missing is its parent', Path.fields('spec', 'headerForward', 'gone', 'deeper'), '7:3'],
    ['an item past the end is the list', listed.item(7), '9:5'],
    ['something in no part of the object is its start', Path.fields('gone'), '1:1'],
  ])('%s', (_, at, place) => {
    expect(placeIn(proxy, at)).toBe(place);
  });

  it('a field in a second document counts lines from the start of the file', () => {
    expect(placeIn(`# first\n---\n${proxy}---\n${proxy}`, Path.fields('spec', 'remoteUrl'), 1)).toBe('23:3');
  });

  it('a field in a file with Windows line ends', () => {
    expect(placeIn(proxy.replaceAll('\n', '\r\n'), Path.fields('spec', 'remoteUrl'))).toBe('6:3');
  });

  it('a field in a JSON file', () => {
    const json =
      '{\n  "apiVersion": "v1",\n  "kind": "Secret",\n  "metadata": { "name": "a" },\n  "items": ["x", "y"]\n}';
    expect(placeIn(json, Path.fields('metadata', 'name'))).toBe('4:17');
    expect(placeIn(json, Path.fields('items').item(1))).toBe('5:18');
  });

  it('an item of a list whose lines are indented less than the list', () => {
    const text = 'apiVersion: v1\nkind: A\nspec:\n  urls: [\n  "a", b\n  ]\n  after: c\n';
    const urls = Path.fields('spec', 'urls');
    expect(placeIn(text, urls.item(0))).toBe('5:3');
    expect(placeIn(text, urls.item(1))).toBe('5:8');
    expect(placeIn(text, Path.fields('spec', 'after'))).toBe('7:3');
  });

  it('a field of an object in a List', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n  - ${proxy.trimEnd().replaceAll('\n', '\n    ')}\n`;
    expect(placeIn(list, Path.root)).toBe('4:5');
    expect(placeIn(list, Path.fields('spec', 'remoteUrl'))).toBe('9:7');
  });
});

describe('the documents of a text', () => {
  const object = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;

  it('are told apart by ---, and empty ones are nothing', () => {
    const text = `---\n${object('a')}---\n---\n# only a comment\n---\n${object('b')}...\n`;
    expect(namesOf(text)).toEqual(['a', 'b']);
    expect(parseDocuments(text, 'a.yaml').others).toBe(0);
  });
  it('are the items of a List, of a List in a List and of a typed list', () => {
    const item = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } });
    const list = (kind: string, ...items: unknown[]) => ({ apiVersion: 'v1', kind, items });
    const text = JSON.stringify(list('List', item('a'), list('SecretList', item('b'), item('c'))));
    expect(namesOf(text)).toEqual(['a', 'b', 'c']);
  });
  it.each(['just text', '- a\n- b', 'a: 1', 'kind: Pod', 'apiVersion: v1', 'apiVersion: 1\nkind: Pod', '7'])(
    'that are not Kubernetes objects are counted: %j',
    (text) => {
      expect(parseDocuments(text, 'a.yaml')).toMatchObject({ documents: [], others: 1, unread: [] });
    },
  );
  it.each(['', '\n\n', '# nothing\n', '---\n', 'null'])('of %j are none', (text) => {
    expect(parseDocuments(text, 'a.yaml')).toMatchObject({ documents: [], others: 0, unread: [] });
  });
  it('may use anchors', () => {
    expect(namesOf('apiVersion: &v v1\nkind: Secret\nmetadata: { name: *v }\n')).toEqual(['v1']);
  });
});

describe('lines in quotes or brackets that are indented no more than their key', () => {
  const deep = `${' '.repeat(400)}- a: [\n  1 ]`;
  it.each([
    ['in double quotes', 'a: "x\n  y"\n  b: z', { a: 'x y', b: 'z' }],
    ['in single quotes', "a: 'x\n  y'\n  b: z", { a: 'x y', b: 'z' }],
    ['not at all', 'a: "x\ny"\n  b: z', { a: 'x y', b: 'z' }],
    ['by a tab', 'a: "x\n\ty"\n  b: z', { a: 'x y', b: 'z' }],
    ['after empty lines and an escaped break', 'a: "x\n\n\n  y\\\n  z"', { a: 'x\n\nyz' }],
    ['a bracket at its key', 'a: [\n    1\n  ]\n  b: z', { a: [1], b: 'z' }],
    ['items at their key', 'a: [\n  1,\n  x\n  y\n  ]\n  b: z', { a: [1, 'x y'], b: 'z' }],
    ['a map at its key', 'a: {\n  c: 1, # d\n  d: "e\nf"\n  }\n  b: z', { a: { c: 1, d: 'e f' }, b: 'z' }],
    ['with Windows line ends', 'a: [\r\n    1\r\n  ]\r\n  b: z', { a: [1], b: 'z' }],
    ['with the line ends of old Macs', 'a: [\r    1\r  ]\r  b: z', { a: [1], b: 'z' }],
    ['at great depth', `a:\n${deep}`, { a: [{ a: [1] }] }],
  ])('have the value that kubectl reads: %s', (_, text, spec) => {
    const parsed = parseDocuments(`apiVersion: v1\nkind: A\nspec:\n  ${text}\n`, 'a.yaml');
    expect(parsed.unread).toEqual([]);
    expect(parsed.documents[0]?.object).toMatchObject({ spec });
  });

  it('are reported at the first such line where a quote is missing', () => {
    const text = `a: 1\nb:\n  c: "x\n${'  d: e\n'.repeat(1000)}`;
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('a.yaml:4:3: invalid YAML: deficient indentation'),
    ]);
  });
});

describe('YAML that cannot be read', () => {
  const secret = 'hunter2';
  it.each([
    ['a bad indentation', `a: 1\n b: ${secret}\n`, 'a.yaml:2:3'],
    ['a key written twice', `kind: a\nkind: ${secret}\n`, 'a.yaml:2:1'],
    ['an open quote', `a: 1\nb: "${secret}\n`, 'a.yaml:'],
    ['an open bracket', `a: [${secret}\n`, 'a.yaml:'],
    ['a tab for indentation', `a:\n\tb: ${secret}\n`, 'a.yaml:2:'],
    ['a fault in a second document', `a: 1\n---\nb: 1\nb: ${secret}\n`, 'a.yaml:4:1'],
    ['a fault in JSON', `{"a": "${secret}" "b": 1}`, 'a.yaml:1:'],
    ['an alias without an anchor', `a: *${secret}\n`, 'a.yaml:1:'],
    ['a tag handle that is not declared', `a: !${secret}!x 1\n`, 'a.yaml:1:'],
    ['a character that no tag may have', `a: !<${secret}^> 1\n`, 'a.yaml:1:'],
    ['a tag that its value does not have', `a: !!int ${secret}\n`, 'a.yaml:1:'],
    ['an alias inside its own anchor', `a: &${secret} [*${secret}]\n`, 'a.yaml:1:'],
    ['a key that is a map', `{ ${secret}: a }: b\n`, 'a.yaml:1:'],
    ['too many levels', `${'['.repeat(1000)}${secret}`, 'a.yaml:1:'],
    ['a control character', `a: "\u0001${secret}"\n`, 'a.yaml:1:'],
  ])('%s names file, line and column, and no value', (_, text, start) => {
    const [problem = '', ...more] = problemsOf(text);
    expect(more).toEqual([]);
    expect(problem).toMatch(/^a\.yaml:\d+:\d+: invalid YAML: [a-z][a-z ,':-]+$/i);
    expect(problem.startsWith(start)).toBe(true);
    expect(problem).not.toContain(secret);
  });

  it('hides no other document of the text', () => {
    const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;
    const text = `${config('a')}---\nb: "${secret}\n---\n${config('c')}--- # d\nd: [\n---\n${config('e')}`;
    expect(namesOf(text)).toEqual(['a', 'c', 'e']);
    expect(problemsOf(text).map((one) => one.split(':').slice(0, 2).join(':'))).toEqual([
      'a.yaml:6',
      'a.yaml:12',
    ]);
  });

  it('may be a document after directives, which hold for it alone', () => {
    const text = `%TAG !e! tag:example.com,2000:\n---\napiVersion: v1\nkind: !e!x Secret\n...\n---\nkind: !e!x a\n`;
    expect(problemsOf(text)).toHaveLength(1);
  });

  it('aliases that multiply are refused, not expanded', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`,
    );
    const [problem] = problemsOf(['l0: &l0 x', ...levels].join('\n'));
    expect(problem).toContain('too many aliases');
  });
  it('an anchor may be used a thousand times', () => {
    const text = `apiVersion: v1\nkind: ConfigMap\nx: &x { a: 1 }\ndata: [${'*x, '.repeat(1000)}*x]\n`;
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('loading', () => {
  let folder = '';
  const stdin = () => Promise.resolve(proxy);
  const file = (name: string) => path.join(folder, name);
  const put = async (name: string, text: string) => {
    await mkdir(path.dirname(file(name)), { recursive: true });
    await writeFile(file(name), text);
  };
  const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;
  const loaded = async (...inputs: string[]) => {
    const { documents, skipped, unread } = await loadDocuments(inputs, stdin);
    const files = documents.map((document) => path.relative(folder, document.file));
    return { files, skipped, unread: unread.map(unreadText) };
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('a folder takes .yaml, .yml and .json, in order, and goes into its folders', async () => {
    await Promise.all(
      ['c.yaml', 'b/z.yml', 'b/a.yaml', 'notes.txt', 'd.yaml.bak'].map((name) => put(name, config('x'))),
    );
    await put('a.json', '{"apiVersion":"v1","kind":"Secret"}');
    const files = ['a.json', path.join('b', 'a.yaml'), path.join('b', 'z.yml'), 'c.yaml'];
    expect(await loaded(folder)).toMatchObject({ files, skipped: { templates: 0, others: 0 } });
  });

  it('a folder leaves out dot folders and node_modules', async () => {
    await Promise.all(['.git/a.yaml', 'node_modules/a.yaml', 'a.yaml'].map((name) => put(name, config('x'))));
    expect((await loaded(folder)).files).toEqual(['a.yaml']);
  });

  it('a folder skips templates and other documents, and counts them', async () => {
    await put('templates/a.yaml', 'name: {{ .Values.name }}\n');
    await put('templates/b.yaml', '{{- if .Values.on }}\na: [\n{{- end }}\n');
    await put('values.yaml', 'on: true\n---\noff: false\n');
    await put('a.yaml', config('x'));
    expect(await loaded(folder)).toMatchObject({
      files: ['a.yaml'],
      skipped: { templates: 2, others: 2 },
    });
  });

  it('a folder takes an object whose texts hold braces', async () => {
    const texts = [
      '"Fix {{ .Title }}"',
      '|\n    {{ if .Body }}\n    {{ .Body }}\n    {{ end }}',
      "'{{a}}: {{b}}'",
    ];
    for (const [i, text] of texts.entries()) await put(`${i}.yaml`, `${config('x')}data:\n  a: ${text}\n`);
    expect((await loaded(folder)).files).toEqual(['0.yaml', '1.yaml', '2.yaml']);
  });

  it('a template named as a file is no template: it must be YAML', async () => {
    await put('a.yaml', 'a: b\n  {{ c }}: d\n');
    expect((await loaded(file('a.yaml'))).unread).toEqual([expect.stringContaining('invalid YAML')]);
  });

  it('a file that is broken hides no other file of the folder', async () => {
    await put('a.yaml', 'a: "\n');
    await put('b.yaml', config('x'));
    await writeFile(file('c.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
    await writeFile(file('d.yaml'), '');
    await truncate(file('d.yaml'), 257 * 1024 * 1024);
    const { files, unread } = await loaded(folder);
    expect(files).toEqual(['b.yaml']);
    expect(unread).toEqual([
      expect.stringMatching(/a\.yaml:\d:\d: invalid YAML: /),
      `${file('c.yaml')}: not UTF-8`,
      `${file('d.yaml')}: larger than 256 MiB`,
    ]);
  });

  it("a folder skips the templates of a chart, also those that are YAML, and names the chart's folder", async () => {
    await put('charts/x/Chart.yaml', 'apiVersion: v2\nname: x\n');
    await put('charts/x/templates/a.yaml', config('"{{ .Release.Name }}"'));
    await put('charts/x/templates/sub/b.yaml', '{{- if .Values.on }}\na: 1\n{{- end }}\n');
    await put('charts/x/templates/plain.yaml', config('x'));
    const { files, skipped } = await loaded(folder);
    expect(files).toEqual([path.join('charts', 'x', 'templates', 'plain.yaml')]);
    expect(skipped).toMatchObject({ templates: 2, charts: [file(path.join('charts', 'x'))] });
  });

  it('a fault in a document without braces is one, in a file that holds braces elsewhere', async () => {
    await put('a.yaml', `${config('x')}data: { a: "{{ b }}" }\n---\na: "\n`);
    const { files, unread, skipped } = await loaded(folder);
    expect([files, unread.length, skipped.templates]).toEqual([['a.yaml'], 1, 0]);
  });

  it('several inputs come in the order they were given', async () => {
    await put('a.yaml', config('x'));
    await put('b.yaml', config('y'));
    expect((await loaded(file('b.yaml'), file('a.yaml'))).files).toEqual(['b.yaml', 'a.yaml']);
  });

  it('- is standard input and is called stdin', async () => {
    const { documents } = await loadDocuments(['-'], stdin);
    expect(documents.map((document) => [document.file, document.object.kind])).toEqual([
      ['stdin', 'MCPRemoteProxy'],
    ]);
  });

  it('a missing file says so', async () => {
    await put('a.yaml', config('x'));
    expect(await loaded(file('gone.yaml'), file('a.yaml'))).toMatchObject({
      files: ['a.yaml'],
      unread: [`${file('gone.yaml')}: no such file or folder`],
    });
  });
});
