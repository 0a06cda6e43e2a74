/** Bytes that are not HTTP as we understand it. Says nothing of what they were. */
export class ProtocolError extends Error {
  readonly kind: 'malformed' | 'too-large' | 'not-proxied';

  constructor(kind: ProtocolError['kind'] = 'malformed') {
    super(kind);
    this.kind = kind;
  }
}

/** One header line. The text holds one character per byte, so nothing is decoded and encoded on the way. */
export interface Field {
  readonly name: string;
  /** The name in lower case. */
  readonly lower: string;
  /** Without the blanks around it. */
  readonly value: string;
}

const tokenBytes = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  tokenBytes[char.charCodeAt(0)] = 1;

/** RFC 9110, section 5.6.2. */
export const isTokenByte = (byte: number): boolean => tokenBytes[byte] === 1;

/** Where a token that begins at `from` ends. */
export function endOfToken(text: string, from: number): number {
  let at = from;
  while (isTokenByte(text.charCodeAt(at))) at += 1;
  return at;
}

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const colon = 58;
const del = 127;

const isBlank = (byte: number): boolean => byte === space || byte === tab;

/** Where a text without control characters, other than tabs, ends. */
export function endOfText(text: string, from: number): number {
  let at = from;
  for (let byte = text.charCodeAt(at); ; byte = text.charCodeAt(at)) {
    // At the end of the text this is NaN, which is neither.
    if (!((byte >= space && byte !== del) || byte === tab)) return at;
    at += 1;
  }
}

/** Checks that a line ends at `at`, in CRLF and nothing else, and returns where the next one begins. */
export function nextLine(text: string, at: number): number {
  if (text.charCodeAt(at) !== carriageReturn || text.charCodeAt(at + 1) !== lineFeed)
    throw new ProtocolError();
  return at + 2;
}

/**
 * Reads header lines, each ended by CRLF, up to the end of the text: RFC 9112, section 5, without what it only
 * tolerates. No line is folded, no blank stands before a colon, no control character in a value.
 */
export function readFields(text: string, from: number): Field[] {
  const fields: Field[] = [];
  let at = from;
  while (at < text.length) {
    const nameEnd = endOfToken(text, at);
    if (nameEnd === at || text.charCodeAt(nameEnd) !== colon) throw new ProtocolError();
    const name = text.slice(at, nameEnd);
    const lineEnd = endOfText(text, nameEnd + 1);
    at = nextLine(text, lineEnd);
    let start = nameEnd + 1;
    while (isBlank(text.charCodeAt(start))) start += 1;
    let end = lineEnd;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
    fields.push({ name, lower: name.toLowerCase(), value: text.slice(start, end) });
  }
  return fields;
}
