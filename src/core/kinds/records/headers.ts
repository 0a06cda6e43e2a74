import { conflicts, type Conflict, type Header, type HeaderSource, type ObjectRef } from '../../model.ts';
import { asVariable } from '../../names.ts';
import { Redacted } from '../../redacted.ts';
import type { ServerShape } from '../description.ts';
import type { Mismatch, Scope } from '../path/evaluate.ts';
import type { PathExpression } from '../path/parse.ts';
import { applicable, optionalPath, over, path } from './reads.ts';
import { keyReader } from './references.ts';

type HeaderRecord = ServerShape['headers'][number];

export function headerReader(record: HeaderRecord): (scope: Scope, owner: ObjectRef) => Header[] {
  const items = over(record.each);
  const applies = applicable(record);
  const name = path(record.name);
  const read =
    record.value !== undefined
      ? literalReader(record.value, record.instead)
      : record.basic
        ? basicReader(record.basic)
        : referenceReader(record);
  const conflict = conflictReader(record.conflict);
  const readOne = (item: Scope, owner: ObjectRef): Header | undefined => {
    const named = name(item);
    if (!named) return incomplete(item, 'it has no header name');
    const from = read(item, owner);
    const variable =
      record.variable === undefined ? {} : { variable: variableOf(record.variable, named.value, owner) };
    return from && { name: named.value, at: named.at, source: from, ...variable, ...conflict(item) };
  };
  return (scope, owner) =>
    items(scope).flatMap((item) =>
      applies(item) ? (reportOnce(item, (once) => readOne(once, owner)) ?? []) : [],
    );
}

const variableOf = (template: string, header: string, owner: ObjectRef): string =>
  template.replace('{HEADER}', () => asVariable(header)).replace('{NAME}', () => asVariable(owner.name));

type ReadSource = (item: Scope, owner: ObjectRef) => HeaderSource | undefined;

function literalReader(value: PathExpression, instead: string | undefined): ReadSource {
  const literal = path(value);
  const hint = instead === undefined ? {} : { instead };
  return (item) => {
    const found = literal(item);
    return found && { kind: 'literal', value: new Redacted(found.value), at: found.at, ...hint };
  };
}

function referenceReader(record: HeaderRecord): ReadSource {
  const read = keyReader(record);
  const template = templateReader(record);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  return (item, owner) => {
    const ref = read(item, owner);
    if (!ref) return incomplete(item, `it names no ${kind}`);
    if (ref.key === '') return incomplete(item, `it names no key of the ${kind}`);
    return { kind: 'key', ref, ...template(item) };
  };
}

function basicReader({ username, password }: NonNullable<HeaderRecord['basic']>): ReadSource {
  const parts = [
    { read: keyReader(username), what: 'username' },
    { read: keyReader(password), what: 'password' },
  ];
  return (item, owner) => {
    const [user, pass] = parts.map(({ read, what }) => {
      const ref = read(item, owner);
      return ref && ref.key !== '' ? ref : incomplete(item, `its ${what} names no key of a Secret`);
    });
    return user && pass && { kind: 'basic', username: user, password: pass };
  };
}

const isConflict = (word: string): word is Conflict => conflicts.some((one) => one === word);

function conflictReader(
  where: PathExpression | undefined,
): (item: Scope) => { readonly conflict?: Conflict } {
  const written = optionalPath(where);
  return (item) => {
    const found = written(item);
    if (!found) return {};
    if (isConflict(found.value)) return { conflict: found.value };
    item.mismatches.push({ at: found.at, expected: `one of ${conflicts.join(', ')}` });
    return {};
  };
}

/** Around the content goes what the kind always adds, or what the object says. */
function templateReader({
  template = '{value}',
  templateAt,
}: HeaderRecord): (item: Scope) => Pick<Extract<HeaderSource, { kind: 'key' }>, 'template' | 'templateAt'> {
  const written = optionalPath(templateAt);
  return (item) => {
    const found = written(item);
    if (!found) return { template };
    if (found.value.includes('{value}') && /^[\t\x20-\x7e]*$/.test(found.value))
      return { template: found.value, templateAt: found.at };
    item.mismatches.push({ at: found.at, expected: 'one line of ASCII with {value} in it' });
    return { template };
  };
}

/** An entry that lacks a part would never be sent, and nobody would hear of it. */
function incomplete({ item, mismatches }: Scope, what: string): undefined {
  mismatches.push({ at: item.at, expected: `complete: ${what}` });
}

/** A part of the wrong type is also a missing part; its author needs to hear of the first alone. */
function reportOnce<T>(scope: Scope, read: (scope: Scope) => T): T {
  const mismatches: Mismatch[] = [];
  const result = read({ ...scope, mismatches });
  const [first] = mismatches;
  if (first) scope.mismatches.push(first);
  return result;
}
