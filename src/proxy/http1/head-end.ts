import { isToken } from './fields.ts';
import { ProtocolError } from './protocol-error.ts';

const emptyLine = Buffer.from('\r\n\r\n');

/**
 * Where the empty line of a head begins that itself begins at `from`, or -1 while it has not come. What can never
 * become a head is refused before its end: its sender may be waiting for an answer.
 */
export function headEnd(bytes: Buffer, from: number, maxBytes: number): number {
  const end = bytes.indexOf(emptyLine, from);
  if ((end === -1 ? bytes.length : end) - from > maxBytes) throw new ProtocolError('too-large');
  if (end !== -1) return end + 2;
  const text = bytes.toString('latin1', from);
  if ((text !== '' && !isToken(text.slice(0, 1))) || /(?:^|[^\r])\n/.test(text)) throw new ProtocolError();
  return -1;
}
