import { STATUS_CODES } from 'node:http';
import type { Gather } from './gather.ts';

const statusLines: string[] = [];

/** With the standard reason phrase: the server's own could say anything. */
export const statusLine = (status: number): string =>
  (statusLines[status] ??= `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`);

/** Writes a body in the framing its head has announced. */
export interface BodyWriter {
  readonly payload: (bytes: Buffer, from: number, to: number) => void;
  readonly end: () => void;
}

export const plainBody = (out: Gather): BodyWriter => ({
  payload: (bytes, from, to) => out.bytes(bytes, from, to),
  end: () => {},
});

export const chunkedBody = (out: Gather): BodyWriter => ({
  payload: (bytes, from, to) => {
    out.text(`${(to - from).toString(16)}\r\n`);
    out.bytes(bytes, from, to);
    out.text('\r\n');
  },
  end: () => out.text('0\r\n\r\n'),
});
