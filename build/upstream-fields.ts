import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { inGroup } from '../src/core/model.ts';

/**
 * Writes the fields that the CRDs of upstream releases know, for the kinds that Sallyport describes:
 *
 *     npm run upstream-fields -- 'ToolHive v0.44.0=FOLDER' 'ToolHive v0.63.0=FOLDER,FOLDER' …
 *
 * Each argument is a release and the folders with its CRDs. A field that any of the releases has is known
 * (docs/adr/0031-fields-of-upstream-schemas.md).
 */

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly type?: string;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
}

interface Crd {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: Schema };
    }[];
  };
}

/** `undefined` for a value whose content is not checked. */
type Tree = ReadonlyMap<string, Tree | undefined>;

/** Objects have these without a schema. */
const ofEveryObject = ['apiVersion', 'kind', 'metadata'];
const open: Tree = new Map([['*', undefined]]);

/** A field's name, `[]` for the items of a list, `{}` for the entries of a map, `*` for anything. */
function treeOf(schema: Schema): Tree | undefined {
  const { properties, items, additionalProperties } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && !properties) return undefined;
  if (items) return below('[]', items);
  if (properties || embedded || schema.type === 'object') {
    if (!properties && typeof additionalProperties === 'object') return below('{}', additionalProperties);
    if (!properties && additionalProperties === true) return undefined;
    const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, treeOf(field)] as const);
    const known = embedded ? ofEveryObject.map((name) => [name, undefined] as const) : [];
    const rest = schema['x-kubernetes-preserve-unknown-fields'] === true ? [...open] : [];
    return new Map([...known, ...fields, ...rest]);
  }
  return undefined;
}

function below(step: '[]' | '{}', schema: Schema): Tree | undefined {
  const tree = treeOf(schema);
  return tree && new Map([[step, tree]]);
}

/** The API server knows the metadata without a schema, and people do not write the status. */
const rootOf = (schema: Schema): Tree =>
  new Map([
    ...(treeOf(schema) ?? open),
    ...[...ofEveryObject, 'status'].map((name) => [name, undefined] as const),
  ]);

/** What one release leaves open is open. */
function merged(a: Tree | undefined, b: Tree | undefined): Tree | undefined {
  if (!a || !b) return undefined;
  const names = [...new Set([...a.keys(), ...b.keys()])];
  return new Map(
    names.map((name) => {
      const inBoth = a.has(name) && b.has(name);
      return [name, inBoth ? merged(a.get(name), b.get(name)) : (a.get(name) ?? b.get(name))] as const;
    }),
  );
}

/** Equal trees are written once: a pod specification is most of some schemas. */
class Nodes {
  readonly lines: string[] = [];
  readonly #places = new Map<string, number>();
  add(tree: Tree): number {
    const line = [...tree]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => {
        if (!/^[^\s:]+$/.test(name)) throw new Error(`${name} cannot be written`);
        return field ? `${name}:${this.add(field)}` : name;
      })
      .join(' ');
    const known = this.#places.get(line);
    if (known !== undefined) return known;
    this.#places.set(line, this.lines.push(line) - 1);
    return this.lines.length - 1;
  }
}

interface Release {
  readonly name: string;
  readonly crds: readonly Crd[];
}

const yamlFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.join(folder, file))
    .toSorted();

const kindsFolder = new URL('../src/core/kinds/', import.meta.url).pathname;

/** Every kind with a schema; a ConfigMap has none of its own. */
const described = yamlFiles(kindsFolder)
  .map((file) => parse(readFileSync(file, 'utf8')) as { readonly group: string; readonly kind: string })
  .filter(({ group }) => group !== '');

function releaseOf(argument: string): Release {
  const [name = '', folders = ''] = argument.split('=');
  const crds = folders
    .split(',')
    .flatMap(yamlFiles)
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as Crd | null)
    .filter((crd) => crd?.kind === 'CustomResourceDefinition')
    .filter((crd) => crd !== null);
  if (crds.length === 0) throw new Error(`${folders} holds no CustomResourceDefinition`);
  return { name, crds };
}

/** The file's text: releases, kinds with the root of each version, and nodes that refer to each other by line. */
function fieldsOf(releases: readonly Release[]): string {
  const nodes = new Nodes();
  const kinds = described.flatMap(({ kind, group }) => {
    const versions = new Map<string, { tree: Tree | undefined; from: number[] }>();
    for (const [i, { crds }] of releases.entries())
      for (const { spec } of crds.filter((crd) => crd.spec.group === group && crd.spec.names.kind === kind))
        for (const { name, served, schema } of spec.versions) {
          if (!served || !schema?.openAPIV3Schema) continue;
          const before = versions.get(name);
          const tree = rootOf(schema.openAPIV3Schema);
          versions.set(name, {
            tree: before ? merged(before.tree, tree) : tree,
            from: [...new Set([...(before?.from ?? []), i])],
          });
        }
    const roots = [...versions].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return roots.map(
      ([version, { tree, from }]) =>
        `  ${inGroup(kind, group)}/${version}: { root: ${nodes.add(tree ?? open)}, releases: [${from.join(', ')}] }`,
    );
  });
  return [
    '# Written by `npm run upstream-fields`: the fields that the CRDs of these releases know. docs/adr/0031 describes the form.',
    'releases:',
    ...releases.map(({ name }) => `  - ${name}`),
    'kinds:',
    ...kinds,
    'nodes: |',
    ...nodes.lines.map((line) => `  ${line === '' ? '-' : line}`),
    '',
  ].join('\n');
}

const target = new URL('../src/core/schemas/upstream-fields.yaml', import.meta.url);
const written = process.argv.slice(2);
if (written.length === 0) throw new Error("usage: npm run upstream-fields -- 'PROJECT VERSION=FOLDER' …");
const text = fieldsOf(written.map(releaseOf));
writeFileSync(target, text);
console.log(`${text.length} bytes, ${text.split('\n').length} lines`);
