import type { Header, HeaderSource, ObjectRef } from '../../model.ts';
import { Sealed } from '../../sealed.ts';
import type { ServerShape } from '../description.ts';
import type { Mismatch, Scope } from '../path-language.ts';
import { condition, over, path } from './reads.ts';
import { keyReader } from './references.ts';

type HeaderRecord = ServerShape['headers'][number];

export function headerReader(record: HeaderRecord): (scope: Scope, owner: ObjectRef) => Header[] {
  const items = over(record.each);
  const applies = condition(record.when);
  const name = path(record.name);
  const read =
    record.value === undefined ? referenceReader(record) : literalReader(record.value, record.instead);
  const readOne = (item: Scope, owner: ObjectRef): Header | undefined => {
    const named = name(item);
    if (!named) return incomplete(item, 'it has no header name');
    const from = read(item, owner);
    const variable =
      record.variable === undefined ? {} : { variable: variableOf(record.variable, named.value, owner) };
    return from && { name: named.value, at: named.at, source: from, ...variable };
  };
  return (scope, owner) =>
    items(scope).flatMap((item) =>
      applies(item) ? (reportOnce(item, (once) => readOne(once, owner)) ?? []) : [],
    );
}

const variableOf = (template: string, header: string, owner: ObjectRef): string => {
  const word = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  return template.replace('{HEADER}', () => word(header)).replace('{NAME}', () => word(owner.name));
};

type ReadSource = (item: Scope, owner: ObjectRef) => HeaderSource | undefined;

function literalReader(value: string, instead: string | undefined): ReadSource {
  const literal = path(value);
  const hint = instead === undefined ? {} : { instead };
  return (item) => {
    const found = literal(item);
    return found && { kind: 'literal', value: new Sealed(found.value), at: found.at, ...hint };
  };
}

function referenceReader(record: HeaderRecord): ReadSource {
  const read = keyReader(record);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  return (item, owner) => {
    const ref = read(item, owner);
    if (!ref) return incomplete(item, `it names no ${kind}`);
    if (ref.key === '') return incomplete(item, `it names no key of the ${kind}`);
    return { kind: 'key', ref, template: record.template ?? '{value}' };
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
