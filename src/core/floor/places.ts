import type { Condition, PathExpression, Step, Term } from '../kinds/path/parse.ts';
import { concat, field, literal } from './cel.ts';

/** Paths and conditions of a kind description, translated to CEL. */

/** A node: an expression for its value, and one for the text of its place. */
export interface Place {
  readonly value: string;
  /** Whether the value is an optional of CEL's: somewhere on the way a field may be missing. */
  readonly maybe: boolean;
  /** Parts of the path as findings write it. */
  readonly at: readonly string[];
  /** The key, where the node is a map's entry. */
  readonly key?: string;
  /** The value as a text, where it is one for certain. */
  readonly text?: string;
  /** Variables that are taken already. */
  readonly depth: number;
}

export interface Where {
  readonly root: Place;
  readonly item: Place;
}

export const rootOf = (object: string): Place => ({ value: object, maybe: false, at: [], depth: 0 });

/** What is around an item is as far as a list within a list. */
const listsIn = (term: Term): number => {
  if (term.kind !== 'walk') return 0;
  return term.from === 'parent' ? Infinity : term.steps.filter(({ kind }) => kind !== 'field').length;
};

const mostLists = (path: PathExpression | undefined): number =>
  path === undefined ? 0 : Math.max(...path.alternatives.map(listsIn));

/** What a policy can follow: one list or map on the way to the items, and none on the way from an item to its parts. */
export const canFollow = (
  each: PathExpression | undefined,
  parts: readonly (PathExpression | Condition | undefined)[] = [],
): boolean =>
  mostLists(each) <= 1 && parts.every((part) => mostLists(part && 'path' in part ? part.path : part) === 0);

const orElse = ({ value, maybe }: Place, missing: string): string =>
  maybe ? `${value}.orValue(${missing})` : value;

function down(from: Place, steps: readonly Step[]): Place {
  const names = steps.flatMap((step) => (step.kind === 'field' ? [step.name] : []));
  if (names.length === 0) return from;
  const value = names.reduce(field, from.value);
  const at = names.map((name, i) => literal(i === 0 && from.at.length === 0 ? name : `.${name}`));
  return { value, maybe: true, at: [...from.at, ...at], depth: from.depth };
}

/** A term up to its one list or map, if it has one, and where each of its items then is. */
export interface Walk {
  /** The list, or the map's keys; left out when the term leads to one place. */
  readonly over?: { readonly items: string; readonly variable: string };
  readonly item: Place;
}

const textAt = (item: Place, text: string): Place => ({ ...item, value: `dyn(${text})`, maybe: false, text });

/** Goes along a term that `canFollow` has looked at. */
function walk(term: Term, { root, item }: Where): Walk {
  if (term.kind === 'literal') return { item: textAt(item, literal(term.text)) };
  if (term.kind === 'key')
    return {
      item:
        item.key === undefined
          ? { ...textAt(item, "''"), value: 'optional.of(dyn(null))', maybe: true }
          : textAt(item, `string(${item.key})`),
    };
  // Only of namespaces, which no policy reads.
  if (term.kind === 'operator') return { item: textAt(item, "''") };
  const from = term.from === 'root' ? root : item;
  const cut = term.steps.findIndex(({ kind }) => kind !== 'field');
  if (cut < 0) return { item: down(from, term.steps) };
  const holder = down(from, term.steps.slice(0, cut));
  const isMap = term.steps[cut]?.kind === 'entries';
  // The type of an empty literal is open: the first use of an item would decide it for all.
  const items = orElse(holder, isMap ? 'dyn({})' : 'dyn([])');
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
  const reached = down(one, term.steps.slice(cut + 1));
  const present = isPresent(reached).map((condition) => `.filter(${variable}, ${condition})`);
  // Macros take a map for the list of its keys.
  const checked = `(type(${items}) == ${isMap ? 'map' : 'list'} ? ${items} : dyn([]))`;
  return { over: { items: checked + present.join(''), variable }, item: reached };
}

/** Every alternative of an `each`, with the conditions under which it is the one that counts. */
export function walks(
  each: PathExpression | undefined,
  where: Where,
): { readonly walk: Walk; readonly counts: readonly string[] }[] {
  if (each === undefined) return [{ walk: { item: where.item }, counts: [] }];
  const terms = each.alternatives.map((term) => walk(term, where));
  return terms.map((one, i) => ({
    walk: one,
    counts: [
      ...terms.slice(0, i).map(isUnreached),
      ...(i < terms.length - 1 ? [isReached(one)] : one.over ? [] : isPresent(one.item)),
    ],
  }));
}

/** Whether a walk reaches something that is written: of a list, one item is enough. */
const isReached = ({ over, item }: Walk): string =>
  over ? `${over.items}.exists(${over.variable}, ${isWritten(item)})` : isWritten(item);

const isUnreached = ({ over, item }: Walk): string =>
  over ? `${over.items}.all(${over.variable}, ${isEmpty(item)})` : isEmpty(item);

const orNull = (place: Place): string => `dyn(${orElse(place, 'null')})`;

/** Without the one place that it is read at, a record or a server is not there. */
const isPresent = (place: Place): string[] => (place.maybe ? [`${orNull(place)} != dyn(null)`] : []);

/** An alternative does not count where it is missing or an empty text. */
const isEmpty = (place: Place): string => `(dyn(${orElse(place, "''")}) in [dyn(''), dyn(null)])`;
const isWritten = (place: Place): string => `!${isEmpty(place)}`;

/** Anything but nothing: a switch that is off counts as nothing too. */
const isThere = (place: Place): string => {
  const found = orElse(place, 'false');
  return `(dyn(${found}) != dyn(false) && dyn(${found}) != dyn(null))`;
};

/** What is written for the alternative that counts, where `one` is written for each of them. */
function firstOf(path: PathExpression, where: Where, one: (place: Place) => string): string {
  const places = path.alternatives.map((term) => walk(term, where).item);
  return places
    .slice(0, -1)
    .reduceRight(
      (later, place) => `(${isWritten(place)} ? ${one(place)} : ${later})`,
      places.slice(-1).map(one).join(''),
    );
}

/** Empty where something else than a text is written: the webhook reports its type, and judges no value. */
const textOf = (place: Place): string => {
  if (place.text !== undefined) return place.text;
  const found = orElse(place, "''");
  return `(type(${found}) == string ? string(${found}) : '')`;
};

const placeOf = ({ at }: Place): string => concat(at);

/** A text: the first alternative that is written, empty when none is, with its place. */
export const text = (path: PathExpression, where: Where): { readonly text: string; readonly at: string } => ({
  text: firstOf(path, where, textOf),
  at: firstOf(path, where, placeOf),
});

/** What is written at a path, of any type, `missing` when nothing is. */
export const anything = (
  path: PathExpression,
  where: Where,
  missing: string,
): { readonly value: string; readonly at: string } => ({
  value: firstOf(path, where, (place) => `dyn(${orElse(place, missing)})`),
  at: firstOf(path, where, placeOf),
});

export function condition(of: Condition | undefined, where: Where): string {
  if (of === undefined) return 'true';
  const { path, equals } = of;
  if (equals === undefined) return firstOf(path, where, isThere);
  return firstOf(path, where, (place) => `${orNull(place)} == dyn(${literal(equals)})`);
}
