import { describe, expect, it } from 'vitest';
import { inGroup } from '../../src/core/model.ts';
import { checkedKinds, knownSchema, type SchemaNode } from '../../src/core/schemas/upstream-fields.ts';
import { describedPaths, descriptions } from '../kinds/described-paths.ts';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, remoteProxy } from '../support/webhook.ts';
import { findingsIn } from '../support/findings.ts';

type Json = Record<string, unknown>;

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  readonly object: { readonly name: string };
}

async function unknownFields(objects: readonly object[]): Promise<Row[]> {
  const { out, err } = await runSallyport(['lint', '-o', 'json', '-'], { stdin: asYaml(objects) });
  expect(err).toBe('');
  return findingsIn<Row>(out).filter(({ code }) => code === 'MCP007');
}

/** As people misspell a field, and as editors and other languages write it. */
const misspellings: Readonly<Record<string, (name: string) => string>> = {
  'in snake case': (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  'in kebab case': (name) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  'with a capital': (name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  'in small letters': (name) => name.toLowerCase(),
  'without a letter': (name) => {
    const middle = Math.floor(name.length / 2);
    return `${name.slice(0, middle)}${name.slice(middle + 1)}`;
  },
};

/** The node that a path leads to; `undefined` where the schema leaves it open. */
function nodeAt(root: SchemaNode, steps: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const step of steps) node = node?.steps.get(step);
  return node;
}

interface Misspelt {
  readonly steps: readonly string[];
  readonly meant: string;
  readonly written: string;
}

const wrapped = (steps: readonly string[], value: unknown): unknown =>
  steps.reduceRight<unknown>(
    (inner, step) => (step === '[]' ? [inner] : { [step === '{}' ? 'entry' : step]: inner }),
    value,
  );
const pathText = (steps: readonly string[]): string =>
  steps.reduce(
    (text, step) =>
      step === '[]'
        ? `${text}[0]`
        : step === '{}'
          ? `${text}[entry]`
          : text === ''
            ? step
            : `${text}.${step}`,
    '',
  );

/** Each field that a description reads on its way to a credential, misspelt in a way that is no other field. */
function misspeltFields(root: SchemaNode, paths: readonly (readonly string[])[]): Misspelt[] {
  const fields = new Map(
    paths.flatMap((steps) =>
      steps.map((_, i) => [JSON.stringify(steps.slice(0, i + 1)), steps.slice(0, i + 1)] as const),
    ),
  );
  return [...fields.values()].flatMap((steps) => {
    const parent = nodeAt(root, steps.slice(0, -1));
    const meant = steps.at(-1) ?? '';
    if (!parent?.steps.has(meant) || parent.steps.has('*') || meant === '[]' || meant === '{}') return [];
    const written = new Set(Object.values(misspellings).map((change) => change(meant)));
    return [...written]
      .filter((one) => one.length > 1 && !parent.steps.has(one))
      .map((one) => ({ steps: steps.slice(0, -1), meant, written: one }));
  });
}

const kinds = [...descriptions.values()].flatMap((description) => {
  const { kind, group, versions } = description;
  const found = versions
    .map((version) => ({
      kind,
      group,
      version,
      schema: knownSchema({ kind, group, version, namespace: '', name: '' }),
    }))
    .find(({ schema }) => schema);
  if (!found?.schema) return [];
  const paths = describedPaths(description)
    .filter((path) => path.versions.includes(found.version) && path.steps[0] === 'spec')
    .map(({ steps }) => steps);
  const fields = misspeltFields(found.schema.root, paths);
  return [{ title: `${kind}.${group}/${found.version}`, ...found, fields }];
});

describe('a misspelt field', () => {
  it.each(kinds)(
    'of $title is an error with the right name, at its place',
    async ({ kind, group, version, fields }) => {
      const objects = fields.map(({ steps, written }, i) => ({
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name: `case-${i}`, namespace: 'team-a' },
        ...(wrapped(steps, { [written]: 'x' }) as Json),
      }));
      expect(objects).not.toEqual([]);
      const found = new Map((await unknownFields(objects)).map((row) => [row.object.name, row]));
      const told = fields.map(({ written }, i) => {
        const row = found.get(`case-${i}`);
        return `${written}: ${row?.severity} ${row?.path}, ${row?.fix}`;
      });
      expect(told).toEqual(
        fields.map(
          ({ steps, meant, written }) =>
            `${written}: error ${pathText([...steps, written])}, rename it to ${meant}`,
        ),
      );
    },
  );

  it('is found in every misspelling of every kind', () => {
    const all = kinds.flatMap(({ fields }) => fields);
    for (const [name, change] of Object.entries(misspellings))
      expect([name, all.filter(({ meant, written }) => change(meant) === written).length > 100]).toEqual([
        name,
        true,
      ]);
    expect(kinds.length).toBeGreaterThan(25);
  });
});

describe('an unknown field', () => {
  it('without a near name is a warning, because a newer release may have it', async () => {
    const [found] = await unknownFields([remoteProxy({ quux: 'x' })]);
    expect(found).toMatchObject({ severity: 'warning', path: 'spec.quux' });
    expect(found?.fix).toMatch(/a release newer than ToolHive v0\.63\.0 has it/);
  });

  it.each<[string, object]>([
    [
      'of a part that the schema leaves open',
      remoteProxy({ podTemplateSpec: { spec: { anything: { goes: 1 } } } }),
    ],
    [
      'in a map whose keys are free',
      remoteProxy({ headerForward: { addPlaintextHeaders: { addplaintextheaders: 'x' } } }),
    ],
    [
      'of an older release that the kind describes',
      {
        ...remoteProxy({ remoteURL: 'https://api.example.com/mcp' }),
        apiVersion: 'toolhive.stacklok.dev/v1alpha1',
      },
    ],
    ['of the metadata', { ...remoteProxy(), metadata: { name: 'a', namespace: 'b', lables: {} } }],
    ['of the status', { ...remoteProxy(), status: { fase: 'Ready' } }],
    [
      'of a kind without a schema',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, spec: { promt: 'x' } },
    ],
    [
      'of a version without a schema',
      { ...remoteProxy({ quux: 1 }), apiVersion: 'toolhive.stacklok.dev/v1' },
    ],
    [
      'of a kind that Sallyport does not know',
      { apiVersion: 'example.com/v1', kind: 'MCPRemoteProxy', spec: { quux: 1 } },
    ],
    ['below a value of another type than the schema says', remoteProxy({ headerForward: 'text' })],
  ])('is not reported %s', async (_what, object) => {
    expect(await unknownFields([object])).toEqual([]);
  });

  it('is reported in a list and in the entries of a map', async () => {
    const found = await unknownFields([
      remoteProxy({ headerForward: { addHeadersFromSecret: [{}, { header_name: 'A' }] } }),
    ]);
    expect(found.map(({ path }) => path)).toEqual(['spec.headerForward.addHeadersFromSecret[1].header_name']);
  });

  it('is reported twenty times, and the others are counted', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`unknown${i}`, 1]));
    const found = await unknownFields([remoteProxy(many)]);
    expect(found).toHaveLength(21);
    expect(found.filter(({ message }) => message.startsWith('480 more fields'))).toHaveLength(1);
  });
});

describe('the list of fields', () => {
  it('has every described kind of each group with a published CRD', () => {
    const listed = new Set(checkedKinds.map((name) => name.slice(0, name.indexOf('/'))));
    const groups = new Set([...listed].map((name) => name.slice(name.indexOf('.') + 1)));
    const missing = [...descriptions.values()]
      .filter(({ group }) => groups.has(group))
      .map(({ kind, group }) => inGroup(kind, group))
      .filter((name) => !listed.has(name));
    // It is in no release yet.
    expect(missing).toEqual(['WebhookGateway.kelos.dev']);
    expect([...groups]).toEqual(
      expect.arrayContaining(['toolhive.stacklok.dev', 'kagent.dev', 'kelos.dev', 'axon.io']),
    );
  });
});
