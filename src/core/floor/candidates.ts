import type { KindDescription, ServerShape } from '../kinds/description.ts';
import { isLiteral, type Condition, type PathExpression } from '../kinds/path/parse.ts';
import type { FloorPart } from '../rules/metadata.ts';
import { concat, list, literal, map } from './cel.ts';
import { anything, canFollow, condition, rootOf, text, walks, type Where } from './places.ts';
import { codeOf } from './rules.ts';

/**
 * What of a kind may be a credential in plain text, as CEL: a list of groups, one for each server, of
 * `{code, at, name, value, text}`. Made of the same description that the webhook reads the kind by.
 */

interface Candidate {
  readonly part: FloorPart;
  readonly at: string;
  readonly name: string;
  readonly value: string;
  /** What the value was taken from, where that is more. */
  readonly text?: string;
}

const candidate = ({ part, ...rest }: Candidate): string => map({ code: literal(codeOf(part)), ...rest });

const given = (conditions: readonly string[], items: string): string =>
  conditions.length === 0 ? items : `(${conditions.join(' && ')} ? ${items} : [])`;

/** A list of candidates for each item a walk comes by; `counts` is about the walk, `when` about the item. */
const each = (
  { walk: { over }, counts }: ReturnType<typeof walks>[number],
  when: readonly string[],
  one: string,
): string => {
  if (!over) return given([...counts, ...when], list([one]));
  const items =
    when.length === 0 ? over.items : `${over.items}.filter(${over.variable}, ${when.join(' && ')})`;
  return given(counts, `${items}.map(${over.variable}, ${one})`);
};

/** Records of which the API server can be told. What they leave out is in not-covered.ts. */
export const isCovered = {
  shape: ({ each: over, when, unless }: ServerShape): boolean => canFollow(over, [when, unless]),
  url: (shape: ServerShape): boolean => canFollow(undefined, [urlOf(shape)]),
  header: ({ each: over, when, unless, name, value }: ServerShape['headers'][number]): boolean =>
    canFollow(over, [when, unless, name, value]),
  plain: ({ each: over, when, name, value, lines, json }: ServerShape['plain'][number]): boolean =>
    lines !== true &&
    json !== true &&
    canFollow(over, [when, name, value]) &&
    (name !== undefined || (over ?? when) === undefined),
} as const;

interface Record {
  readonly each?: PathExpression | undefined;
  readonly versions?: string[] | undefined;
  readonly when?: Condition | undefined;
  readonly unless?: Condition | undefined;
}

const conditionsOf = ({ when, unless }: Pick<Record, 'when' | 'unless'>, where: Where): string[] =>
  [condition(when, where), unless === undefined ? 'true' : `!(${condition(unless, where)})`].filter(
    (one) => one !== 'true',
  );

/** A condition on the item, then on the version: records of another version are not read. */
function recordsOf(record: Record, where: Where, make: (where: Where) => string): string[] {
  return walks(record.each, where).map((reached) => {
    const inside = { root: where.root, item: reached.walk.item };
    return inVersions(record.versions, each(reached, conditionsOf(record, inside), make(inside)));
  });
}

const inVersions = (versions: readonly string[] | undefined, items: string): string =>
  versions === undefined ? items : `(request.kind.version in ${list(versions.map(literal))} ? ${items} : [])`;

function headers(shape: ServerShape, where: Where): string[] {
  return shape.headers.flatMap((record) => {
    const { value, name } = record;
    // A header without a value of its own is a name that others send.
    if (value === undefined || isLiteral(value, '') || !isCovered.header(record)) return [];
    return recordsOf(record, where, (inside) => {
      const found = text(value, inside);
      return candidate({ part: 'headers', at: found.at, name: text(name, inside).text, value: found.text });
    });
  });
}

/** A flag or a header's name before a value, as in `--api-key=x` and `Authorization: Bearer x`. */
const flag = String.raw`^(?:\s*--?[A-Za-z][A-Za-z0-9_.-]{1,60}\s*(?:[=:]|\s)|[A-Za-z][A-Za-z0-9-]{1,60}\s*:\s)\s*`;

/** One word, perhaps after a scheme. More of them may be a command, and quotes belong to a shell: the webhook reads those. */
const oneWord = String.raw`^(?:(?i:bearer|basic|token|apikey)\s+)?[^\s"']+$`;

/** The flag is the name, what follows it the value; a text without a flag is searched for shapes alone. */
function argument(one: string, at: string): string {
  const value = `${one}.substring(${one}.find(${literal(flag)}).size())`;
  return candidate({
    part: 'plain',
    at,
    name: `${value}.trim().matches(${literal(oneWord)}) ? ${one}.find(${literal(flag)}).find('[A-Za-z][A-Za-z0-9_.-]*') : ''`,
    value,
    text: one,
  });
}

/** A text under a name, or texts without one: an argument, a list of them. */
function plain(shape: ServerShape, where: Where): string[] {
  return shape.plain.flatMap((record) => {
    if (!isCovered.plain(record)) return [];
    const { name, value } = record;
    if (name !== undefined)
      return recordsOf(record, where, (inside) => {
        const found = text(value, inside);
        return candidate({ part: 'plain', at: found.at, name: text(name, inside).text, value: found.text });
      });
    const { value: found, at } = anything(value, where, '[]');
    const item = argument('string(one)', concat([at, "'['", 'string(all.indexOf(one))', "']'"]));
    return [
      inVersions(
        record.versions,
        `[${found}].map(all, type(all) == list ? all.filter(one, type(one) == string).map(one, ${item}) : type(all) == string ? [${argument('string(all)', at)}] : [])[0]`,
      ),
    ];
  });
}

/** Where the URL is written; the operator makes those that have a host. */
export function urlOf({ url: of }: ServerShape): PathExpression | undefined {
  if (of === undefined || 'host' in of) return undefined;
  if ('address' in of) return of.address;
  return 'template' in of ? of.template : of;
}

/** User and password before the host, and what a query's parameters carry. */
function url(shape: ServerShape, where: Where): string[] {
  const source = urlOf(shape);
  if (source === undefined || !isCovered.url(shape)) return [];
  const { text: written, at } = text(source, where);
  // A field that may leave the scheme out holds an address, and that needs one to be read.
  const address = `[${written}].map(address, address.contains('://') ? address : 'https://' + address)`;
  const part = (name: string, value: string) => candidate({ part: 'url', at, name, value });
  const user = `(address.find(${literal(userinfo)}) + '://').split('://')[1].replace('@', '').replace(':', '')`;
  const query = `url(address).getQuery().map(key, ${part('key', "url(address).getQuery()[key].join('')")})`;
  return [
    `${address}.map(address, [${part("'userinfo-password'", user)}] + (isURL(address) ? [${part("''", 'url(address).getEscapedPath()')}] + ${query} : []))[0]`,
  ];
}

/** What is between scheme and host, in the plain form; with an escape in it, only the webhook knows what it says. */
const userinfo = String.raw`^[^:/?#]+://[^/?#@%]*@`;

export function candidatesOf(description: KindDescription, object: string): string {
  const root = rootOf(object);
  const groups = description.servers.filter(isCovered.shape).flatMap((shape) =>
    walks(shape.each, { root, item: root }).map((reached) => {
      const inside = { root, item: reached.walk.item };
      const made = [...headers(shape, inside), ...url(shape, inside), ...plain(shape, inside)];
      if (made.length === 0) return undefined;
      const found = made.join(' + ');
      const all = each(reached, conditionsOf(shape, inside), found);
      return inVersions(shape.versions, all);
    }),
  );
  return groups.filter((group) => group !== undefined).join(' + ') || '[]';
}
