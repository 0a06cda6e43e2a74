import type { IncomingMessage } from 'node:http';
import { headerBytes, readHeader, readUsername, type ReviewHeader } from '../core/review/header.ts';
import type { Slot } from './capacity.ts';

/** 8 MiB: the API server takes objects of 3 MiB, an UPDATE carries two, and JSON in a review is re-encoded. */
export const maxReviewBytes = 8 * 1024 * 1024;
/**
 * A larger review is judged in a worker thread. The largest recorded from an API server has 26 kB; this is the largest
 * that the event loop parses and judges within a few milliseconds, whatever it holds.
 */
export const largeReviewBytes = 64 * 1024;

export interface BodyProblem {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

export interface Body {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Only of a large review, and only if it begins as an API server's does. */
  readonly header?: ReviewHeader | undefined;
  /** The requester's name, of a large review. Empty if the review does not begin as an API server's does. */
  readonly username: string;
}

const tooBusy: BodyProblem = {
  code: 429,
  reason: 'TooManyRequests',
  message: 'Sallyport is answering as many reviews as it can hold; try again in a second',
};

/** Reads a body into its place. Without one, or when that is full, the body is read and dropped: its sender is to be told. */
export function readBody(
  req: IncomingMessage,
  place: Slot | undefined,
  done: (problem: BodyProblem | undefined, body: Body) => void,
): void {
  const chunks: Buffer[] = [];
  let [size, isLarge] = [0, false];
  let problem = place ? undefined : tooBusy;
  let header: ReviewHeader | undefined;
  let username = '';
  const finish = (found?: BodyProblem) => {
    req.off('data', take).off('end', ended).off('error', broken);
    // What still comes is read and dropped; a client that went away must not be an error nobody hears.
    req.on('error', () => undefined).resume();
    done(found, { bytes: found ? Buffer.alloc(0) : joined(chunks), header, username });
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    const message = `the review is over ${maxReviewBytes} bytes`;
    if (size > maxReviewBytes) return finish({ code: 413, reason: 'RequestEntityTooLarge', message });
    if (place?.hold(chunk.length) === false) problem = tooBusy;
    if (!problem) chunks.push(chunk);
    if (place && !problem && !isLarge && size > largeReviewBytes) {
      isLarge = true;
      const beginning = beginningOf(chunks);
      header = readHeader(beginning);
      username = readUsername(beginning);
      if (!place.enlarge({ namespace: header?.namespace ?? '', username })) problem = tooBusy;
    }
    if (problem) chunks.length = 0;
  };
  const ended = () => finish(problem);
  const broken = () => finish({ code: 400, reason: 'BadRequest', message: 'the body ended early' });
  req.on('data', take).on('end', ended).on('error', broken);
}

function beginningOf(chunks: readonly Buffer[]): string {
  const begin: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    if (size >= headerBytes) break;
    begin.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(begin).toString('utf8', 0, headerBytes);
}

/** In a separate buffer, which can be transferred to a worker thread. */
function joined(chunks: readonly Buffer[]): Buffer<ArrayBuffer> {
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const bytes = size > largeReviewBytes ? Buffer.allocUnsafeSlow(size) : Buffer.allocUnsafe(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(bytes, at);
  return bytes;
}
