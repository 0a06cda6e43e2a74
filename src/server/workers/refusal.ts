import { encodeError, type ReviewAnswer } from '../../core/review/encode.ts';
import type { ReviewHeader } from '../../core/review/header.ts';
import { status } from '../json.ts';
import type { WorkerAnswer } from './protocol.ts';

/** JSON in a separate buffer, which can be transferred to another thread. */
function encoded(value: unknown): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value);
  const bytes = new Uint8Array(Buffer.byteLength(text));
  new TextEncoder().encodeInto(text, bytes);
  return bytes;
}

export const reviewAnswer = (answer: ReviewAnswer): WorkerAnswer => ({ status: 200, body: encoded(answer) });

/**
 * A refusal that the API server can match to its request, where the header says which. Without one it is an HTTP error,
 * which an entry with failure policy `Ignore` would admit.
 */
export function refusal(
  header: ReviewHeader | undefined,
  code: number,
  reason: string,
  message: string,
): WorkerAnswer {
  if (!header) return { status: code, body: encoded(status(code, reason, message)) };
  return {
    ...reviewAnswer(encodeError(header.uid, code, reason, message)),
    decided: { ...header, decision: 'error', codes: [], warned: [], audited: [] },
  };
}
