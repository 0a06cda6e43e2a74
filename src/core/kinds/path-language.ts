import { Path } from '../path.ts';
import type { Work } from '../work.ts';

/**
 * The path language of kind descriptions, deliberately small: no arithmetic, no functions, no regular expressions.
 *
 *   $.spec.url            from the object's root
 *   @.valueFrom.name      from the current item
 *   @.tools[]             each item of a list
 *   @.headers{}           each entry of a map; its parts are @k and @v
 *   $.spec.a | $.spec.b   the first that is there
 *   @.key | 'token'       a default
 */

/** A node of somebody's object and the way to it. `value` is `undefined` where nothing is written. */
export interface Node {
  readonly value: unknown;
  readonly at: Path;
  /** The entry's own key, where the node is a map's entry. */
  readonly key?: string;
}

/** Where a path stopped because the object has another type there than the kind's schema says. */
export interface Mismatch {
  readonly at: Path;
  readonly expected: string;
}

export interface Scope {
  readonly root: Node;
  readonly item: Node;
  readonly mismatches: Mismatch[];
  /** Each step of a path costs one for every value it reaches. */
  readonly work: Work;
}

export type Select = (scope: Scope) => Node[];

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'each' }
  | { readonly kind: 'entries' };

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMissing = (value: unknown): boolean => value === undefined || value === null;

/** A missing field keeps its parent's place: that is the nearest line its author can look at. */
function field({ value, at }: Node, name: string, { mismatches, work }: Scope): Node {
  work.spend(1);
  if (!isMap(value)) {
    mismatches.push({ at, expected: 'an object' });
    return { value: undefined, at };
  }
  const found = Object.hasOwn(value, name) ? value[name] : undefined;
  return isMissing(found) ? { value: undefined, at } : { value: found, at: at.field(name) };
}

function take(step: Step, node: Node, scope: Scope): Node[] {
  const { value, at } = node;
  const { mismatches, work } = scope;
  if (isMissing(value)) return step.kind === 'field' ? [{ value: undefined, at }] : [];
  if (step.kind === 'field') return [field(node, step.name, scope)];
  if (step.kind === 'each') {
    if (Array.isArray(value)) {
      work.spend(value.length);
      return value.map((item: unknown, i) => ({ value: item, at: at.item(i) }));
    }
    mismatches.push({ at, expected: 'a list' });
    return [];
  }
  if (isMap(value)) {
    const entries = Object.entries(value);
    work.spend(entries.length);
    return entries.map(([key, entry]) => ({ value: entry, at: at.entry(key), key }));
  }
  mismatches.push({ at, expected: 'a map' });
  return [];
}

function parseSteps(text: string, source: string): Step[] {
  const steps: Step[] = [];
  const grammar = /^(?:\.([A-Za-z_][\w-]*)|(\[\])|(\{\}))/;
  for (let rest = text; rest !== '';) {
    const match = grammar.exec(rest);
    if (!match) throw new Error(`path "${source}": cannot read "${rest}"`);
    if (match[1] !== undefined) steps.push({ kind: 'field', name: match[1] });
    else steps.push({ kind: match[2] === undefined ? 'entries' : 'each' });
    rest = rest.slice(match[0].length);
  }
  return steps;
}

interface Term {
  readonly every: Select;
  /** The first node alone, without a list around each step: most paths reach one place, and a review walks dozens. */
  readonly first: SelectOne;
}

export type SelectOne = (scope: Scope) => Node | undefined;

function compileTerm(term: string, source: string): Term {
  const literal = /^'([^']*)'$/.exec(term);
  if (literal) return single(({ item }) => ({ value: literal[1], at: item.at }));
  if (term === '@k') return single(({ item }) => ({ value: item.key, at: item.at }));
  if (term === '@v') return single(({ item }) => item);
  const start = term[0];
  if (start !== '$' && start !== '@') throw new Error(`path "${source}": starts with $, @ or a quote`);
  const steps = parseSteps(term.slice(1), source);
  const names = steps.flatMap((step) => (step.kind === 'field' ? [step.name] : []));
  if (names.length === steps.length)
    return single((scope) => walk(start === '$' ? scope.root : scope.item, names, scope));
  const every: Select = (scope) => {
    let nodes = [start === '$' ? scope.root : scope.item];
    for (const step of steps) nodes = nodes.flatMap((node) => take(step, node, scope));
    return nodes;
  };
  return { every, first: (scope) => every(scope)[0] };
}

const single = (first: (scope: Scope) => Node): Term => ({ every: (scope) => [first(scope)], first });

function walk(from: Node, names: readonly string[], scope: Scope): Node {
  let node = from;
  for (const name of names) {
    if (isMissing(node.value)) return { value: undefined, at: node.at };
    node = field(node, name, scope);
  }
  return node;
}

const isWritten = ({ value }: Node): boolean => !isMissing(value) && value !== '';

/** What is between the `|` of a path that no quotes are around. */
export function termsOf(source: string): string[] {
  const terms = [''];
  for (const [i, part] of source.split("'").entries()) {
    const quoted = i % 2 === 1;
    const [first = '', ...more] = quoted ? [part] : part.split('|');
    terms.push(`${terms.pop()}${i === 0 ? '' : "'"}${first}`, ...more);
  }
  return terms.map((term) => term.trim());
}

const compileTerms = (source: string): Term[] => termsOf(source).map((term) => compileTerm(term, source));

/** Compiles a path once. The result gives every node it reaches; a plain value gives one, perhaps `undefined`. */
export function compilePath(source: string): Select {
  const terms = compileTerms(source);
  return (scope) => {
    let last: Node[] = [];
    for (const { every } of terms) {
      last = every(scope);
      if (last.some(isWritten)) break;
    }
    return last;
  };
}

/** The same for a path that is meant to reach one place. */
export function compileOne(source: string): SelectOne {
  const terms = compileTerms(source);
  return (scope) => {
    let last: Node | undefined;
    for (const { first } of terms) {
      last = first(scope);
      if (last && isWritten(last)) break;
    }
    return last;
  };
}

/** `PATH == 'literal'` or, without a comparison, "something is written there". */
export function compileCondition(source: string): (scope: Scope) => boolean {
  const [path = '', literal] = source.split('==').map((part) => part.trim());
  const select = compilePath(path);
  if (literal === undefined)
    return (scope) => select(scope).some(({ value }) => !isMissing(value) && value !== false);
  const expected = /^'([^']*)'$/.exec(literal)?.[1];
  if (expected === undefined) throw new Error(`condition "${source}": compares with a quoted literal`);
  return (scope) =>
    select(scope).some(({ value, at }) => {
      if (!isMissing(value) && typeof value !== 'string') scope.mismatches.push({ at, expected: 'a string' });
      return value === expected;
    });
}
