import {
  conflicts,
  type Conflict,
  type Header,
  type HeaderSource,
  type Located,
  type ObjectRef,
} from '../../model.ts';
import { asVariable } from '../../names.ts';
import { Redacted } from '../../redacted.ts';
import type { ServerShape } from '../description.ts';
import type { Path } from '../../path.ts';
import { compileOne, type Mismatch, type MisspeltField, type Node, type Scope } from '../path/evaluate.ts';
import type { PathExpression, Term } from '../path/parse.ts';
import { misspeltField } from './misspelt.ts';
import { applicable, optionalPath, over, path, type Read } from './reads.ts';
import { keyReader } from './references.ts';

type HeaderRecord = ServerShape['headers'][number];

/**
 * Records of one list are read together: an entry without a Secret is incomplete only where none of them reads it.
 */
export function headersReader(
  records: readonly HeaderRecord[],
): (scope: Scope, owner: ObjectRef) => Header[] {
  const byList = new Map<string, HeaderRecord[]>();
  for (const record of records) {
    const list = JSON.stringify(record.each);
    byList.set(list, [...(byList.get(list) ?? []), record]);
  }
  const lists = [...byList.values()].map((list) => ({
    items: over(list[0]?.each),
    readers: list.map(headerReader),
  }));
  return (scope, owner) =>
    lists.flatMap(({ items, readers }) =>
      items(scope).flatMap((item) => {
        const entries = readers.flatMap((read) => read(item, owner) ?? []);
        const headers = entries.flatMap(({ header }) => header ?? []);
        for (const { mismatch } of entries)
          if (mismatch && !(mismatch instanceof NoReference && headers.length > 0))
            scope.mismatches.push(mismatch);
        return headers;
      }),
    );
}

/** What one record makes of one entry. A part of the wrong type is also a missing part; the first mismatch alone counts. */
interface Entry {
  readonly header?: Header | undefined;
  readonly mismatch?: Mismatch | undefined;
}

/** Nothing of a reference is written; another record may read the entry. */
class NoReference implements Mismatch {
  readonly at: Path;
  readonly expected: string;
  readonly misspelt: MisspeltField | undefined;
  constructor({ at }: Node, what: string, misspelt?: MisspeltField) {
    this.at = at;
    this.expected = `complete: ${what}`;
    this.misspelt = misspelt;
  }
}

function headerReader(record: HeaderRecord): (item: Scope, owner: ObjectRef) => Entry | undefined {
  const applies = applicable(record);
  const name = path(record.name);
  const read =
    record.value !== undefined
      ? literalReader(record.value, record.instead)
      : record.basic
        ? basicReader(record.basic)
        : record.serviceAccountToken
          ? tokenReader(record, record.serviceAccountToken)
          : referenceReader(record);
  const conflict = conflictReader(record.conflict);
  const others = [record.value, record.secret, record.configMap, record.key];
  const readOne = (item: Scope, owner: ObjectRef): Header | undefined => {
    const named = name(item);
    if (!named) return incomplete(item, 'it has no header name', misspeltField(item, [record.name], others));
    const from = read(item, owner);
    const variable =
      record.variable === undefined ? {} : { variable: variableOf(record.variable, named.value, owner) };
    return from && { name: named.value, at: named.at, source: from, ...variable, ...conflict(item) };
  };
  const isHeader = headerAsked(record);
  return (item, owner) => {
    if (!applies(item)) return undefined;
    const mismatches: Mismatch[] = [];
    const header = readOne({ ...item, mismatches }, owner);
    const [mismatch] = mismatches;
    return mismatch instanceof NoReference && !isHeader(item) ? undefined : { header, mismatch };
  };
}

/**
 * Whether an entry asks for a header at all. Without a condition on the record, an entry that has neither the header's name nor any
 * part of the reference is about something else.
 */
function headerAsked({
  when,
  unless,
  name,
  secret,
  configMap,
  basic,
  serviceAccountToken,
}: HeaderRecord): Read<boolean> {
  if ((when ?? unless) !== undefined) return () => true;
  const places = [
    name,
    secret,
    configMap,
    basic?.username.secret,
    basic?.password.secret,
    serviceAccountToken?.audience,
    serviceAccountToken?.expirationSeconds,
  ]
    .flatMap((path) => path?.alternatives ?? [])
    .flatMap((term) => (term.kind === 'literal' ? [] : [term, ...objectAround(term)]))
    .map((term) => compileOne({ alternatives: [term] }));
  return (item) => {
    const silent = { ...item, mismatches: [] };
    return places.some((read) => (read(silent)?.value ?? undefined) !== undefined);
  };
}

/** The object that holds the field, such as `@.secretRef` of `@.secretRef.name`, where that is not the item or a root field. */
function objectAround(term: Term): Term[] {
  if (term.kind !== 'walk') return [];
  const steps = term.steps.slice(0, -1);
  return steps.length > (term.from === 'root' ? 1 : 0) ? [{ ...term, steps }] : [];
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
  const source = record.secret ?? record.configMap;
  const others = [record.name, record.key, record.value];
  return (item, owner) => {
    const ref = read(item, owner);
    if (!ref) return unreferenced(item, `it names no ${kind}`, misspeltField(item, [source], others));
    if (ref.key === '')
      return incomplete(item, `it names no key of the ${kind}`, misspeltField(item, [record.key], [source]));
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
      if (!ref) return unreferenced(item, `its ${what} names no key of a Secret`);
      return ref.key === '' ? incomplete(item, `its ${what} names no key of a Secret`) : ref;
    });
    return user && pass && { kind: 'basic', username: user, password: pass };
  };
}

/** The API server's own default. */
const defaultExpirationSeconds = 3600;

function tokenReader(
  record: HeaderRecord,
  { audience, expirationSeconds }: NonNullable<HeaderRecord['serviceAccountToken']>,
): ReadSource {
  const read = path(audience);
  const seconds = secondsReader(expirationSeconds);
  const template = templateReader(record);
  return (item) => {
    const named = read(item);
    if (!named)
      return unreferenced(item, 'it names no audience', misspeltField(item, [audience], [expirationSeconds]));
    // Kubernetes would issue a token for the API server.
    if (named.value === '') return incomplete(item, 'its audience is empty');
    const lifetime = seconds(item) ?? { value: defaultExpirationSeconds, at: named.at };
    return { kind: 'token', token: { audience: named, expirationSeconds: lifetime }, ...template(item) };
  };
}

function secondsReader(source: PathExpression | undefined): Read<Located<number> | undefined> {
  const select = source && compileOne(source);
  return (item) => {
    const node = select?.(item);
    if (!node || node.value === undefined || node.value === null) return undefined;
    const { value, at } = node;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return { value, at };
    item.mismatches.push({ at, expected: 'a whole number of seconds' });
    return undefined;
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
function incomplete({ item, mismatches }: Scope, what: string, misspelt?: MisspeltField): undefined {
  mismatches.push({ at: item.at, expected: `complete: ${what}`, misspelt });
}

function unreferenced({ item, mismatches }: Scope, what: string, misspelt?: MisspeltField): undefined {
  mismatches.push(new NoReference(item, what, misspelt));
}
