import { credentialReason, isOpaqueUnder, nameReason, type CredentialReason } from './judgement.ts';
import { isPlaceholder, saysSomethingElse, scheme } from './placeholders.ts';
import { isOpaque } from './values.ts';
import { isListedHarmless, isSensitiveName, type CredentialNames } from './names.ts';

/** Credentials in the arguments of a process: flags, variables, headers, and scripts for a shell. */

export interface ArgumentFinding {
  readonly index: number;
  /** `opaque`: it looks random under a name that may be a credential's. */
  readonly reason: CredentialReason | 'opaque';
  /** The flag, variable or header that is given the value; empty where the value alone says it. */
  readonly name: string;
}

type Judgement = Omit<ArgumentFinding, 'index'>;

/** A script in an argument of a script: deeper than people write. */
const maxDepth = 3;

/** What of a list of arguments is a credential. Linear in their length: each is read with the one before it. */
export function argumentCredentials(
  list: readonly string[],
  extra: CredentialNames,
): readonly ArgumentFinding[] {
  return list.flatMap((text, index) => {
    const judged = argumentCredential(text, list[index - 1], extra);
    return judged === undefined ? [] : [{ index, ...judged }];
  });
}

/** One argument, with the one before it: `--token` says what its neighbour is. */
export function argumentCredential(
  text: string,
  before: string | undefined,
  extra: CredentialNames,
  depth = 0,
): Judgement | undefined {
  if (text.trim() === '') return undefined;
  const byName = named(text, before, extra, depth);
  if (byName !== undefined && byName.reason !== 'opaque') return byName;
  if (reasonOf('', text, extra, depth) !== undefined) return { reason: 'shape', name: '' };
  const inWords = inScript(text, extra, depth);
  return inWords !== undefined && inWords.reason !== 'opaque' ? inWords : (byName ?? inWords);
}

/** A part of a text this long was searched with the whole, and the forms that a value alone has are shorter. */
const longestAlone = 4096;

const reasonOf = (name: string, value: string, extra: CredentialNames, depth: number) =>
  depth > 0 && value.length > longestAlone
    ? nameReason(name, value, extra)
    : credentialReason(name, value, extra);

/** `--name=value`, `-Dname=value`, `NAME=value`, `/name:value`; blanks around the sign are allowed. */
const assignment =
  /^\s{0,20}(?:-{1,2}|\/)?(?:D(?=[a-z]))?([A-Za-z_][A-Za-z0-9_.-]{0,60})\s{0,4}=\s{0,4}(?=\S)/;
/** `Name: value`. */
const header = /^\s{0,20}(-{0,2})([A-Za-z][A-Za-z0-9_.-]{0,60})["']?\s{0,4}:(\s{0,20})(?=\S)/;
/** `--name value` in one argument. */
const flagAndValue = /^\s{0,20}--?([A-Za-z][A-Za-z0-9_.-]{0,60})\s{1,20}(?=[^\s-])/;
const flagAlone = /^--?([A-Za-z][A-Za-z0-9_.-]{0,60})$/;
const headerFlag =
  /^(?:-H|--?(?:header|headers|add-header|http-header|extra-header|custom-header|remote-header))$/;
/** Names of headers that nothing else has, so that no blank need follow their colon. */
const headerName = /^(?:x-[a-z0-9-]{1,60}|(?:proxy-)?authorization|api-?key|(?:private|access)-token)$/i;
/** Flags of one letter that many programs take for a key or a password: random values alone are reported. */
const shortFlag = /^-[aAkKpPtTs]$/;
const userFlag = /^(?:-u|--user|--auth|--basic-auth|--basic|--credentials?|--login)$/;
/** A short word or a number after the colon is a group, as in `--user node:node`. */
const userAndPassword = /^[^\s:/${<]{1,100}:(?!(?:[a-z_-]{1,7}|\d{1,12})$)[^\s:/${<][^\s/]{2,200}$/;

function named(
  text: string,
  before: string | undefined,
  extra: CredentialNames,
  depth: number,
): Judgement | undefined {
  const given = assignment.exec(text);
  if (given) return underName(given[1]!, text.slice(given[0].length), extra, depth);
  const line = header.exec(text);
  if (line) {
    const [all, dashes, name = '', blank] = line;
    const certain = blank !== '' || dashes !== '' || headerFlag.test(before ?? '') || headerName.test(name);
    if (certain) return underName(name, text.slice(all.length), extra, depth);
  }
  const both = flagAndValue.exec(text);
  if (both) {
    const value = text.slice(both[0].length);
    const found = underName(both[1]!, value, extra, depth);
    // More than one word after the flag is a command, and inScript reads it.
    if (found && !/\s/.test(value.trim().replace(scheme, ''))) return found;
  }
  return afterFlag(text, before, extra);
}

function underName(
  name: string,
  value: string,
  extra: CredentialNames,
  depth: number,
): Judgement | undefined {
  const bare = unquoted(value.trim());
  const reason = reasonOf(name, bare, extra, depth + 1);
  if (reason === 'shape' || (reason === 'name' && !beginsHarmless(bare))) return { reason, name };
  if (isOpaqueUnder(name, bare, extra)) return { reason: 'opaque', name };
  // `--header=Authorization: Bearer x`, `--env=TOKEN=x`.
  return depth < maxDepth && /[=:\s]/.test(bare) && !isSensitiveName(name, extra)
    ? argumentCredential(bare, `--${name}`, extra, depth + 1)
    : undefined;
}

function afterFlag(text: string, before: string | undefined, extra: CredentialNames): Judgement | undefined {
  const [, flag] = flagAlone.exec(before?.trim() ?? '') ?? [];
  if (flag === undefined || before === undefined) return undefined;
  // A random value may begin with a hyphen too.
  if (flagAlone.test(text) && !isOpaque(text)) return undefined;
  if (userFlag.test(before) && userAndPassword.test(text)) return { reason: 'name', name: flag };
  const reason = credentialReason(flag, text, extra);
  if (reason !== undefined) return { reason, name: reason === 'name' ? flag : '' };
  const ambiguous = shortFlag.test(before) ? 'key' : flag;
  return isOpaqueUnder(ambiguous, text, extra) ? { reason: 'opaque', name: flag } : undefined;
}

/** `TOKEN=$(cat token) npx server`: a command follows, and inScript reads it. */
function beginsHarmless(value: string): boolean {
  if (!/\s/.test(value)) return false;
  const [first = ''] = shellWords(value.slice(0, longestMarker));
  return !schemeAlone.test(first) && (isPlaceholder(first) || saysSomethingElse(first));
}

const schemeAlone = /^(?:bearer|basic|token|digest|negotiate|api-?key):?$/i;

const unquoted = (text: string): string => {
  const [first, last] = [text[0], text.at(-1)];
  return text.length > 1 && first === last && (first === '"' || first === "'") ? text.slice(1, -1) : text;
};

/** The line without the backslash that continues it. */
const withoutContinuation = (line: string): string => {
  const written = line.trimEnd();
  return written.endsWith('\\') ? written.slice(0, -1).trimEnd() : line;
};

/** A script: its words are arguments again. */
function inScript(text: string, extra: CredentialNames, depth: number): Judgement | undefined {
  if (depth >= maxDepth || !/\s/.test(text.trim())) return undefined;
  // Each line of a configuration file is judged alone.
  if (text.includes('\n'))
    for (const line of text.split('\n')) {
      const judged =
        line.trim() === '' ? undefined : named(withoutContinuation(line), undefined, extra, depth + 1);
      if (judged !== undefined && judged.reason !== 'opaque') return judged;
    }
  let before: string | undefined;
  let uncertain: Judgement | undefined;
  for (const word of shellWords(text)) {
    const judged = argumentCredential(word, before, extra, depth + 1);
    if (judged !== undefined && judged.reason !== 'opaque') return judged;
    uncertain ??= judged;
    before = word;
  }
  return uncertain;
}

/** What a shell or a template fills in is one word, blanks and all: `$(cat token)`, `{{ .Values.token }}`. */
const markers = [
  ['$(', ')'],
  ['${', '}'],
  ['{{', '}}'],
  ['<', '>'],
] as const;
const longestMarker = 200;

/** The end of the marker that begins at `i`; `i` where none does. */
function endOfMarker(text: string, i: number): number {
  const marker = markers.find(([open]) => text.startsWith(open, i));
  if (!marker) return i;
  const end = text.slice(i, i + longestMarker).indexOf(marker[1]);
  return end < 0 ? i : i + end + marker[1].length;
}

/** The words of a shell's line, without their quotes; operators part them as blanks do. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let open: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const end = '${<'.includes(char) ? endOfMarker(text, i) : i;
    if (end > i) {
      word += text.slice(i, end);
      i = end - 1;
    } else if (open !== undefined) {
      if (char === open) open = undefined;
      else word += char === '\\' && open === '"' && i + 1 < text.length ? text[++i]! : char;
    } else if (char === '"' || char === "'") open = char;
    else if (char === '\\' && i + 1 < text.length) word += text[++i]!;
    else if (/[\s;|&()]/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else word += char;
  }
  if (word !== '') words.push(word);
  return words;
}

/** A text under a name, perhaps one of a list: a variable, a field, an argument with the one before it. */
export function plainCredential(
  name: string,
  text: string,
  before: string | undefined,
  extra: CredentialNames,
): Judgement | undefined {
  if (isListedHarmless(name, extra)) return undefined;
  if (credentialReason(name, text, extra) === 'name') return { reason: 'name', name };
  return (
    argumentCredential(text, before, extra) ??
    (isOpaqueUnder(name, text, extra) ? { reason: 'opaque', name } : undefined)
  );
}
