import { STATUS_CODES } from 'node:http';
import type { WriteBuffer } from './write-buffer.ts';
import type { ResponseHead } from './response-head.ts';

const statusLines: string[] = [];

/** With the standard reason phrase: the server's own could say anything. */
export const statusLine = (status: number): string =>
  (statusLines[status] ??= `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`);

/** The head of an answer with `lines` as its headers, framed anew. A body that is rewritten has another length. */
export function answerHead(
  { status, framing, length }: ResponseHead,
  how: {
    readonly lines: string;
    readonly chunked: boolean;
    readonly rewritten: boolean;
    readonly close: boolean;
  },
): string {
  // HEAD and 304 tell the length of a body they do not have.
  const told =
    typeof framing === 'number' ? framing : framing === 'none' && status !== 204 ? length : undefined;
  const frame = how.chunked
    ? 'Transfer-Encoding: chunked\r\n'
    : told === undefined || (how.rewritten && framing !== 'none')
      ? ''
      : `Content-Length: ${told}\r\n`;
  return `${statusLine(status)}${how.lines}${frame}${how.close ? 'Connection: close\r\n' : ''}\r\n`;
}

/** Writes a body in the framing its head has announced. */
export interface BodyWriter {
  readonly payload: (bytes: Buffer, from: number, to: number) => void;
  readonly end: () => void;
}

export const plainBody = (out: WriteBuffer): BodyWriter => ({
  payload: (bytes, from, to) => out.bytes(bytes, from, to),
  end: () => {},
});

export const chunkedBody = (out: WriteBuffer): BodyWriter => ({
  payload: (bytes, from, to) => {
    out.text(`${(to - from).toString(16)}\r\n`);
    out.bytes(bytes, from, to);
    out.text('\r\n');
  },
  end: () => out.text('0\r\n\r\n'),
});
