import type { Path } from '../../path.ts';
import type { Work } from '../../work.ts';
import type { Condition, PathExpression, Step, Term, Walk } from './parse.ts';

/** Paths and conditions of a kind description, evaluated against objects. */

/** A node of somebody's object and the way to it. `value` is `undefined` where nothing is written. */
export interface Node {
  readonly value: unknown;
  readonly at: Path;
  /** The entry's own key, where the node is a map's entry. */
  readonly key?: string;
  /** What `^` is where this node is the current item. */
  readonly parent?: Node;
}

/** Where a path stopped because the object has another type there than the kind's schema says. */
export interface Mismatch {
  readonly at: Path;
  readonly expected: string;
  /** The field that was probably meant, and is missing. */
  readonly misspelt?: MisspeltField | undefined;
  /** A field that nothing reads, with the names of those that are read. */
  readonly unknownField?: { readonly name: string; readonly known: readonly string[] };
}

/** A field under nearly the name of one that is missing. */
export interface MisspeltField {
  readonly at: Path;
  readonly meant: string;
}

export interface Scope {
  readonly root: Node;
  readonly item: Node;
  readonly mismatches: Mismatch[];
  /** Each step of a path costs one for every value it reaches. */
  readonly work: Work;
  /** Where the kind's operator is, and Secrets that its description says are there. */
  readonly operatorNamespace?: string | undefined;
}

export type Select = (scope: Scope) => Node[];
export type SelectOne = (scope: Scope) => Node | undefined;

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

/** The items of a list or the entries of a map. */
function inside({ value, at }: Node, kind: 'each' | 'entries', { mismatches, work }: Scope): Node[] {
  if (isMissing(value)) return [];
  if (kind === 'each') {
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

const within = (parent: Node, { value, at, key }: Node): Node =>
  key === undefined ? { value, at, parent } : { value, at, key, parent };

/**
 * Adds to `reached` every node that the steps from number `next` on lead to. `around` is the last item or entry on the way,
 * the node itself included, and `parent` the one without it. Lists between the steps would take most of the time of a review.
 */
function follow(
  { node, parent, around }: { readonly node: Node; readonly parent: Node; readonly around: Node },
  steps: readonly Step[],
  next: number,
  scope: Scope,
  reached: Node[],
): void {
  const step = steps[next];
  if (step === undefined) reached.push(within(parent, node));
  else if (step.kind !== 'field') {
    for (const item of inside(node, step.kind, scope))
      follow({ node: item, parent: around, around: item }, steps, next + 1, scope, reached);
  } else {
    const found = isMissing(node.value) ? { value: undefined, at: node.at } : field(node, step.name, scope);
    follow({ node: found, parent: around, around }, steps, next + 1, scope, reached);
  }
}

interface CompiledTerm {
  readonly every: Select;
  /** The first node alone, without a list around each step: most paths reach one place, and a review walks dozens. */
  readonly first: SelectOne;
}

function compileTerm(term: Term): CompiledTerm {
  if (term.kind === 'literal') return single(({ item }) => ({ value: term.text, at: item.at }));
  if (term.kind === 'key') return single(({ item }) => ({ value: item.key, at: item.at }));
  if (term.kind === 'operator')
    return single(({ item, operatorNamespace }) => ({ value: operatorNamespace, at: item.at }));
  const { from, steps } = term;
  const start = starts[from];
  const names = steps.flatMap((step) => (step.kind === 'field' ? [step.name] : []));
  if (names.length === steps.length) {
    const first = (scope: Scope) => walk(start(scope), names, scope);
    return { first, every: (scope) => [within(start(scope), first(scope))] };
  }
  const every: Select = (scope) => {
    const from = start(scope);
    const reached: Node[] = [];
    follow({ node: from, parent: from, around: from }, steps, 0, scope, reached);
    return reached;
  };
  return { every, first: (scope) => every(scope)[0] };
}

/** Where a walk begins. */
export const startOf = ({ from }: Walk, scope: Scope): Node => starts[from](scope);

const starts = {
  root: ({ root }: Scope) => root,
  item: ({ item }: Scope) => item,
  parent: ({ item }: Scope) => item.parent ?? { value: undefined, at: item.at },
} as const;

const single = (first: (scope: Scope) => Node): CompiledTerm => ({ every: (scope) => [first(scope)], first });

function walk(from: Node, names: readonly string[], scope: Scope): Node {
  let node = from;
  for (const name of names) {
    if (isMissing(node.value)) return { value: undefined, at: node.at };
    node = field(node, name, scope);
  }
  return node;
}

const isWritten = ({ value }: Node): boolean => !isMissing(value) && value !== '';

/** Whether an earlier alternative goes further into the place of this one, as in `$.a.name | $.a`. */
const isOuter = (term: Term, earlier: readonly Term[]): boolean =>
  term.kind === 'walk' &&
  term.steps.length > 0 &&
  earlier.some(
    (other) =>
      other.kind === 'walk' &&
      other.from === term.from &&
      other.steps.length > term.steps.length &&
      term.steps.every((step, i) => nameOf(step) === nameOf(other.steps[i])),
  );

const nameOf = (step: Step | undefined): string | undefined =>
  step?.kind === 'field' ? `.${step.name}` : step?.kind;

interface Alternative extends CompiledTerm {
  /** Counts only as a text: some releases have it in place of the object that an earlier alternative goes into. */
  readonly outer: boolean;
}

const compileAlternatives = ({ alternatives }: PathExpression): Alternative[] =>
  alternatives.map((term, i) => ({ ...compileTerm(term), outer: isOuter(term, alternatives.slice(0, i)) }));

const isText = ({ value }: Node): boolean => typeof value === 'string';

/** Compiles a path once. The result gives every node it reaches; a plain value gives one, perhaps `undefined`. */
export const compilePath = (expression: PathExpression): Select => selecting(compileAlternatives(expression));

/** Compiles the path of a list or map once. The result gives each of its items, which need not be texts. */
export const compileItems = ({ alternatives }: PathExpression): Select =>
  selecting(alternatives.map((term) => ({ ...compileTerm(term), outer: false })));

function selecting(terms: readonly Alternative[]): Select {
  return (scope) => {
    const { length } = scope.mismatches;
    let last: Node[] = [];
    for (const { every, outer } of terms) {
      const found = every(scope);
      last = outer ? found.filter(isText) : found;
      if (!last.some(isWritten)) continue;
      if (outer) scope.mismatches.length = length;
      break;
    }
    return last;
  };
}

/** The same for a path that is meant to reach one place. */
export function compileOne(expression: PathExpression): SelectOne {
  const terms = compileAlternatives(expression);
  return (scope) => {
    const { length } = scope.mismatches;
    let last: Node | undefined;
    for (const { first, outer } of terms) {
      const found = first(scope);
      last = found && outer && !isText(found) ? { ...found, value: undefined } : found;
      if (!last || !isWritten(last)) continue;
      if (outer) scope.mismatches.length = length;
      break;
    }
    return last;
  };
}

export function compileCondition({ path, equals }: Condition): (scope: Scope) => boolean {
  const select = compilePath(path);
  if (equals === undefined)
    return (scope) => select(scope).some(({ value }) => !isMissing(value) && value !== false);
  return (scope) =>
    select(scope).some(({ value, at }) => {
      if (!isMissing(value) && typeof value !== 'string') scope.mismatches.push({ at, expected: 'a string' });
      return value === equals;
    });
}
