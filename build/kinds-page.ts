import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inGroup } from '../src/core/model.ts';
import {
  describeCondition,
  describePath,
  describeSteps,
  describeTexts,
} from '../src/core/kinds/path/describe.ts';
import { isLiteral, type Condition, type PathExpression } from '../src/core/kinds/path/parse.ts';
import { kindDescription, type KindDescription, type ServerShape } from '../src/core/kinds/description.ts';

/**
 * The parts of docs/kinds.md that follow from the kind descriptions: the table of kinds and each kind's table of
 * fields. Everything else on the page is written by hand. `npm run generate` brings them up to date; a test says when
 * they are not.
 */

const folder = new URL('../src/core/kinds/', import.meta.url);

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
      `[\`${one.kind}\`](#${inGroup(one.kind, one.group).toLowerCase().replaceAll('.', '')})`,
      one.group === '' ? '' : `\`${one.group}\``,
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

/** A path below an item: an entry's key and its value have the place of the entry. */
function under(each: PathExpression | undefined, path: PathExpression): string {
  const [first] = path.alternatives;
  if (
    each === undefined ||
    first.kind === 'literal' ||
    first.kind === 'operator' ||
    (first.kind === 'walk' && first.from === 'root')
  )
    return describePath(path);
  const isEntry = first.kind !== 'walk' || describeSteps(first.steps) === '';
  return `${describePath(each)}${isEntry ? '' : `.${describePath(path)}`}`;
}

const isFromRoot = ({ alternatives: [first] }: PathExpression): boolean =>
  first.kind === 'walk' && first.from === 'root';

/** A record's path from the root: through its own list and the shape's. */
function full(shape: ServerShape, each: PathExpression | undefined, path: PathExpression): string {
  const { kind } = path.alternatives[0];
  if (kind === 'literal' || kind === 'operator') return describePath(path);
  const inner = under(each, path);
  return shape.each === undefined || isFromRoot(each ?? path)
    ? inner
    : `${describePath(shape.each)}.${inner}`;
}

/** Which of two kinds of source is meant says the row already. */
const condition = (holds: Condition | undefined, word: 'when' | 'unless' = 'when'): string =>
  holds === undefined || holds.equals === 'Secret' || holds.equals === 'ConfigMap'
    ? ''
    : ` ${word} \`${describeCondition(holds)}\``;

interface Row {
  readonly use: string;
  readonly fields: readonly string[];
  readonly versions?: readonly string[] | undefined;
}

/** An endpoint with a name of its own is called by it: several may be in one object. */
const urlOf = ({ name, when, unless }: ServerShape): string =>
  `${name?.alternatives[0].kind === 'literal' ? `URL of ${describeTexts(name)}` : 'URL'}${conditionsOf({ when, unless })}`;

const conditionsOf = ({ when, unless }: Pick<ServerShape, 'when' | 'unless'>): string =>
  `${condition(when)}${condition(unless, 'unless')}`;

function headerText({ basic, value, secret, serviceAccountToken }: ServerShape['headers'][number]): string {
  if (serviceAccountToken) return 'header from a service account token';
  if (basic) return 'header from a user and a password';
  if (value !== undefined) return 'header in plain text';
  return `header from a ${secret === undefined ? 'ConfigMap' : 'Secret'}`;
}

function rowsOf(shape: ServerShape): Row[] {
  const field = (each: PathExpression | undefined, ...paths: (PathExpression | undefined)[]) =>
    paths.flatMap((path) => (path === undefined || isLiteral(path, '') ? [] : [full(shape, each, path)]));
  const { url, tls } = shape;
  return [
    ...(url && 'alternatives' in url ? [{ use: urlOf(shape), fields: field(undefined, url) }] : []),
    ...(url && 'template' in url
      ? [{ use: `${urlOf(shape)}, with parts filled in later`, fields: field(undefined, url.template) }]
      : []),
    ...(url && 'address' in url
      ? [
          {
            use: `${urlOf(shape)}, \`${url.scheme}\` where no scheme is written`,
            fields: field(undefined, url.address, url.insecureWhen?.path),
          },
        ]
      : []),
    ...(url && 'host' in url
      ? [
          {
            use:
              url.host.alternatives[0].kind === 'literal'
                ? `URL of its Service, \`${url.host.alternatives[0].text}\`${conditionsOf(shape)}`
                : `${urlOf(shape)}, from its parts${conditionsOf(shape)}`,
            fields: field(
              undefined,
              ...(url.host.alternatives[0].kind === 'literal' ? [] : [url.host]),
              url.scheme,
              url.port,
              url.path,
              url.secureWhen?.path,
            ),
          },
        ]
      : []),
    ...shape.headers.map((header) => ({
      use: `${headerText(header)}${condition(header.when)}${condition(header.unless, 'unless')}`,
      fields: field(
        header.each,
        header.name,
        header.value,
        header.secret ?? header.configMap,
        header.key,
        header.namespace,
        ...Object.values(header.basic ?? {}).flatMap((part) => [part.secret, part.key, part.namespace]),
        header.serviceAccountToken?.audience,
        header.serviceAccountToken?.expirationSeconds,
        header.templateAt,
        header.conflict,
      ),
      versions: header.versions,
    })),
    ...(shape.sharedBy === undefined
      ? []
      : [
          {
            use: 'shares its environment with all that say the same',
            fields: field(undefined, shape.sharedBy),
          },
        ]),
    ...shape.bundles.map(({ each, secret, namespace, versions }) => ({
      use: 'headers, one for each key of a Secret',
      fields: field(each, secret, namespace),
      versions,
    })),
    ...shape.env.map(({ each, when, unless, secret, configMap, key, namespace, versions }) => ({
      use: `${key === undefined ? 'whole ' : ''}${secret === undefined ? 'ConfigMap' : 'Secret'}, checked only${condition(when)}${condition(unless, 'unless')}`,
      fields: field(each, secret ?? configMap, key, namespace),
      versions,
    })),
    ...shape.plain.map(({ each, value, versions }) => ({
      use: 'plain text',
      fields: field(each, value),
      versions,
    })),
    ...shape.podTemplates.map(({ each, without, versions }) => ({
      use: `pod: variables, arguments, volumes and pull secrets${without.length === 0 ? '' : `, without ${without.map((field) => `\`${field}\``).join(', ')}`}`,
      fields: field(undefined, each),
      versions,
    })),
    ...shape.links.map(({ each, when, unless, name, kind, namespace, versions }) => ({
      use: `names ${describeTexts(kind)}${condition(when)}${condition(unless, 'unless')}`,
      fields: field(each, name, namespace),
      versions,
    })),
    ...(tls.client === undefined
      ? []
      : [{ use: 'client certificate', fields: field(undefined, tls.client.secret, tls.client.namespace) }]),
    ...(tls.ca.length === 0
      ? []
      : [
          {
            use: 'CA',
            fields: field(
              undefined,
              ...tls.ca.flatMap(({ secret, configMap }) => secret ?? configMap),
              ...tls.ca.flatMap(({ key, namespace }) => [key, namespace]),
            ),
          },
        ]),
    ...(tls.unverifiedWhen === undefined && tls.replaceRootsWhen === undefined
      ? []
      : [
          {
            use: 'TLS switches',
            fields: field(undefined, tls.unverifiedWhen?.path, tls.replaceRootsWhen?.path),
          },
        ]),
    ...(shape.gateway === undefined
      ? []
      : [
          {
            use: 'guards a gateway of its own',
            fields: field(undefined, ...shape.gateway.guardedBy, shape.gateway.port),
          },
        ]),
    ...shape.ineffective.map(({ each, at, when, unless, versions }) => ({
      use: `without effect${condition(when)}${condition(unless, 'unless')}`,
      fields: field(each, at),
      versions,
    })),
  ];
}

function fieldsTable({ servers, versions: all }: KindDescription): string {
  const rows = servers.flatMap((shape) =>
    rowsOf(shape).map(({ use, fields, versions = shape.versions ?? all }) => {
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
    ...kinds.map((one) => [`fields of ${inGroup(one.kind, one.group)}`, fieldsTable(one)] as const),
  ];
  return parts.reduce((made, [name, content]) => {
    if (!blockOf(name).test(made))
      throw new Error(`docs/kinds.md has no part <!-- ${name} --> ... <!-- end -->`);
    return made.replace(blockOf(name), () => block(name, content));
  }, text);
}
