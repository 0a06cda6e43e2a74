import { wordsOf } from '../credentials/names.ts';
import type { KindDescription } from '../kinds/description.ts';
import type { PodField } from '../kinds/pod-fields.ts';
import { itemsOf, rootItem, type Item } from '../kinds/known-fields.ts';
import type { PathExpression } from '../kinds/path/parse.ts';
import { inGroup } from '../model.ts';
import {
  credentialFields,
  maxSchemaNodes,
  type CredentialField,
  type FieldReason,
} from './credential-fields.ts';
import { definitionsIn, type Definition, type Schema } from './definition.ts';

/** What custom resource definitions have and kind descriptions do not read: kinds, versions, and fields for credentials. */

export interface UnreadField {
  readonly path: string;
  readonly reason: FieldReason;
  /** The served versions that have it. */
  readonly versions: readonly string[];
}

export interface KindCoverage {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** Left out for a kind that no description reads. */
  readonly family?: string;
  /** Served, and in no description. */
  readonly unknownVersions: readonly string[];
  readonly unread: readonly UnreadField[];
  /** Reviewed fields that no definition has, or that are read. */
  readonly uselessReviews: readonly string[];
  /** Versions whose schema is too large to be read. */
  readonly unchecked: readonly string[];
}

export interface Coverage {
  readonly kinds: readonly KindCoverage[];
  /** Kinds that nothing connects with MCP. */
  readonly unrelated: number;
}

/** Definitions may hold several releases of one kind: a field of any of them counts. */
export function coverageOf(
  definitions: readonly Definition[],
  descriptions: readonly KindDescription[],
): Coverage {
  const byKind = new Map<string, Definition[]>();
  for (const definition of definitions) {
    const name = nameOf(definition);
    byKind.set(name, [...(byKind.get(name) ?? []), definition]);
  }
  const described = new Map(descriptions.map((one) => [inGroup(one.kind, one.group), one]));
  const groups = new Set(descriptions.map(({ group }) => group));
  const kinds: KindCoverage[] = [];
  let unrelated = 0;
  for (const [name, releases] of byKind) {
    const description = described.get(name);
    const coverage = coverageOfKind(releases, description);
    if (description || isRelated(releases, coverage, groups)) kinds.push(coverage);
    else unrelated += 1;
  }
  return { kinds: kinds.toSorted((a, b) => compare(nameOf(a), nameOf(b))), unrelated };
}

/** Of a cluster, which has each definition once: only a page of them is held at a time. */
export async function coverageOfPages(
  pages: AsyncIterable<readonly unknown[]>,
  descriptions: readonly KindDescription[],
): Promise<Coverage> {
  const kinds: KindCoverage[] = [];
  let unrelated = 0;
  for await (const page of pages) {
    const found = coverageOf(definitionsIn(page), descriptions);
    kinds.push(...found.kinds);
    unrelated += found.unrelated;
  }
  return { kinds, unrelated };
}

const nameOf = ({ kind, group }: { readonly kind: string; readonly group: string }): string =>
  inGroup(kind, group);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether the kind has something to report. */
export const isComplete = ({ family, unknownVersions, unread, unchecked }: KindCoverage): boolean =>
  family !== undefined && unknownVersions.length === 0 && unread.length === 0 && unchecked.length === 0;

function coverageOfKind(
  releases: readonly Definition[],
  description: KindDescription | undefined,
): KindCoverage {
  const { group, kind, plural } = releases[0]!;
  const readers = new Map<string, Reads>();
  const fields = new Map<string, { field: CredentialField; versions: Set<string> }>();
  const reviewed = reviewsOf(description);
  const used = new Set<string>();
  const unchecked = new Set<string>();
  for (const { versions } of releases)
    for (const { name, schema } of versions) {
      const found = credentialFields(schema);
      if (found.exceeded) unchecked.add(name);
      const reads = readers.get(name) ?? readsOf(description, name);
      readers.set(name, reads);
      for (const field of found.fields) {
        if (reads.covers(field)) continue;
        const review = reviewed.covering(field.steps);
        if (review !== undefined) used.add(review);
        else {
          const path = pathOf(field.steps);
          const known = fields.get(path) ?? { field, versions: new Set() };
          known.versions.add(name);
          fields.set(path, known);
        }
      }
    }
  const served = new Set(releases.flatMap(({ versions }) => versions.map(({ name }) => name)));
  return {
    group,
    kind,
    plural,
    ...(description ? { family: description.family } : {}),
    unknownVersions: description
      ? [...served].filter((version) => !description.versions.includes(version))
      : [],
    unread: [...fields].map(([path, { field, versions }]) => ({
      path,
      reason: field.reason,
      versions: [...versions],
    })),
    uselessReviews: reviewed.paths.filter((path) => !used.has(path)),
    unchecked: [...unchecked],
  };
}

/** A kind without a description is reported when its group is described, or its name or a field's name says MCP or agent. */
function isRelated(
  releases: readonly Definition[],
  { kind, group, unread }: KindCoverage,
  groups: ReadonlySet<string>,
): boolean {
  if (wordsOf(kind).includes('mcp')) return true;
  if (unread.length === 0) return false;
  const schemas = releases.flatMap(({ versions }) => versions.map(({ schema }) => schema));
  const isAgent = [...wordsOf(kind), ...wordsOf(group)].some((word) => word.startsWith('agent'));
  return groups.has(group) || schemas.some((schema) => hasField(schema, isAgent ? agentWords : mcpWords));
}

const mcpWords: ReadonlySet<string> = new Set(['mcp']);
/** Other systems call their programs agents too; those of a language model have one of these. */
const agentWords: ReadonlySet<string> = new Set(['mcp', 'llm', 'model', 'prompt', 'skills', 'tools']);

/** Whether a field's name has one of the words. */
function hasField(schema: Schema, wanted: ReadonlySet<string>): boolean {
  let nodes = 0;
  const visit = (node: Schema): boolean => {
    nodes += 1;
    if (nodes > maxSchemaNodes) return false;
    if (node.items) return visit(node.items);
    if (typeof node.additionalProperties === 'object') return visit(node.additionalProperties);
    return Object.entries(node.properties ?? {}).some(
      ([name, below]) =>
        name !== 'metadata' && (wordsOf(name).some((word) => wanted.has(word)) || visit(below)),
    );
  };
  return visit(schema);
}

/** `$.spec.a[].b`, as a description writes it. */
export const pathOf = (steps: readonly string[]): string =>
  `$${steps.map((step) => (step === '[]' || step === '{}' ? step : `.${step}`)).join('')}`;

type How = 'value' | 'everything' | readonly PodField[];

interface Place {
  readonly below: Map<string, Place>;
  /** What is read there, in each of these ways. */
  readonly how: Set<How>;
}

const placeOf = (): Place => ({ below: new Map(), how: new Set() });

/** The record that reads a field, as one line of YAML. */
export function recordFor({ path, reason }: UnreadField): string {
  const list = Math.max(path.lastIndexOf('[]'), path.lastIndexOf('{}'));
  const [each, rest] =
    list < 0 ? ['', path] : [`each: '${path.slice(0, list + 2)}', `, `@${path.slice(list + 2)}`];
  const value = rest === '@' ? '@v' : rest;
  switch (reason) {
    case 'pod':
    case 'container':
      return `podTemplates: [{ each: '${path}' }]`;
    case 'volumes':
      return `podTemplates: [{ each: '${path.slice(0, path.lastIndexOf('.'))}' }]`;
    case 'reference':
      return `env: [{ ${each}secret: '${value}' }]`;
    case 'header':
      return `headers: [{ ${each}name: '${path.endsWith('{}') ? '@k' : '@.name'}', value: '${value}' }]`;
    case 'certificate':
      if (path.endsWith('.name') && list < 0) return `tls: { ca: [{ secret: '${path}', key: "'ca.crt'" }] }`;
      return `plain: [{ ${each}value: '${value}' }]`;
    case 'credential':
    case 'url':
    case 'text':
    case 'map':
    case 'open':
      return `plain: [{ ${each}value: '${value}' }]`;
  }
}

/** What a description reads in one version, by step. */
class Reads {
  readonly #root = placeOf();

  add(steps: readonly string[], how: How): void {
    let place = this.#root;
    for (const step of steps) {
      const next = place.below.get(step) ?? placeOf();
      place.below.set(step, next);
      place = next;
    }
    place.how.add(how);
  }

  covers({ steps, reason }: CredentialField): boolean {
    // In a pod, what is read as text alone does not follow a reference.
    const ofPod = reason === 'pod' || reason === 'container' || reason === 'volumes';
    let place: Place | undefined = this.#root;
    for (const step of steps) {
      if (!ofPod && place.how.has('everything')) return true;
      if (readsPodField(place, step)) return true;
      place = place.below.get(step);
      if (!place) return false;
    }
    if (ofPod) return isPod(place);
    // An open object may be read as a map of texts or as a pod template.
    const entries = place.below.get('{}');
    return (
      place.how.has('value') ||
      place.how.has('everything') ||
      (reason === 'open' &&
        (entries?.how.has('value') === true || isPod(place) || isPod(place.below.get('spec'))))
    );
  }
}

const isPod = (place: Place | undefined): boolean =>
  [...(place?.how ?? [])].some((how) => typeof how === 'object');

const readsPodField = ({ how }: Place, step: string): boolean =>
  [...how].some((one) => typeof one === 'object' && one.some((field) => field === step));

function readsOf(written: KindDescription | undefined, served: string): Reads {
  const reads = new Reads();
  if (!written) return reads;
  // A version that is not described is read as the newest.
  const version = written.versions.includes(served) ? served : (written.versions[0] ?? '');
  for (const shape of written.servers) {
    if (!appliesTo(shape, version)) continue;
    const items = shape.each ? itemsOf(shape.each, [rootItem]) : [rootItem];
    const { urlIn, podTemplates, ...rest } = shape;
    for (const template of podTemplates.filter((one) => appliesTo(one, version)))
      for (const { at } of itemsOf(template.each, items)) reads.add(at, template.fields);
    addAll(reads, { ...rest, url: urlIn[version] ?? rest.url }, items, version);
  }
  return reads;
}

/** These say whether something is read, and are no values of their own. */
const conditions: ReadonlySet<string> = new Set([
  'each',
  'when',
  'unless',
  'secureWhen',
  'guardedBy',
  'versions',
]);

const isPath = (record: object): record is PathExpression => 'alternatives' in record;

/** Every path of a record that is not a condition is read, so the records need not be told apart. */
function addAll(reads: Reads, record: unknown, items: readonly Item[], version: string, name = ''): void {
  if (typeof record !== 'object' || record === null) return;
  if (isPath(record)) {
    // A plain value is read with everything in it, and so is a setting that has no effect.
    const how = name === 'plain.value' || name === 'ineffective.at' ? 'everything' : 'value';
    for (const { at } of itemsOf(record, items)) reads.add(at, how);
    return;
  }
  if (!appliesTo(record, version)) return;
  const { each } = record as { readonly each?: PathExpression };
  const inside = each && name !== '' ? itemsOf(each, items) : items;
  for (const [key, part] of Object.entries(record) as [string, unknown][]) {
    if (conditions.has(key) || key.endsWith('When')) continue;
    if (Array.isArray(part)) for (const one of part) addAll(reads, one, inside, version, key);
    else addAll(reads, part, inside, version, `${name}.${key}`);
  }
}

const appliesTo = (record: object, version: string): boolean => {
  const { versions } = record as { readonly versions?: readonly string[] };
  return versions?.includes(version) ?? true;
};

/** The reviewed fields of a description. A review covers a field and everything below it. */
function reviewsOf(description: KindDescription | undefined) {
  const reviews = (description?.reviewed ?? [])
    .flatMap(({ at }) => itemsOf(at, [rootItem]))
    .map((item) => pathOf(item.at));
  const known = new Set(reviews);
  return {
    paths: reviews,
    covering(steps: readonly string[]): string | undefined {
      for (let length = steps.length; length > 0; length--) {
        const path = pathOf(steps.slice(0, length));
        if (known.has(path)) return path;
      }
      return undefined;
    },
  };
}
