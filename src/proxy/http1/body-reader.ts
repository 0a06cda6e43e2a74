import { ChunkReader } from './chunk-reader.ts';
import type { Framing } from './framing.ts';

/** Hears each piece of a body as it stands in the bytes that came. */
export interface BodySink {
  readonly payload: (bytes: Buffer, from: number, to: number) => void;
}

export interface BodyReader {
  readonly done: boolean;
  /** Reads from `at` on and returns where it stopped: at the end, or at the first byte that is not of this body. */
  readonly read: (bytes: Buffer, at: number, sink: BodySink) => number;
}

export const bodyReader = (framing: Framing): BodyReader =>
  framing === 'chunked' ? new ChunkReader() : new LengthReader(lengthOf(framing));

const lengthOf = (framing: number | 'none' | 'until-close'): number => {
  if (typeof framing === 'number') return framing;
  return framing === 'none' ? 0 : Number.POSITIVE_INFINITY;
};

class LengthReader implements BodyReader {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  read(bytes: Buffer, at: number, sink: BodySink): number {
    const to = Math.min(bytes.length, at + this.#left);
    if (to > at) {
      this.#left -= to - at;
      sink.payload(bytes, at, to);
    }
    return to;
  }
}
