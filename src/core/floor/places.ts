import { termsOf } from '../kinds/path-language.ts';
import { concat, field, literal } from './cel.ts';

/** The path language of kind descriptions in CEL: where a walk stands, and how it goes on. */

/** A node: an expression for its value, and one for the text of its place. */
export interface Place {
  readonly value: string;
  /** Whether the value is an optional of CEL's: somewhere on the way a field may be missing. */
  readonly maybe: boolean;
  /** Parts of the path as findings write it. */
  readonly at: readonly string[];
  /** The key, where the node is a map's entry. */
  readonly key?: string;
  /** Variables that are taken already. */
  readonly depth: number;
}

export interface Where {
  readonly root: Place;
  readonly item: Place;
}

export const rootOf = (object: string): Place => ({ value: object, maybe: false, at: [], depth: 0 });

type Step = { readonly name: string } | 'each' | 'entries';

const stepsOf = (text: string): Step[] =>
  (text.match(/\[\]|\{\}|[A-Za-z_][\w-]*/g) ?? []).map((one) =>
    one === '[]' ? 'each' : one === '{}' ? 'entries' : { name: one },
  );

const listsIn = (source: string): number => source.match(/\[\]|\{\}/g)?.length ?? 0;

/** What a walk can follow: one list or map on the way to the items, and none on the way from an item to its parts. */
export const canFollow = (each: string | undefined, parts: readonly (string | undefined)[]): boolean =>
  listsIn(each ?? '') <= 1 && parts.every((part) => listsIn(part ?? '') === 0);

function down(from: Place, names: readonly string[]): Place {
  if (names.length === 0) return from;
  const value = names.reduce(field, from.value);
  const at = names.map((name, i) => literal(i === 0 && from.at.length === 0 ? name : `.${name}`));
  return { ...from, value, maybe: from.maybe || names.length > 0, at: [...from.at, ...at] };
}

/** The walk up to its one list or map, if it has one, and where each of its items then is. */
export interface Walk {
  /** The list, or the map's keys; left out when the path leads to one place. */
  readonly over?: { readonly items: string; readonly variable: string };
  readonly item: Place;
}

/** Goes along a path that `canFollow` has looked at. */
function walk(term: string, { root, item }: Where): Walk {
  const steps = stepsOf(term.slice(1));
  const from = term.startsWith('$') ? root : item;
  const cut = steps.findIndex((step) => typeof step === 'string');
  const names = (part: readonly Step[]) =>
    part.flatMap((step) => (typeof step === 'string' ? [] : [step.name]));
  if (cut < 0) return { item: down(from, names(steps)) };
  const holder = down(from, names(steps.slice(0, cut)));
  const isMap = steps[cut] === 'entries';
  const items = `${holder.value}.orValue(${isMap ? '{}' : '[]'})`;
  const depth = from.depth + 1;
  const variable = `${isMap ? 'key' : 'item'}${depth}`;
  const place = isMap ? `string(${variable})` : `string(${items}.indexOf(${variable}))`;
  const one: Place = {
    value: isMap ? `${items}[${variable}]` : variable,
    maybe: false,
    at: [...holder.at, "'['", place, "']'"],
    depth,
    ...(isMap ? { key: variable } : {}),
  };
  return { over: { items, variable }, item: down(one, names(steps.slice(cut + 1))) };
}

/** Every alternative of an `each`, with the condition under which it is the one that counts: the first that is there. */
export function walks(
  source: string | undefined,
  where: Where,
): { readonly walk: Walk; readonly when: string }[] {
  if (source === undefined) return [{ walk: { item: where.item }, when: 'true' }];
  const terms = termsOf(source).map((term) => walk(term, where));
  return terms.map((one, i) => ({
    walk: one,
    when:
      terms
        .slice(0, i)
        .map(({ item }) => `!${isThere(item)}`)
        .join(' && ') || 'true',
  }));
}

/** Anything but nothing: a switch that is off counts as nothing too. */
const isThere = ({ value, maybe }: Place): string => {
  const found = maybe ? `${value}.orValue(false)` : value;
  return `(dyn(${found}) != dyn(false) && dyn(${found}) != dyn(null))`;
};

const textOf = ({ value, maybe }: Place): string =>
  maybe ? `string(${value}.orValue(''))` : `string(${value})`;

function one(term: string, where: Where): { readonly text: string; readonly at: string } {
  if (term.startsWith("'")) return { text: term, at: concat(where.item.at) };
  if (term === '@k')
    return {
      text: where.item.key === undefined ? "''" : `string(${where.item.key})`,
      at: concat(where.item.at),
    };
  const place = term === '@v' ? where.item : walk(term, where).item;
  return { text: textOf(place), at: concat(place.at) };
}

/** A text: the first alternative that is written, empty when none is, with its place. */
export function text(source: string, where: Where): { readonly text: string; readonly at: string } {
  const found = termsOf(source).map((term) => one(term, where));
  return found.reduceRight((later, earlier) => ({
    text: `(${earlier.text} != '' ? ${earlier.text} : ${later.text})`,
    at: `(${earlier.text} != '' ? ${earlier.at} : ${later.at})`,
  }));
}

/** What stands at a place, of any type, `missing` when nothing does. */
export function anything(
  source: string,
  where: Where,
  missing: string,
): { readonly value: string; readonly at: string } {
  const [term = ''] = termsOf(source);
  const { value, maybe, at } = walk(term, where).item;
  return { value: maybe ? `${value}.orValue(${missing})` : value, at: concat(at) };
}

export function condition(source: string | undefined, where: Where): string {
  if (source === undefined) return 'true';
  const [path = '', wanted] = source.split('==').map((part) => part.trim());
  if (wanted !== undefined) return `${text(path, where).text} == ${wanted}`;
  return `(${termsOf(path)
    .map((term) => isThere(walk(term, where).item))
    .join(' || ')})`;
}
