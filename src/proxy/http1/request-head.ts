import { readFields, type Field } from './fields.ts';
import {
  connectionOptions,
  contentLength,
  noOptions,
  type ConnectionOptions,
  type Framing,
} from './framing.ts';
import { LineReader } from './line-reader.ts';
import { ProtocolError } from './protocol-error.ts';

interface RequestLine {
  readonly method: string;
  readonly target: string;
  /** HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
}

export interface RequestHead extends RequestLine {
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

/** A method of capitals as all known ones are, single blanks, and a target of visible ASCII. A `#` begins what is never sent; servers cut there differently. */
function readRequestLine(line: string): RequestLine {
  const [method = '', target = '', version, ...more] = line.split(' ');
  const minor = version === 'HTTP/1.1' ? 1 : version === 'HTTP/1.0' ? 0 : undefined;
  if (
    minor === undefined ||
    more.length > 0 ||
    !/^[A-Z][A-Z_-]*$/.test(method) ||
    !/^[\x21\x22\x24-\x7e]+$/.test(target)
  )
    throw new ProtocolError();
  return { method, target, minor };
}

const lines = new LineReader(readRequestLine);

/** The head from `from` to `to`, where its empty line begins. Everything ambiguous is refused here. */
export function readRequestHead(bytes: Buffer, from: number, to: number): RequestHead {
  const { method, target, minor } = lines.read(bytes, from);
  const fields = readFields(bytes, lines.next, to);
  let host: string | undefined;
  let length: number | undefined;
  let coding: string | undefined;
  let connection = noOptions;
  let expectsContinue = false;
  let upgrades = false;
  let foreignPage = false;
  for (const { role, value } of fields) {
    switch (role) {
      case 'host':
        if (host !== undefined) throw new ProtocolError();
        host = value;
        break;
      case 'content-length':
        if (length !== undefined) throw new ProtocolError();
        length = contentLength(value);
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
  const framing = coding === undefined ? (length ?? 'none') : chunkedOnly(coding, length, minor);
  return {
    method,
    target,
    minor,
    fields,
    framing,
    connection,
    host: host ?? '',
    expectsContinue,
    upgrades,
    foreignPage,
  };
}

function chunkedOnly(coding: string, length: number | undefined, minor: 0 | 1): 'chunked' {
  if (length !== undefined || minor === 0) throw new ProtocolError();
  if (coding === 'chunked') return 'chunked';
  // Chunked twice, or not last, is a trick; a coding that we do not know is only unknown.
  throw new ProtocolError(/^(?!.*chunked.*chunked)[a-z, ]+$/.test(coding) ? 'not-proxied' : 'malformed');
}
