import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { kindDescription, type KindDescription, type ServerShape } from '../src/core/kinds/description.ts';

/**
 * The parts of docs/kinds.md that follow from the kind descriptions: the table of kinds and each kind's table of
 * fields. Everything else on the page is written by hand. `npx tsx build/kinds-page.ts` brings them up to date; a
 * test says when they are not.
 */

const folder = new URL('../src/core/kinds/', import.meta.url);
const page = new URL('../docs/kinds.md', import.meta.url);

const descriptions = (): KindDescription[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => kindDescription.parse(parse(readFileSync(new URL(name, folder), 'utf8'))))
    .toSorted((a, b) => order(a).localeCompare(order(b)));

/** Families side by side; within one, what pods can ask for first. */
const order = (one: KindDescription): string =>
  `${one.family} ${isInjectable(one) ? 0 : 1} ${one.kind} ${one.group}`;
const isInjectable = ({ servers }: KindDescription): boolean => servers.some(({ role }) => role === 'server');

function kindsTable(kinds: readonly KindDescription[]): string {
  const rows = kinds.map((one) =>
    [
      one.family,
      `[\`${one.kind}\`](#${`${one.kind}${one.group}`.toLowerCase().replaceAll('.', '')})`,
      `\`${one.group}\``,
      one.versions.join(', '),
      isInjectable(one) ? 'yes' : 'no',
    ].join(' | '),
  );
  return [
    '| Family | Kind | Group | Versions | A pod can ask for it |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** `$.spec.a[]` below `spec`, in the words of the page. */
const place = (source: string): string =>
  source
    .split('|')
    .map((term) => term.trim())
    .map((term) => (term.startsWith("'") ? `${term.slice(1, -1)} (default)` : term.replace(/^[$@]\.?/, '')))
    .map((term) => (term === 'k' ? 'key' : term === 'v' || term === '' ? 'value' : term))
    .join(' or ');

const under = (each: string | undefined, source: string): string =>
  source.startsWith('@') && each !== undefined
    ? `${place(each)}${source === '@v' || source === '@k' ? '' : `.${place(source)}`}`
    : place(source);

/** A record's path from the root: through its own list and the shape's. */
function full(shape: ServerShape, each: string | undefined, source: string): string {
  const inner = under(each, source);
  return (each ?? source).startsWith('@') && shape.each !== undefined
    ? `${place(shape.each)}.${inner}`
    : inner;
}

interface Row {
  readonly use: string;
  readonly fields: readonly string[];
  readonly versions?: readonly string[] | undefined;
}

function rowsOf(shape: ServerShape): Row[] {
  const field = (each: string | undefined, ...sources: (string | undefined)[]) =>
    sources.flatMap((source) => (source === undefined ? [] : [full(shape, each, source)]));
  const { url, tls } = shape;
  return [
    ...(typeof url === 'string' ? [{ use: 'URL', fields: field(undefined, url) }] : []),
    ...(typeof url === 'object'
      ? [
          {
            use: `URL of its Service, \`${url.host}\``,
            fields: field(undefined, url.port, url.path, url.secureWhen),
          },
        ]
      : []),
    ...shape.headers.map(({ each, name, value, secret, configMap, key, versions }) => ({
      use:
        value === undefined
          ? `header from a ${secret === undefined ? 'ConfigMap' : 'Secret'}`
          : 'header in plain text',
      fields: field(each, name, value, secret ?? configMap, key),
      versions,
    })),
    ...shape.bundles.map(({ each, secret, versions }) => ({
      use: 'headers, one for each key of a Secret',
      fields: field(each, secret),
      versions,
    })),
    ...shape.env.map(({ each, secret, configMap, key, versions }) => ({
      use: `${key === undefined ? 'whole ' : ''}${secret === undefined ? 'ConfigMap' : 'Secret'}, checked only`,
      fields: field(each, secret ?? configMap, key),
      versions,
    })),
    ...shape.plain.map(({ each, value, versions }) => ({
      use: 'plain text',
      fields: field(each, value),
      versions,
    })),
    ...shape.links.map(({ each, name, kind, versions }) => ({
      use: `names ${place(kind).replace(' (default)', '')}`,
      fields: field(each, name),
      versions,
    })),
    ...(tls.client === undefined
      ? []
      : [{ use: 'client certificate', fields: field(undefined, tls.client) }]),
    ...(tls.caSecret === undefined && tls.caConfigMap === undefined
      ? []
      : [{ use: 'CA', fields: field(undefined, tls.caSecret ?? tls.caConfigMap, tls.caKey) }]),
    ...(tls.unverifiedWhen === undefined && tls.replaceRootsWhen === undefined
      ? []
      : [{ use: 'TLS switches', fields: field(undefined, tls.unverifiedWhen, tls.replaceRootsWhen) }]),
    ...shape.ineffective.map(({ each, at, when, versions }) => ({
      use: `without effect${when === undefined ? '' : ` when \`${when.replaceAll('|', 'or').replace(/^[$@]\./, '')}\``}`,
      fields: field(each, at),
      versions,
    })),
  ];
}

function fieldsTable({ servers, versions: all }: KindDescription): string {
  const rows = servers.flatMap((shape) =>
    rowsOf(shape).map(({ use, fields, versions = all }) => {
      const only = versions.length === all.length ? '' : ` (${versions.join(', ')})`;
      return `| ${use}${only} | ${[...new Set(fields)].map((one) => `\`${one}\``).join(', ')} |`;
    }),
  );
  return ['| What | Where |', '| --- | --- |', ...new Set(rows)].join('\n');
}

const block = (name: string, content: string) => `<!-- ${name} -->\n\n${content}\n\n<!-- end -->`;
const blockOf = (name: string) => new RegExp(`<!-- ${name.replaceAll('.', '\\.')} -->[^]*?<!-- end -->`);

/** The page with its generated parts made anew; throws when a kind has no section for its fields. */
export function withGeneratedParts(text: string): string {
  const kinds = descriptions();
  const parts = [
    ['kinds', kindsTable(kinds)] as const,
    ...kinds.map((one) => [`fields of ${one.kind}.${one.group}`, fieldsTable(one)] as const),
  ];
  return parts.reduce((made, [name, content]) => {
    if (!blockOf(name).test(made))
      throw new Error(`docs/kinds.md has no part <!-- ${name} --> ... <!-- end -->`);
    return made.replace(blockOf(name), () => block(name, content));
  }, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(page, withGeneratedParts(readFileSync(page, 'utf8')));
