import { isFields } from '../../k8s/objects.ts';
import type { Gateway, Located, MissingField, ObjectRef, ServerTls, Transport } from '../../model.ts';
import { nearest } from '../../nearest.ts';
import { Redacted } from '../../redacted.ts';
import type { ServerShape } from '../description.ts';
import { compileOne, startOf, type Scope } from '../path/evaluate.ts';
import type { PathExpression } from '../path/parse.ts';
import { applicable, condition, flag, flagAt, optionalPath, path, type Read } from './reads.ts';
import { keyReader, wholeReader } from './references.ts';

/** Where a server is, how it is spoken to, and what its TLS needs. */

export function urlReader(
  url: ServerShape['url'],
): (scope: Scope, owner: ObjectRef) => Located<Redacted> | undefined {
  if (url === undefined) return () => undefined;
  if ('alternatives' in url) {
    const read = path(url);
    return (scope) => {
      const found = read(scope);
      return found && { value: new Redacted(found.value), at: found.at };
    };
  }
  if ('template' in url) return templateReader(url.template);
  if ('address' in url) return addressReader(url);
  return partsReader(url);
}

/** A URL put together from its parts; without a host there is none. */
function partsReader(url: Extract<UrlRecord, { host: PathExpression }>) {
  const host = path(url.host);
  const texts = new Set(
    url.host.alternatives.flatMap((term) => (term.kind === 'literal' ? [term.text] : [])),
  );
  const secure = condition(url.secureWhen);
  const scheme = optionalPath(url.scheme);
  const port = url.port && compileOne(url.port);
  const pathname = optionalPath(url.path);
  const schemeIn = (scope: Scope): string => {
    if (url.scheme === undefined) return secure(scope) ? 'https' : 'http';
    const written = scheme(scope);
    const word = written?.value.toLowerCase();
    if (word === 'http' || word === 'https') return word;
    if (written) scope.mismatches.push({ at: written.at, expected: 'http or https' });
    return 'https';
  };
  return (scope: Scope, owner: ObjectRef): Located<Redacted> | undefined => {
    const named = host(scope);
    if (!named || named.value === '') return undefined;
    const node = port?.(scope);
    const number = node?.value ?? url.defaultPort;
    if (number !== undefined && typeof number !== 'number')
      scope.mismatches.push({ at: node?.at ?? scope.item.at, expected: 'a number' });
    const suffix = typeof number === 'number' ? `:${number}` : url.defaultPort ? `:${url.defaultPort}` : '';
    const tail = pathname(scope)?.value ?? '/';
    const isText = texts.has(named.value);
    const target = isText
      ? named.value.replace('{name}', owner.name).replace('{namespace}', owner.namespace)
      : named.value;
    const address = `${schemeIn(scope)}://${target}${suffix}${tail.startsWith('/') ? '' : '/'}${tail}`;
    return { value: new Redacted(address), at: isText ? (node?.at ?? named.at) : named.at };
  };
}

/**
 * For a resource that does not set its URL: the field that is missing, and one that may be meant for it. Kinds that make
 * the URL from several fields have no such field.
 */
export function missingUrlReader(url: ServerShape['url']): (scope: Scope) => MissingField | undefined {
  const [term] = url && 'alternatives' in url ? url.alternatives : [];
  if (term?.kind !== 'walk') return () => undefined;
  const names = term.steps.flatMap((step) => (step.kind === 'field' ? [step.name] : []));
  const name = names.at(-1);
  if (name === undefined || names.length < term.steps.length) return () => undefined;
  const parent = compileOne({ alternatives: [{ ...term, steps: term.steps.slice(0, -1) }] });
  return (scope) => {
    const start = startOf(term, scope);
    const node = parent({ ...scope, mismatches: [] });
    const written = isFields(node?.value) ? Object.keys(node.value) : [];
    scope.work.spend(written.length);
    const misspelt = nearest(name, written);
    return {
      field: names.reduce((at, field) => at.field(field), start.at).toString(),
      ...(node && misspelt !== undefined ? { misspelt: node.at.field(misspelt) } : {}),
    };
  };
}

type UrlRecord = Exclude<ServerShape['url'], PathExpression | undefined>;

/** A URL that may lack its scheme: the kind says which one it then has. */
function addressReader({ address, scheme, insecureWhen }: Extract<UrlRecord, { address: PathExpression }>) {
  const read = path(address);
  const insecure = flag(insecureWhen);
  return (scope: Scope): Located<Redacted> | undefined => {
    const found = read(scope);
    const off = insecure(scope);
    if (!found || found.value === '') return undefined;
    const [, written, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^]*)$/i.exec(found.value) ?? [];
    return { value: new Redacted(`${off ? 'http' : (written ?? scheme)}://${rest}`), at: found.at };
  };
}

/** `{{ parts }}` are filled in later: a host needs letters until then, elsewhere they stay what they are. */
function templateReader(template: PathExpression) {
  const read = path(template);
  return (scope: Scope): Located<Redacted> | undefined => {
    const found = read(scope);
    if (!found || found.value.startsWith('{{')) return undefined;
    const [, host = '', rest = ''] =
      /^([a-z]+:\/\/(?:\{\{[^}]*\}\}|[^/?#{])*)?([^]*)$/i.exec(found.value) ?? [];
    const url = `${host.replaceAll(/\{\{[^{}]*\}\}/g, 'part')}${rest.replaceAll(/\{\{[^{}]*\}\}/g, '{{part}}')}`;
    return { value: new Redacted(url), at: found.at };
  };
}

export function tlsReader(tls: ServerShape['tls']): (scope: Scope, owner: ObjectRef) => ServerTls {
  const client = tls.client && wholeReader(tls.client);
  const authorities = tls.ca.map((record) => ({ applies: applicable(record), read: keyReader(record) }));
  const unverified = flagAt(tls.unverifiedWhen);
  const replaceRoots = flag(tls.replaceRootsWhen);
  const caField = fieldReader(tls.ca[0]?.secret ?? tls.ca[0]?.configMap);
  return (scope, owner) => {
    const [cert] = client?.(scope, owner) ?? [];
    const [ca, ...moreCas] = authorities.flatMap(({ applies, read }) =>
      applies(scope) ? (read(scope, owner) ?? []) : [],
    );
    const skip = unverified(scope);
    return {
      ...(cert ? { client: cert } : {}),
      ...(ca ? { ca } : {}),
      ...(moreCas.length > 0 ? { moreCas } : {}),
      roots: replaceRoots(scope) ? 'replace' : 'append',
      ...(skip ? { unverified: skip, ...caField(scope) } : {}),
    };
  };
}

/** Where a CA would be named, as the author writes it. */
function fieldReader(where: PathExpression | undefined): (scope: Scope) => { readonly caField?: string } {
  const [term] = where?.alternatives ?? [];
  if (term?.kind !== 'walk') return () => ({});
  return (scope) => {
    const start = startOf(term, scope);
    const names = term.steps.flatMap((step) => (step.kind === 'field' ? [step.name] : []));
    return { caField: names.reduce((at, field) => at.field(field), start.at).toString() };
  };
}

export function gatewayReader(
  gateway: ServerShape['gateway'],
): (scope: Scope, owner: ObjectRef) => Gateway | undefined {
  if (!gateway) return () => undefined;
  const guards = gateway.guardedBy.map(compileOne);
  const port = compileOne(gateway.port);
  return (scope, owner) => {
    const guard = guards.map((read) => read(scope)).find((node) => node?.value !== undefined);
    if (!guard) return undefined;
    const written = port(scope)?.value;
    const instead = gateway.instead
      .replace('{name}', owner.name)
      .replace('{namespace}', owner.namespace)
      .replace('{port}', String(typeof written === 'number' ? written : gateway.defaultPort));
    return { guardedAt: guard.at, instead };
  };
}

export function transportReader(transport: ServerShape['transport'], schemaless: boolean): Read<Transport> {
  const written = optionalPath(transport.path);
  // An unknown word is left to the kind's own schema, if it has one; here it means the kind's default.
  const words = new Map(Object.entries(transport.values));
  return (scope) => {
    const found = written(scope);
    const word = found && words.get(found.value);
    if (schemaless && found && !word)
      scope.mismatches.push({ at: found.at, expected: `one of ${[...words.keys()].join(', ')}` });
    return word ?? transport.default;
  };
}
