import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

/**
 * Converts the rules of gitleaks to src/core/credentials/gitleaks.yaml:
 *
 *     npx tsx build/gitleaks-rules.ts REPOSITORY VERSION DATE
 *
 * REPOSITORY is a working copy of https://github.com/gitleaks/gitleaks, VERSION its commit, DATE that commit's. Its
 * expressions are RE2's; JavaScript has no `(?i)` within an expression, no `\z`, no POSIX classes. Repetitions without
 * an upper bound get one, so that a try costs no more than that.
 */

const target = new URL('../src/core/credentials/gitleaks.yaml', import.meta.url);

interface Rule {
  id: string;
  regex?: string;
  path?: string;
  entropy?: number;
  keywords: string[];
  /** Expressions of its allow lists that are about the secret itself. */
  allow: string[];
}

/** Reads the part of TOML that gitleaks' generator writes: tables, literal strings, numbers, arrays of strings. */
export function readRules(toml: string): Rule[] {
  const rules: Rule[] = [];
  let table = '';
  let aboutSecret = true;
  const strings = (text: string) =>
    [...text.matchAll(/'''([^]*?)'''|"((?:[^"\\]|\\.)*)"/g)].map(
      ([, raw, quoted]) => raw ?? (JSON.parse(`"${quoted ?? ''}"`) as string),
    );
  for (const [, header, key = '', value = ''] of toml.matchAll(
    /^(\[\[?[\w.]+\]\]?)\s*$|^(\w+)\s*=\s*('''[^]*?'''|"(?:[^"\\]|\\.)*"|\[[^\n]*\](?=\n)|\[\n[^]*?^\]|[^\n]*)/gm,
  )) {
    if (header !== undefined) {
      table = header;
      aboutSecret = true;
      if (table === '[[rules]]') rules.push({ id: '', keywords: [], allow: [] });
      continue;
    }
    const rule = rules.at(-1);
    if (!rule) continue;
    if (table === '[[rules]]') {
      if (key === 'id' || key === 'regex' || key === 'path') rule[key] = strings(value)[0] ?? '';
      else if (key === 'entropy') rule.entropy = Number(value);
      else if (key === 'keywords') rule.keywords = strings(value);
    } else if (table === '[[rules.allowlists]]') {
      if (key === 'regexTarget') aboutSecret = false;
      if (key === 'regexes' && aboutSecret) rule.allow.push(...strings(value));
    }
  }
  return rules;
}

/** More than any token has; an expression of gitleaks that has no bound is cut there. */
const longestRepetition = 200;

/** An expression of RE2 in JavaScript: the case of letters spelled out, every repetition bounded. */
export function toJavaScript(pattern: string): string {
  let out = '';
  let anyCase = false;
  const outer: boolean[] = [];
  const bothCases = (char: string) =>
    anyCase && /[A-Za-z]/.test(char) ? `[${char.toUpperCase()}${char.toLowerCase()}]` : char;
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    const flags = /^\(\?(-?)([is])(\)|:)/.exec(rest);
    const group = /^\((?:\?P<\w+>|\?:)?/.exec(rest);
    const repetition = /^(?:\{(\d+),(\d*)\}|[+*])/.exec(rest);
    if (flags) {
      const [all, off, flag, end] = flags;
      if (end === ':') {
        outer.push(anyCase);
        out += '(?:';
      }
      if (flag === 'i') anyCase = off === '';
      i += all.length - 1;
    } else if (group) {
      outer.push(anyCase);
      out += group[0].startsWith('(?') ? '(?:' : '(';
      i += group[0].length - 1;
    } else if (rest[0] === ')') {
      anyCase = outer.pop() ?? false;
      out += ')';
    } else if (rest[0] === '[') {
      const end = endOfClass(rest);
      out += convertedClass(rest.slice(0, end), anyCase);
      i += end - 1;
    } else if (rest.startsWith('\\z')) {
      out += '$';
      i += 1;
    } else if (rest[0] === '\\') {
      const escape = /^\\(?:x[0-9a-fA-F]{2}|.)/.exec(rest)![0];
      out += escape === String.raw`\x60` ? '`' : escape;
      i += escape.length - 1;
    } else if (repetition) {
      const [all, least = all === '+' ? '1' : '0', most = ''] = repetition;
      out += `{${least},${most === '' ? Number(least) + longestRepetition : most}}`;
      i += all.length - 1;
    } else out += bothCases(rest[0]!);
  }
  return out;
}

function endOfClass(text: string): number {
  let i = text[1] === '^' ? 2 : 1;
  for (; text[i] !== ']' || i === 1; i++) {
    if (text[i] === '\\') i++;
    else if (text.startsWith('[:', i)) i = text.indexOf(':]', i) + 1;
  }
  return i + 1;
}

function convertedClass(text: string, anyCase: boolean): string {
  const plain = text.replaceAll('[:alnum:]', 'A-Za-z0-9').replaceAll(String.raw`\x60`, '`');
  if (!anyCase) return plain;
  const inner = plain.slice(1, -1);
  const more = [...inner.matchAll(/\\.|([A-Za-z])-([A-Za-z])|([A-Za-z])/g)].flatMap(([, from, to, one]) => {
    const other = (char: string) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());
    if (from !== undefined && to !== undefined) return [`${other(from)}-${other(to)}`];
    return one === undefined ? [] : [other(one)];
  });
  const added = [...new Set(more)].filter((part) => !inner.includes(part)).join('');
  // A hyphen at the end stays there, where it is no range.
  return inner.endsWith('-') && !inner.endsWith('\\-')
    ? `[${inner.slice(0, -1)}${added}-]`
    : `[${inner}${added}]`;
}

const assignment = String.raw`(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`;
const between = String.raw`(?:[ \t\w.-]{0,20})[\s'"]{0,3}`;
const terminators = [
  String.raw`(?:[\x60'"\s;]|\\[nr]|$)`,
  String.raw`(?:[\x60'"\s;]|\\[nr]|$|\b)`,
  String.raw`(?:[^\w-]|\z)`,
  String.raw`(?:[^a-zA-Z0-9+/]|\z)`,
];
/** In URLs and connection strings other characters than gitleaks' follow a token. */
const end = '(?![A-Za-z0-9])';

/** An expression that is in any case as a whole needs no letter spelled out. */
function anyCase(regex: string): { body: string; flags?: 'i' } {
  const body = regex.startsWith('(?i)') ? regex.slice('(?i)'.length) : regex;
  return regex.startsWith('(?i)') && !/\(\?-?i/.test(body) ? { body, flags: 'i' } : { body: regex };
}

const converted = (regex: string, after = '') => {
  const { body, flags } = anyCase(regex);
  return { pattern: `${toJavaScript(body)}${after}`, ...(flags === undefined ? {} : { flags }) };
};

/** A rule that looks for an issuer's name, a sign of assignment and a value: here the name is the field's. */
function takeApart(regex: string): { name: string; value: string } | undefined {
  const start = /^(?:\(\?i\))?(?:\[\\w\.-\]\{0,50\}\?)(?:\(\?i:\[\\w\.-\]\{0,50\}\?)?/.exec(regex);
  const terminator = terminators[0]!;
  if (!start || !regex.endsWith(terminator)) return undefined;
  const sign = regex.indexOf(assignment);
  const middle = regex.indexOf(between);
  if (sign < 0 || middle < 0) return undefined;
  return {
    // Names are compared in lower case.
    name: regex.slice(start[0].length, middle).replaceAll('(?-i:', '(?:').toLowerCase(),
    value: `${regex.startsWith('(?i)') ? '(?i)' : ''}${regex.slice(sign + assignment.length, -terminator.length)}`,
  };
}

/** Why a rule is left out, by its id. */
const leftOut: readonly (readonly [ids: RegExp, why: string])[] = [
  [/^generic-api-key$/, 'it takes any assignment for one; names and arguments are judged by themselves'],
  [/^(?:jwt|private-key)$/, 'it needs the whole token or key; shapes.yaml has it by its beginning'],
  [/^curl-/, 'it reads a command; arguments are judged by themselves'],
  [/(?:-client-id|-access-id|-api-id)$/, 'an id is no credential'],
  [/^(?:flutterwave-public-key|mailgun-pub-key|lob-pub-api-key|mapbox-api-token)$/, 'the key is public'],
  [
    /^(?:atlassian-api-token|sourcegraph-access-token)$/,
    'it takes any hexadecimal text; shapes.yaml has the prefix',
  ],
  [/^confluent-access-token$/, 'it takes any 16 characters'],
  [
    /^(?:dropbox-api-token|travisci-access-token|finicity-client-secret)$/,
    'it takes any word of that length',
  ],
];

const reasonAgainst = ({ id, regex, path }: Rule): string | undefined =>
  regex === undefined || path !== undefined
    ? 'it looks for files'
    : leftOut.find(([ids]) => ids.test(id))?.[1];

/** A key that an allow list spells out would be taken for a leak here too. */
const isPattern = (allowed: string): boolean => /[[\]{}()*+?\\|^$]/.test(allowed);

export function convert(toml: string) {
  const all = readRules(toml);
  const kept = all.filter((rule) => reasonAgainst(rule) === undefined);
  const common = ({ id, entropy, allow }: Rule) => ({
    id,
    ...(entropy === undefined ? {} : { entropy }),
    ...(allow.some(isPattern) ? { allow: allow.filter(isPattern).map(toJavaScript) } : {}),
  });
  const named = kept.flatMap((rule) => {
    const parts = takeApart(rule.regex!);
    if (!parts) return [];
    const { id, ...rest } = common(rule);
    return [{ id, name: toJavaScript(parts.name), ...converted(parts.value), ...rest }];
  });
  const ids = new Set(named.map(({ id }) => id));
  const rules = kept
    .filter(({ id }) => !ids.has(id))
    .map((rule) => {
      const regex = rule.regex!;
      const terminator = terminators.find((one) => regex.endsWith(one));
      const body = terminator === undefined ? regex : regex.slice(0, -terminator.length);
      const { id, ...rest } = common(rule);
      return {
        id,
        keywords: rule.keywords.map((keyword) => keyword.toLowerCase()),
        ...converted(body, terminator === undefined ? '' : end),
        ...rest,
      };
    });
  return {
    rules,
    named,
    leftOut: Object.fromEntries(
      all.flatMap((rule) => {
        const why = reasonAgainst(rule);
        return why === undefined ? [] : [[rule.id, why]];
      }),
    ),
  };
}

const comment =
  '# The rules of gitleaks, made by build/gitleaks-rules.ts. Do not edit: shapes of our own are in shapes.yaml.\n';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [repository, version, date] = process.argv.slice(2);
  if (repository === undefined || version === undefined || date === undefined)
    throw new Error('Usage: npx tsx build/gitleaks-rules.ts REPOSITORY VERSION DATE');
  const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
  const document = {
    source: 'https://github.com/gitleaks/gitleaks, config/gitleaks.toml',
    version,
    date,
    license: read('LICENSE'),
    ...convert(read('config/gitleaks.toml')),
  };
  writeFileSync(target, comment + stringify(document, { lineWidth: 0 }));
}
