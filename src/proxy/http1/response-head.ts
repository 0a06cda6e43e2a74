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

export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** As it was sent, also where there is no body: to HEAD and with 304. */
  readonly length: number | undefined;
  readonly connection: ConnectionOptions;
  /** The connection may carry another request afterwards. */
  readonly persistent: boolean;
  /** `Keep-Alive: timeout=`, in seconds. */
  readonly idleSeconds: number | undefined;
  readonly eventStream: boolean;
}

/** The reason phrase and even the blank before it may be missing; nobody reads it. */
function readStatusLine(line: string) {
  const [, minor, status] = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [^\x7f]*)?$/.exec(line) ?? [];
  if (status === undefined) throw new ProtocolError();
  return { minor: Number(minor), status: Number(status) };
}

const lines = new LineReader(readStatusLine);

/** As `readRequestHead`. `method` is that of the request: an answer to HEAD has no body whatever it says. */
export function readResponseHead(bytes: Buffer, from: number, to: number, method: string): ResponseHead {
  const { minor, status } = lines.read(bytes, from);
  const fields = readFields(bytes, lines.next, to);
  let length: number | undefined;
  let coding: 'chunked' | undefined;
  let connection = noOptions;
  let idleSeconds: number | undefined;
  let eventStream = false;
  for (const { role, value } of fields) {
    switch (role) {
      case 'content-length':
        if (length !== undefined) throw new ProtocolError();
        length = contentLength(value);
        break;
      case 'transfer-encoding':
        if (coding !== undefined || value.toLowerCase() !== 'chunked') throw new ProtocolError();
        coding = 'chunked';
        break;
      case 'connection':
        connection = connectionOptions(value, connection);
        break;
      case 'keep-alive':
        idleSeconds = Number(/(?:^|[ ,])timeout=([0-9]{1,9})/i.exec(value)?.[1] ?? Infinity);
        break;
      case 'content-type':
        // Clients differ in how they read parameters, lists and repeated fields: some take each of these for a stream.
        eventStream ||= value.toLowerCase().includes('text/event-stream');
        break;
    }
  }
  if (coding !== undefined && (length !== undefined || minor === 0)) throw new ProtocolError();
  // No such answer has a body, and who read one would read the next answer wrong. A length of 0 is common with 204.
  if ((status < 200 || status === 204) && (coding !== undefined || (length ?? 0) > 0))
    throw new ProtocolError();
  const bodiless = method === 'HEAD' || status === 204 || status === 304 || status < 200;
  const framing: Framing = bodiless ? 'none' : (coding ?? length ?? 'until-close');
  const persistent = minor === 1 && !connection.close && framing !== 'until-close';
  return { status, fields, framing, length, connection, persistent, idleSeconds, eventStream };
}
