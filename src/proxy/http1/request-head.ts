import { endOfToken, nextLine, ProtocolError, readFields, type Field } from './fields.ts';
import {
  connectionOptions,
  contentLength,
  noOptions,
  type ConnectionOptions,
  type Framing,
} from './framing.ts';

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  readonly connection: ConnectionOptions;
  /** Empty where HTTP/1.0 has none. */
  readonly host: string;
  readonly expectsContinue: boolean;
  readonly upgrades: boolean;
  /** `Origin` or `Sec-Fetch-Site` of a page that is not ours. */
  readonly foreignPage: boolean;
}

const space = 32;

/** `text` is the head up to and with the CRLF of its last line, without the empty one. */
export function readRequestHead(text: string): RequestHead {
  const methodEnd = endOfToken(text, 0);
  if (methodEnd === 0 || text.charCodeAt(methodEnd) !== space) throw new ProtocolError();
  const target = targetAt(text, methodEnd + 1);
  const versionAt = methodEnd + 1 + target.length + 1;
  const minor = minorVersion(text, versionAt);
  const fields = readFields(text, nextLine(text, versionAt + 'HTTP/1.1'.length));
  return { method: text.slice(0, methodEnd), target, minor, fields, ...meaning(fields, minor) };
}

/** Visible ASCII up to one space. A `#` begins what is never sent, and servers cut there differently. */
function targetAt(text: string, from: number): string {
  let at = from;
  for (let byte = text.charCodeAt(at); byte > space && byte < 127; byte = text.charCodeAt(at)) {
    if (byte === 35) throw new ProtocolError();
    at += 1;
  }
  if (at === from || text.charCodeAt(at) !== space) throw new ProtocolError();
  return text.slice(from, at);
}

function minorVersion(text: string, at: number): 0 | 1 {
  if (text.startsWith('HTTP/1.1', at)) return 1;
  if (text.startsWith('HTTP/1.0', at)) return 0;
  throw new ProtocolError();
}

type Meaning = Omit<RequestHead, 'method' | 'target' | 'minor' | 'fields'>;

/** What the headers say about the message itself. Everything ambiguous is refused here. */
function meaning(fields: readonly Field[], minor: 0 | 1): Meaning {
  let host: string | undefined;
  let length: number | undefined;
  let coding: string | undefined;
  let connection = noOptions;
  let expectsContinue = false;
  let upgrades = false;
  let foreignPage = false;
  for (const { lower, value } of fields) {
    switch (lower) {
      case 'host':
        if (host !== undefined) throw new ProtocolError();
        host = value;
        break;
      case 'content-length':
        length = contentLength(value, length);
        break;
      case 'transfer-encoding':
        if (coding !== undefined) throw new ProtocolError();
        coding = value.toLowerCase();
        break;
      case 'connection':
        connection = connectionOptions(value, connection);
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue') throw new ProtocolError('not-proxied');
        expectsContinue = true;
        break;
      case 'upgrade':
        upgrades = true;
        break;
      case 'origin':
        foreignPage = true;
        break;
      case 'sec-fetch-site':
        // `same-site` is a page on another port of localhost; `none` is a person typing the address.
        if (value !== 'same-origin' && value !== 'none') foreignPage = true;
        break;
    }
  }
  if (host === undefined && minor === 1) throw new ProtocolError();
  const framing = framingOf(length, coding, minor);
  return { framing, connection, host: host ?? '', expectsContinue, upgrades, foreignPage };
}

function framingOf(length: number | undefined, coding: string | undefined, minor: 0 | 1): Framing {
  if (coding === undefined) return length ?? 'none';
  if (length !== undefined || minor === 0) throw new ProtocolError();
  if (coding === 'chunked') return 'chunked';
  // Chunked twice, or not last, is a trick; a coding that we do not know is only unknown.
  throw new ProtocolError(/^(?!.*chunked.*chunked)[a-z, ]+$/.test(coding) ? 'not-proxied' : 'malformed');
}
