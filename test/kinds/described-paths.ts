import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inGroup } from '../../src/core/model.ts';
import { labels } from '../../src/core/annotations.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';
import type { Condition, PathExpression } from '../../src/core/kinds/path/parse.ts';
import { podTemplateRecords } from '../../src/core/kinds/records/pod-template.ts';
import { kindDescription, type KindDescription, type ServerShape } from '../../src/core/kinds/description.ts';

/** What a kind description reads, seen from outside: the tests' own reading of it, apart from the interpreter's. */
export interface DescribedPath {
  /** From the object's root: a field's name, `[]` for each item, `{}` for each entry. */
  readonly steps: readonly string[];
  readonly expects: Expected;
  /** The versions in which it is read. */
  readonly versions: readonly string[];
  /** Whoever writes it is warned: MCP103. */
  readonly copied: boolean;
  /** Part of a pod template, which its own test covers: no fixture shows each field of a pod. */
  readonly inPodTemplate?: true;
}

export type Expected = 'object' | 'list' | 'string' | 'number' | 'boolean' | 'anything';

const folder = new URL('../../src/core/kinds/', import.meta.url);

/** The built-in descriptions by file name without `.yaml`. */
export const descriptions: ReadonlyMap<string, KindDescription> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [
      name.replace(/\.yaml$/, ''),
      kindDescription.parse(parse(readFileSync(new URL(name, folder), 'utf8'))),
    ]),
);

/** `plural.group`: how a fixture's folder and a row of the documentation are called. */
export const pluralName = ({ plural, group }: Pick<KindDescription, 'plural' | 'group'>): string =>
  inGroup(plural, group);

/** The part of an object that a description's `$` is: the object, or the YAML in one key of it. */
export function rootOf({ document }: KindDescription, object: KubernetesObject): unknown {
  if (!document) return object;
  const text = (object['data'] as Record<string, unknown> | undefined)?.[document.key];
  return typeof text === 'string' && labels(object).get(document.label) === 'true' ? parse(text) : undefined;
}

/** The object with another such part, and the place of that part. */
export const rootPlace = ({ document }: KindDescription): string[] =>
  document ? ['data', document.key] : [];
export const withRoot = (
  { document }: KindDescription,
  object: KubernetesObject,
  root: unknown,
): KubernetesObject =>
  document ? { ...object, data: { [document.key]: JSON.stringify(root) } } : (root as KubernetesObject);

/** The steps to an item, and how many of them lead to what is around it. */
interface Steps {
  readonly steps: readonly string[];
  readonly around: number;
}

/** The places one path may lead to: each alternative that is not a literal, from the root, the items, or what is around them. */
function places({ alternatives }: PathExpression, items: readonly Steps[]): Steps[] {
  return alternatives.flatMap((term) => {
    if (term.kind !== 'walk') return [];
    const rest = term.steps.map((step) =>
      step.kind === 'field' ? step.name : step.kind === 'each' ? '[]' : '{}',
    );
    const starts = {
      root: [[]],
      item: items.map(({ steps }) => steps),
      parent: items.map(({ steps, around }) => steps.slice(0, around)),
    }[term.from];
    const lists = rest.slice(0, -1).findLastIndex((step) => step === '[]' || step === '{}') + 1;
    return starts.map((start) => ({ steps: [...start, ...rest], around: start.length + lists }));
  });
}

/** Every path a description reads and the type that belongs there. */
export const describedPaths = ({ servers, versions }: KindDescription): DescribedPath[] =>
  servers.flatMap((shape) => shapePaths(shape, shape.versions ?? versions));

/**
 * What examples have to show: of each entry, one of the paths. A list of paths under `each` describes the same fields in several
 * places. Each place of such a list is one entry, and each field below is one entry with its paths in all of these places.
 */
export function pathsToShow({ servers, versions }: KindDescription): (readonly DescribedPath[])[] {
  const written = new Map<unknown, [ServerShape, ...ServerShape[]]>();
  for (const shape of servers) {
    // The shapes that are made from one list share their records.
    const others = written.get(shape.headers);
    if (others) others.push(shape);
    else written.set(shape.headers, [shape]);
  }
  return [...written.values()].flatMap((shapes) => {
    const all = shapes[0].versions ?? versions;
    const listed = shapes.length === 1 ? [] : shapes.map(({ each }) => eachPath(each, all));
    const [first = [], ...others] = shapes.map((shape) => shapePaths(shape, all));
    return [...listed, ...first.map((path, i) => [path, ...others.flatMap((paths) => paths[i] ?? [])])];
  });
}

const eachPath = (each: PathExpression | undefined, versions: readonly string[]): DescribedPath[] =>
  (each ? places(each, []) : []).map(({ steps }) => ({
    steps,
    expects: 'anything',
    versions,
    copied: false,
  }));

function shapePaths(shape: ServerShape, all: readonly string[]): DescribedPath[] {
  const found: DescribedPath[] = [];
  const add = (
    source: PathExpression | undefined,
    items: readonly Steps[],
    expects: Expected,
    versions: readonly string[] = all,
    copied = false,
  ) => {
    if (source === undefined) return;
    for (const { steps } of places(source, items)) found.push({ steps, expects, versions, copied });
  };
  const below = (each: PathExpression | undefined, items: readonly Steps[]) =>
    each === undefined ? items : places(each, items);
  const condition = (when: Condition | undefined, items: readonly Steps[], versions?: readonly string[]) =>
    add(when?.path, items, when?.equals === undefined ? 'anything' : 'string', versions);

  const toggle = (
    one: Condition | true | undefined,
    items: readonly Steps[],
    versions?: readonly string[],
    copied = false,
  ) => {
    if (one === undefined || one === true) return;
    add(one.path, items, one.equals === undefined ? 'boolean' : 'string', versions, copied);
  };

  const server = below(shape.each, [{ steps: [], around: 0 }]);
  condition(shape.when, server);
  condition(shape.unless, server);
  add(shape.name, server, 'string');
  add(shape.transport.path, server, 'string');
  add(shape.sharedBy, server, 'string');
  if (shape.url && 'alternatives' in shape.url) add(shape.url, server, 'string');
  else if (shape.url && 'template' in shape.url) add(shape.url.template, server, 'string');
  else if (shape.url && 'address' in shape.url) {
    add(shape.url.address, server, 'string');
    toggle(shape.url.insecureWhen, server);
  } else if (shape.url) {
    for (const path of [shape.url.host, shape.url.scheme]) add(path, server, 'string');
    condition(shape.url.secureWhen, server);
    add(shape.url.port, server, 'number');
    add(shape.url.path, server, 'string');
  }
  for (const header of shape.headers) {
    const items = below(header.each, server);
    condition(header.when, items, header.versions);
    condition(header.unless, items, header.versions);
    for (const path of [
      header.name,
      header.value,
      header.secret,
      header.configMap,
      header.key,
      header.namespace,
      header.keyByWord?.path,
      header.templateAt,
      header.conflict,
      header.serviceAccountToken?.audience,
      ...Object.values(header.basic ?? {}).flatMap((part) => [part.secret, part.key, part.namespace]),
    ])
      add(path, items, 'string', header.versions);
    add(header.serviceAccountToken?.expirationSeconds, items, 'number', header.versions);
    toggle(header.optional, items, header.versions);
  }
  for (const { each, secret, namespace, optional, versions } of shape.bundles) {
    const items = below(each, server);
    for (const path of [secret, namespace]) add(path, items, 'string', versions);
    toggle(optional, items, versions);
  }
  const values = ({ env, plain }: Pick<ServerShape, 'env' | 'plain'>) => {
    for (const record of env) {
      const { each, when, unless, secret, configMap, key, keyByWord, namespace, optional, versions } = record;
      const items = below(each, server);
      condition(when, items, versions);
      condition(unless, items, versions);
      const copied = record.copied !== undefined;
      for (const path of [secret, configMap, key, keyByWord?.path, namespace])
        add(path, items, 'string', versions, copied);
      toggle(optional, items, versions, copied);
    }
    for (const { each, when, name, value, versions } of plain) {
      const items = below(each, server);
      condition(when, items, versions);
      add(name, items, 'string', versions);
      add(value, items, 'anything', versions);
    }
  };
  values(shape);
  for (const { each, when, unless, name, kind, namespace, versions } of shape.links) {
    const items = below(each, server);
    condition(when, items, versions);
    condition(unless, items, versions);
    for (const path of [name, kind, namespace]) add(path, items, 'string', versions);
  }
  for (const { each, at, when, unless, versions } of shape.ineffective) {
    const items = below(each, server);
    add(at, items, 'anything', versions);
    condition(when, items, versions);
    condition(unless, items, versions);
  }
  if (shape.gateway) {
    for (const path of shape.gateway.guardedBy) add(path, server, 'anything');
    add(shape.gateway.port, server, 'anything');
  }
  const { tls } = shape;
  condition(tls.client?.when, server);
  condition(tls.client?.unless, server);
  for (const path of [tls.client?.secret, tls.client?.namespace]) add(path, server, 'string');
  for (const ca of tls.ca) {
    condition(ca.when, server);
    condition(ca.unless, server);
    for (const path of [ca.secret, ca.configMap, ca.key, ca.namespace]) add(path, server, 'string');
    toggle(ca.optional, server);
  }
  for (const one of [tls.unverifiedWhen, tls.replaceRootsWhen]) toggle(one, server);
  const own = found.length;
  values(podTemplateRecords(shape.podTemplates));
  return found.map((one, i) => (i < own ? one : { ...one, inPodTemplate: true }));
}

/** The types that belong at one place of an object: what is read there and what is read below it. */
export function expectedAt(
  paths: readonly DescribedPath[],
  version: string,
  keys: readonly (string | number)[],
): ReadonlySet<Expected> {
  const fits = (step: string | undefined, key: string | number) =>
    typeof key === 'number' ? step === '[]' : step === '{}' || step === key;
  const expected = new Set<Expected>();
  for (const { steps, expects, versions } of paths) {
    if (!versions.includes(version) || !keys.every((key, i) => fits(steps[i], key))) continue;
    const next = steps[keys.length];
    expected.add(next === undefined ? expects : next === '[]' ? 'list' : 'object');
  }
  return expected;
}
