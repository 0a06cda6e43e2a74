import type { IncomingMessage } from 'node:http';
import { headerBytes, readHeader, readUsername, type ReviewHeader } from '../core/review/header.ts';
import type { Slot } from './capacity.ts';
import type { RefusalStatus } from './refused-requests.ts';
import { turnBytes, type ReadingTurns } from './reading-turns.ts';

/** 8 MiB: the API server takes objects of 3 MiB, an UPDATE carries two, and JSON in a review is re-encoded. */
export const maxReviewBytes = 8 * 1024 * 1024;
/**
 * A larger review is judged in a worker thread. The largest recorded from an API server has 26 kB; this is the largest
 * that the event loop parses and judges within a few milliseconds, whatever it holds.
 */
export const largeReviewBytes = 64 * 1024;

/** Why a request is not judged. */
export interface BodyProblem {
  readonly code: RefusalStatus;
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
  message: 'Sallyport already judges as many reviews as its memory permits; try again in a second',
};

/**
 * Reads a body into its place. Without one, or when that is full, the body is read and dropped: its sender is to be told. A
 * large one is read in turns with the others, to its end.
 */
export function readBody(
  req: IncomingMessage,
  place: Slot | undefined,
  turns: ReadingTurns,
  done: (problem: BodyProblem | undefined, body: Body) => void,
): void {
  const collected = new Collected(Number(req.headers['content-length'] ?? 0));
  let [size, ofTurn, isLarge] = [0, 0, false];
  let problem = place ? undefined : tooBusy;
  let header: ReviewHeader | undefined;
  let username = '';
  const finish = (found?: BodyProblem) => {
    req.off('data', take).off('end', ended).off('error', broken);
    // What still comes is read and dropped; a client that went away must not be an error nobody hears.
    req.on('error', () => undefined).resume();
    done(found, { bytes: found ? Buffer.alloc(0) : collected.bytes(), header, username });
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    ofTurn += chunk.length;
    const message = `the review is over ${maxReviewBytes} bytes`;
    if (size > maxReviewBytes) return finish({ code: 413, reason: 'RequestEntityTooLarge', message });
    if (place?.hold(chunk.length) === false) problem = tooBusy;
    if (!problem) collected.add(chunk);
    if (place && !problem && !isLarge && size > largeReviewBytes) {
      isLarge = true;
      const beginning = collected.beginning();
      header = readHeader(beginning);
      username = readUsername(beginning);
      if (!place.enlarge({ namespace: header?.namespace ?? '', username })) problem = tooBusy;
    }
    if (problem) collected.drop();
    if (size <= largeReviewBytes || ofTurn < turnBytes) return;
    ofTurn = 0;
    turns.wait(req);
  };
  const ended = () => finish(problem);
  const broken = () => finish({ code: 400, reason: 'BadRequest', message: 'the body ended early' });
  req.on('data', take).on('end', ended).on('error', broken);
}

/** The bytes of a body: a small one's chunks, or a large one in a buffer of its own, which a worker thread can take over. */
class Collected {
  readonly #announced: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #large: Buffer<ArrayBuffer> | undefined;

  /** `announced` is the caller's `Content-Length` in bytes; 0 if there is none. */
  constructor(announced: number) {
    this.#announced = announced;
  }

  add(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size <= largeReviewBytes) this.#chunks.push(chunk);
    else {
      this.#large = this.#roomFor(size);
      chunk.copy(this.#large, this.#size);
    }
    this.#size = size;
  }

  beginning(): string {
    const begin = this.#large ?? Buffer.concat(this.#chunks);
    return begin.toString('utf8', 0, Math.min(this.#size, headerBytes));
  }

  drop(): void {
    [this.#chunks, this.#size, this.#large] = [[], 0, undefined];
  }

  bytes(): Buffer<ArrayBuffer> {
    if (!this.#large) return Buffer.concat(this.#chunks);
    return this.#large.length === this.#size ? this.#large : this.#resized(this.#large, this.#size);
  }

  /** Of the announced size at once, so that nothing is copied twice; a body without one doubles its room. */
  #roomFor(size: number): Buffer<ArrayBuffer> {
    const large = this.#large;
    if (large && large.length >= size) return large;
    const room = Math.min(Math.max(size, this.#announced, 2 * (large?.length ?? 0)), maxReviewBytes);
    return this.#resized(large ?? Buffer.concat(this.#chunks.splice(0)), room);
  }

  #resized(from: Buffer, size: number): Buffer<ArrayBuffer> {
    const resized = Buffer.allocUnsafeSlow(size);
    from.copy(resized, 0, 0, Math.min(this.#size, size));
    return resized;
  }
}
