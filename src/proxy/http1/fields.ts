import { LineReader } from './line-reader.ts';
import { ProtocolError } from './protocol-error.ts';

/** Headers that say something about the message itself, or about who sent it; all others are `plain`. */
const roles = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'content-type',
  'expect',
  'upgrade',
  'origin',
  'sec-fetch-site',
];
const roleOf = new Map<string, string>(roles.map((role) => [role, role]));

/** One header line. The text holds one character per byte, so nothing is decoded and encoded on the way. */
export interface Field {
  readonly name: string;
  /** The name in lower case. */
  readonly lower: string;
  /** Without the blanks around it. */
  readonly value: string;
  /** As it goes on. */
  readonly line: string;
  /** Its name where that is one of `roles`. Comparing it costs less than comparing names. */
  readonly role: string;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
export const isToken = (text: string): boolean => token.test(text);

/** RFC 9112, section 5, without what it only tolerates: no line is folded, no blank stands before a colon. */
export function readField(line: string): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!isToken(name) || line.includes('\x7f')) throw new ProtocolError();
  const isBlank = (at: number) => line[at] === ' ' || line[at] === '\t';
  let start = colon + 1;
  let end = line.length;
  while (start < end && isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  const lower = name.toLowerCase();
  const value = line.slice(start, end);
  return { name, lower, value, line: `${name}: ${value}\r\n`, role: roleOf.get(lower) ?? 'plain' };
}

const reader = new LineReader(readField);

/** Reads header lines up to `to`, where the empty line begins. */
export function readFields(bytes: Buffer, from: number, to: number): Field[] {
  const fields: Field[] = [];
  for (let at = from; at < to; at = reader.next) fields.push(reader.read(bytes, at));
  return fields;
}
