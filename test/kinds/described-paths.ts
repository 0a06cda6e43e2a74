import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { kindDescription, type KindDescription } from '../../src/core/kinds/description.ts';

/** What a kind description reads, seen from outside: the tests' own reading of it, apart from the interpreter's. */
export interface DescribedPath {
  /** From the object's root: a field's name, `[]` for each item, `{}` for each entry. */
  readonly steps: readonly string[];
  readonly expects: Expected;
  /** The versions in which it is read. */
  readonly versions: readonly string[];
}

export type Expected = 'object' | 'list' | 'string' | 'number' | 'boolean' | 'anything';

const folder = new URL('../../src/core/kinds/', import.meta.url);

/** The built-in descriptions by file name without `.yaml`. */
export const descriptions: ReadonlyMap<string, KindDescription> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [
      name.replace(/\.yaml$/, ''),
      kindDescription.parse(parse(readFileSync(new URL(name, folder), 'utf8'))),
    ]),
);

/** `plural.group`: how a fixture's folder and a row of the documentation are called. */
export const pluralName = ({ plural, group }: Pick<KindDescription, 'plural' | 'group'>): string =>
  `${plural}.${group}`;

type Steps = readonly string[];

/** The places one path may lead to: each alternative that is not a literal, from the root or from the items. */
function places(source: string, items: readonly Steps[]): Steps[] {
  return source
    .split('|')
    .map((term) => term.trim())
    .filter((term) => !term.startsWith("'") && term !== '@k')
    .flatMap((term) => {
      const rest = term === '@v' ? [] : (term.slice(1).match(/[A-Za-z_][\w-]*|\[\]|\{\}/g) ?? []);
      return term.startsWith('$') ? [rest] : items.map((item) => [...item, ...rest]);
    });
}

/** Every path a description reads and the type that belongs there. */
export function describedPaths({ servers, versions: all }: KindDescription): DescribedPath[] {
  const found: DescribedPath[] = [];
  const add = (
    source: string | undefined,
    items: readonly Steps[],
    expects: Expected,
    versions: readonly string[] = all,
  ) => {
    if (source === undefined) return;
    for (const steps of places(source, items)) found.push({ steps, expects, versions });
  };
  const below = (each: string | undefined, items: readonly Steps[]) =>
    each === undefined ? items : places(each, items);

  const server = below(servers.each, [[]]);
  add(servers.name, server, 'string');
  add(servers.transport.path, server, 'string');
  if (typeof servers.url === 'string') add(servers.url, server, 'string');
  else if (servers.url) {
    add(servers.url.secureWhen, server, 'anything');
    add(servers.url.port, server, 'number');
    add(servers.url.path, server, 'string');
  }
  for (const header of servers.headers) {
    const items = below(header.each, server);
    add(header.when?.split('==')[0]?.trim(), items, 'string', header.versions);
    for (const path of [header.name, header.value, header.secret, header.configMap, header.key])
      add(path, items, 'string', header.versions);
    add(header.optional, items, 'boolean', header.versions);
  }
  const keyed = servers.env.map((reference) => ({ ...reference, key: reference.key }));
  const whole = servers.bundles.map((reference) => ({ ...reference, key: undefined }));
  for (const { each, secret, key, optional, versions } of [...keyed, ...whole]) {
    const items = below(each, server);
    add(secret, items, 'string', versions);
    add(key, items, 'string', versions);
    add(optional, items, 'boolean', versions);
  }
  const { tls } = servers;
  for (const path of [tls.client, tls.caSecret, tls.caConfigMap, tls.caKey]) add(path, server, 'string');
  for (const path of [tls.unverifiedWhen, tls.replaceRootsWhen]) add(path, server, 'boolean');
  return found;
}

/** The types that belong at one place of an object: what is read there and what is read below it. */
export function expectedAt(
  paths: readonly DescribedPath[],
  version: string,
  keys: readonly (string | number)[],
): ReadonlySet<Expected> {
  const fits = (step: string | undefined, key: string | number) =>
    typeof key === 'number' ? step === '[]' : step === '{}' || step === key;
  const expected = new Set<Expected>();
  for (const { steps, expects, versions } of paths) {
    if (!versions.includes(version) || !keys.every((key, i) => fits(steps[i], key))) continue;
    const next = steps[keys.length];
    expected.add(next === undefined ? expects : next === '[]' ? 'list' : 'object');
  }
  return expected;
}
