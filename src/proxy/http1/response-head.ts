import { endOfText, nextLine, ProtocolError, readFields, type Field } from './fields.ts';
import {
  connectionOptions,
  contentLength,
  noOptions,
  type ConnectionOptions,
  type Framing,
} from './framing.ts';

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
  readonly type: string;
}

/** `method` is that of the request: an answer to HEAD has no body whatever it says. */
export function readResponseHead(text: string, method: string): ResponseHead {
  const minor = text.startsWith('HTTP/1.1 ') ? 1 : text.startsWith('HTTP/1.0 ') ? 0 : undefined;
  const digits = text.slice(9, 12);
  const after = text.charCodeAt(12);
  // The reason phrase and even the blank before it may be missing; nobody reads it.
  if (minor === undefined || !/^[1-5][0-9]{2}$/.test(digits) || (after !== 32 && after !== 13))
    throw new ProtocolError();
  const status = Number(digits);
  const fields = readFields(text, nextLine(text, endOfText(text, 12)));

  let length: number | undefined;
  let coding: 'chunked' | undefined;
  let connection = noOptions;
  let idleSeconds: number | undefined;
  let type = '';
  for (const { lower, value } of fields) {
    switch (lower) {
      case 'content-length':
        length = contentLength(value, length);
        break;
      case 'transfer-encoding':
        if (coding !== undefined || value.toLowerCase() !== 'chunked') throw new ProtocolError();
        coding = 'chunked';
        break;
      case 'connection':
        connection = connectionOptions(value, connection);
        break;
      case 'keep-alive':
        idleSeconds = Number(/(?:^|[ ,])timeout=([0-9]{1,9})/i.exec(value)?.[1] ?? Number.NaN);
        break;
      case 'content-type':
        type = value.toLowerCase();
        break;
    }
  }
  if (coding !== undefined && (length !== undefined || minor === 0)) throw new ProtocolError();
  const bodiless = method === 'HEAD' || status === 204 || status === 304 || status < 200;
  const framing: Framing = bodiless ? 'none' : (coding ?? length ?? 'until-close');
  return {
    status,
    fields,
    framing,
    length,
    connection,
    persistent: minor === 1 && !connection.close && framing !== 'until-close',
    idleSeconds: Number.isNaN(idleSeconds) ? undefined : idleSeconds,
    type,
  };
}
