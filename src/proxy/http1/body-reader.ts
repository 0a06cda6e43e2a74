import { ChunkReader } from './chunk-reader.ts';
import type { BodyReader, BodySink, Framing } from './framing.ts';

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
