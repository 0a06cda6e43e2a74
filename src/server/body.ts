import type { IncomingMessage } from 'node:http';
import type { Place } from './capacity.ts';

/** 8 MiB: the API server takes objects of 3 MiB, an UPDATE carries two, and JSON in a review is re-encoded. */
export const maxReviewBytes = 8 * 1024 * 1024;

export interface BodyProblem {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

const tooBusy: BodyProblem = {
  code: 429,
  reason: 'TooManyRequests',
  message: 'Sallyport is answering as many reviews as it can hold; try again in a second',
};

/** Reads a body into its place. Without one, or when that is full, the body is read and dropped: its sender is to be told. */
export function readBody(
  req: IncomingMessage,
  place: Place | undefined,
  done: (problem: BodyProblem | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let problem = place ? undefined : tooBusy;
  const finish = (found?: BodyProblem) => {
    req.off('data', take).off('end', ended).off('error', broken);
    // What still comes is read and dropped; a client that went away must not be an error nobody hears.
    req.on('error', () => undefined).resume();
    done(found, Buffer.concat(chunks));
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    const message = `the review is over ${maxReviewBytes} bytes`;
    if (size > maxReviewBytes) return finish({ code: 413, reason: 'RequestEntityTooLarge', message });
    if (place?.hold(chunk.length) === false) problem = tooBusy;
    if (problem) chunks.length = 0;
    else chunks.push(chunk);
  };
  const ended = () => finish(problem);
  const broken = () => finish({ code: 400, reason: 'BadRequest', message: 'the body ended early' });
  req.on('data', take).on('end', ended).on('error', broken);
}
