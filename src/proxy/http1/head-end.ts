import { isTokenByte, ProtocolError } from './fields.ts';

const emptyLine = Buffer.from('\r\n\r\n');

/**
 * The text of a head that begins at `from`, with the CRLF of its last line, or null while it is not complete.
 * What can never become a head is refused before its end: its sender may be waiting for an answer.
 */
export function headText(bytes: Buffer, from: number, maxBytes: number): string | null {
  const end = bytes.indexOf(emptyLine, from);
  if (end === -1 ? bytes.length - from > maxBytes : end - from > maxBytes)
    throw new ProtocolError('too-large');
  if (end !== -1) return bytes.toString('latin1', from, end + 2);
  if (from < bytes.length && !isTokenByte(bytes[from] ?? 0)) throw new ProtocolError();
  if (/(?:^|[^\r])\n/.test(bytes.toString('latin1', from))) throw new ProtocolError();
  return null;
}
