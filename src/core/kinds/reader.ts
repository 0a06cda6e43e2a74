import type {
  Header,
  HeaderSource,
  KeyRef,
  Located,
  McpServer,
  ObjectRef,
  ServerTls,
  SourceRef,
  Transport,
  WholeRef,
} from '../model.ts';
import { Path } from '../path.ts';
import { Sealed } from '../sealed.ts';
import { kindDescription, type KindDescription } from './description.ts';
import {
  compileCondition,
  compileOne,
  compilePath,
  type Mismatch,
  type Node,
  type Scope,
  type SelectOne,
} from './path-language.ts';
import { readTlsAnnotations } from './tls-annotations.ts';

/** What a custom resource says, and the places where it says it in the wrong type. */
export interface Reading {
  readonly servers: readonly McpServer[];
  readonly mismatches: readonly Mismatch[];
}

/** A kind description made ready: paths compiled, words for the kind collected. */
export interface Kind {
  readonly family: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly string[];
  /** Everything kubectl would take for it, in lower case. */
  readonly words: ReadonlySet<string>;
  read(object: unknown, owner: ObjectRef): Reading;
}

type Read<T> = (scope: Scope) => T;

/** A string at a path: `undefined` when nothing is there, a mismatch when it is not a string. */
function text(select: SelectOne): Read<Located<string> | undefined> {
  return (scope) => {
    const node = select(scope);
    if (!node || node.value === undefined || node.value === null) return undefined;
    if (typeof node.value === 'string') return { value: node.value, at: node.at };
    scope.mismatches.push({ at: node.at, expected: 'a string' });
    return undefined;
  };
}

const path = (source: string) => text(compileOne(source));
const optionalPath = (source: string | undefined): Read<Located<string> | undefined> =>
  source === undefined ? () => undefined : path(source);
const condition = (source: string | undefined): Read<boolean> =>
  source === undefined ? () => true : compileCondition(source);

/** A switch that is on, with its place; `undefined` when it is off or not there, a mismatch when it is no switch. */
function flagAt(written: string | undefined): Read<Located<true> | undefined> {
  if (written === undefined) return () => undefined;
  const select = compileOne(written);
  return (scope) => {
    const { value, at } = select(scope) ?? scope.item;
    if (value === true) return { value, at };
    if (value !== false && value !== undefined && value !== null)
      scope.mismatches.push({ at, expected: 'true or false' });
    return undefined;
  };
}

function flag(written: string | undefined): Read<boolean> {
  const read = flagAt(written);
  return (scope) => read(scope) !== undefined;
}

const source = (kind: SourceRef['kind'], owner: ObjectRef, name: string): SourceRef => ({
  kind,
  namespace: owner.namespace,
  name,
});

/** Runs a record over each item its `each` reaches, or over the current item when it has none. */
function over(each: string | undefined): Read<Scope[]> {
  if (each === undefined) return (scope) => [scope];
  const select = compilePath(each);
  return (scope) => select(scope).map((item) => ({ ...scope, item }));
}

type HeaderRecord = KindDescription['servers']['headers'][number];
type BundleRecord = KindDescription['servers']['bundles'][number];
type EnvRecord = KindDescription['servers']['env'][number];

function headerReader(record: HeaderRecord): (scope: Scope, owner: ObjectRef) => Header[] {
  const items = over(record.each);
  const applies = condition(record.when);
  const name = path(record.name);
  const read =
    record.value === undefined ? referenceReader(record) : literalReader(record.value, record.instead);
  const readOne = (item: Scope, owner: ObjectRef): Header | undefined => {
    const named = name(item);
    if (!named) return incomplete(item, 'it has no header name');
    const from = read(item, owner);
    return from && { name: named.value, at: named.at, source: from };
  };
  return (scope, owner) =>
    items(scope).flatMap((item) =>
      applies(item) ? (reportOnce(item, (once) => readOne(once, owner)) ?? []) : [],
    );
}

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

interface KeyRecord {
  readonly secret?: string | undefined;
  readonly configMap?: string | undefined;
  readonly key?: string | undefined;
  readonly optional?: string | undefined;
}

function keyReader(record: KeyRecord): (scope: Scope, owner: ObjectRef) => KeyRef | undefined {
  const name = optionalPath(record.secret ?? record.configMap);
  const key = optionalPath(record.key);
  const optional = flag(record.optional);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  return (scope, owner) => {
    const named = name(scope);
    if (!named) return undefined;
    const keyed = key(scope) ?? { value: '', at: named.at };
    return {
      source: source(kind, owner, named.value),
      key: keyed.value,
      at: named.at,
      keyAt: keyed.at,
      optional: optional(scope),
    };
  };
}

function wholeReader(record: BundleRecord | EnvRecord): (scope: Scope, owner: ObjectRef) => WholeRef[] {
  const items = over(record.each);
  const secret = path(record.secret);
  const optional = flag(record.optional);
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const named = secret(item);
      return named
        ? [{ source: source('Secret', owner, named.value), at: named.at, optional: optional(item) }]
        : [];
    });
}

function envReader(record: EnvRecord): (scope: Scope, owner: ObjectRef) => (KeyRef | WholeRef)[] {
  if (record.key === undefined) return wholeReader(record);
  const items = over(record.each);
  const ref = keyReader(record);
  return (scope, owner) => items(scope).flatMap((item) => ref(item, owner) ?? []);
}

function urlReader(
  url: KindDescription['servers']['url'],
): (scope: Scope, owner: ObjectRef) => Located<Sealed> | undefined {
  if (url === undefined) return () => undefined;
  if (typeof url === 'string') {
    const read = path(url);
    return (scope) => {
      const found = read(scope);
      return found && { value: new Sealed(found.value), at: found.at };
    };
  }
  const secure = compileOne(url.secureWhen);
  const port = compileOne(url.port);
  const pathname = path(url.path);
  return (scope, owner) => {
    const host = url.host.replace('{name}', owner.name).replace('{namespace}', owner.namespace);
    const node = port(scope);
    const written = node?.value ?? url.defaultPort;
    if (typeof written !== 'number')
      scope.mismatches.push({ at: node?.at ?? scope.item.at, expected: 'a number' });
    const number = typeof written === 'number' ? written : url.defaultPort;
    const tail = pathname(scope)?.value ?? '/';
    const address = `${secure(scope)?.value ? 'https' : 'http'}://${host}:${number}${tail.startsWith('/') ? '' : '/'}${tail}`;
    return { value: new Sealed(address), at: node?.at ?? scope.item.at };
  };
}

function tlsReader(tls: KindDescription['servers']['tls']): (scope: Scope, owner: ObjectRef) => ServerTls {
  const client = optionalPath(tls.client);
  const ca = keyReader({ secret: tls.caSecret, configMap: tls.caConfigMap, key: tls.caKey });
  const unverified = flagAt(tls.unverifiedWhen);
  const replaceRoots = flag(tls.replaceRootsWhen);
  return (scope, owner) => {
    const cert = client(scope);
    const authority = ca(scope, owner);
    const skip = unverified(scope);
    return {
      ...(cert
        ? { client: { source: source('Secret', owner, cert.value), at: cert.at, optional: false } }
        : {}),
      ...(authority ? { ca: { ...authority, optional: tls.caOptional ?? false } } : {}),
      roots: replaceRoots(scope) ? 'replace' : 'append',
      ...(skip ? { unverified: skip } : {}),
    };
  };
}

function transportReader(transport: KindDescription['servers']['transport']): Read<Transport> {
  const written = optionalPath(transport.path);
  // An unknown word is left to the kind's own schema; here it means the kind's default.
  const words = new Map(Object.entries(transport.values));
  return (scope) => words.get(written(scope)?.value ?? '') ?? transport.default;
}

const fits = (record: { versions?: string[] | undefined }, version: string) =>
  record.versions?.includes(version) ?? true;

/** Prepares one kind. Throws when the description is not one: built-in kinds are tested, a team's own are checked on load. */
export function compileKind(input: unknown): Kind {
  const description = kindDescription.parse(input);
  const { servers: shape, group, kind, plural, family, versions } = description;
  const each = over(shape.each);
  const name = path(shape.name);
  const url = urlReader(shape.url);
  const transport = transportReader(shape.transport);
  const tls = tlsReader(shape.tls);
  const compiled = versions.map((version) => ({
    version,
    headers: shape.headers.filter((record) => fits(record, version)).map(headerReader),
    bundles: shape.bundles.filter((record) => fits(record, version)).map(wholeReader),
    env: shape.env.filter((record) => fits(record, version)).map(envReader),
  }));

  return {
    family,
    group,
    kind,
    plural,
    versions,
    words: new Set([kind, plural, ...description.shortNames].map((word) => word.toLowerCase())),
    read(object, owner) {
      const root: Node = { value: object, at: Path.root };
      const mismatches: Mismatch[] = [];
      // A version we do not know is read as the newest: its fields are the likeliest to be the same.
      const records = compiled.find(({ version }) => version === owner.version) ?? compiled[0];
      if (!records) return { servers: [], mismatches };
      const servers = each({ root, item: root, mismatches }).map((scope): McpServer => {
        const before = mismatches.length;
        const address = url(scope, owner);
        const urlUnreadable = mismatches.length > before || typeof scope.item.value !== 'object';
        const headers = records.headers.flatMap((read) => read(scope, owner));
        return {
          owner,
          name: name(scope)?.value ?? owner.name,
          listed: shape.each !== undefined,
          at: scope.item.at,
          transport: transport(scope),
          ...(address ? { url: address } : {}),
          ...(urlUnreadable ? { urlUnreadable } : {}),
          // Records are read one after the other; the author wrote one list.
          headers: headers.length > 1 ? headers.toSorted((a, b) => Path.compare(a.at, b.at)) : headers,
          bundles: records.bundles.flatMap((read) => read(scope, owner)),
          env: records.env.flatMap((read) => read(scope, owner)),
          tls: tls(scope, owner),
          loopbackForbidden: shape.loopback === 'forbidden',
        };
      });
      return { servers: readTlsAnnotations(object, owner, servers), mismatches: distinct(mismatches) };
    },
  };
}

/** Several records may stumble over one wrong field; its author needs to hear of it once. */
function distinct(mismatches: readonly Mismatch[]): Mismatch[] {
  return [...new Map(mismatches.map((mismatch) => [String(mismatch.at), mismatch])).values()];
}
