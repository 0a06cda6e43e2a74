import type { Located, ObjectRef } from '../../model.ts';
import type { Work } from '../../work.ts';
import {
  compileCondition,
  compileOne,
  compileItems,
  type Mismatch,
  type Node,
  type Scope,
  type SelectOne,
} from '../path/evaluate.ts';
import type { Condition, PathExpression } from '../path/parse.ts';

/** How one value is read from an object: its path compiled, its type checked, its place kept. */

export type Read<T> = (scope: Scope) => T;

/** A string at a path: `undefined` when nothing is there, a mismatch when it is not a string. */
export function text(select: SelectOne): Read<Located<string> | undefined> {
  return (scope) => {
    const node = select(scope);
    if (!node || node.value === undefined || node.value === null) return undefined;
    if (typeof node.value === 'string') return { value: node.value, at: node.at };
    scope.mismatches.push({ at: node.at, expected: 'a string' });
    return undefined;
  };
}

export const path = (source: PathExpression) => text(compileOne(source));
export const optionalPath = (source: PathExpression | undefined): Read<Located<string> | undefined> =>
  source === undefined ? () => undefined : path(source);
export const condition = (source: Condition | undefined): Read<boolean> =>
  source === undefined ? () => true : compileCondition(source);

/** Whether a record counts: `when` holds, and `unless` does not. */
export function applicable(record: {
  readonly when?: Condition | undefined;
  readonly unless?: Condition | undefined;
}): Read<boolean> {
  const applies = condition(record.when);
  const spared = record.unless === undefined ? () => false : condition(record.unless);
  return (scope) => applies(scope) && !spared(scope);
}

/**
 * A switch that is on, with its place; `undefined` when it is off or not there. Without a comparison it is a boolean field,
 * with one a field that holds a word; another type is a mismatch.
 */
export function flagAt(written: Condition | undefined): Read<Located<true> | undefined> {
  if (written === undefined) return () => undefined;
  const select = compileOne(written.path);
  const { equals } = written;
  const [on, isOff, expected] =
    equals === undefined
      ? [true, (value: unknown) => value === false, 'true or false']
      : [equals, (value: unknown) => typeof value === 'string', 'a string'];
  return (scope) => {
    const { value, at } = select(scope) ?? scope.item;
    if (value === on) return { value: true, at };
    if (!isOff(value) && value !== undefined && value !== null) scope.mismatches.push({ at, expected });
    return undefined;
  };
}

/** `true` is a switch that is always on. */
export function flag(written: Condition | true | undefined): Read<boolean> {
  if (written === true) return () => true;
  const read = flagAt(written);
  return (scope) => read(scope) !== undefined;
}

interface Namespaced {
  readonly namespace?: PathExpression | undefined;
  readonly qualified?: boolean | undefined;
}

/** Where the object is that a name refers to: a namespace beside the name wins over one in the name. */
export function placeReader({
  namespace,
  qualified,
}: Namespaced): (
  written: string,
  scope: Scope,
  owner: ObjectRef,
) => { readonly namespace: string; readonly name: string } {
  const beside = optionalPath(namespace);
  return (written, scope, owner) => {
    const slash = qualified === true ? written.indexOf('/') : -1;
    // An object without a namespace has its Secrets beside its operator.
    const own = owner.namespace || (scope.operatorNamespace ?? '');
    const within = slash < 0 ? own : written.slice(0, slash);
    return { namespace: beside(scope)?.value || within, name: written.slice(slash + 1) };
  };
}

/** Runs a record over each item its `each` reaches and that is there, or over the current item when it has none. */
export function over(each: PathExpression | undefined): Read<Scope[]> {
  if (each === undefined) return (scope) => [scope];
  const select = compileItems(each);
  return (scope) =>
    select(scope)
      .filter(({ value }) => value !== undefined)
      .map((item) => withItem(scope, item));
}

/** Written out, because a copy by spread costs more than what most records read. */
const withItem = ({ root, mismatches, work, operatorNamespace }: Scope, item: Node): Scope => ({
  root,
  item,
  mismatches,
  work,
  operatorNamespace,
});

export const scopeOf = (
  root: Node,
  work: Work,
  mismatches: readonly Mismatch[] = [],
  operatorNamespace?: string,
): Scope => ({ root, item: root, mismatches: [...mismatches], work, operatorNamespace });
