import { maxChunkLineBytes, maxTrailerBytes } from '../limits.ts';
import { readField } from './fields.ts';
import { isFraming, type BodyReader, type BodySink } from './framing.ts';
import { ProtocolError } from './protocol-error.ts';

const lineFeed = 10;

/** Size in hex, at most 4 GiB; extensions may follow and are dropped. A blank or a sign is no part of a size. */
const sizeLine =
  /^([0-9A-Fa-f]{1,8})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e]*"))?)*\r\n$/;

/** A chunked body, RFC 9112, section 7.1. Trailers are checked as strictly as headers, and dropped. */
export class ChunkReader implements BodyReader {
  done = false;
  #expects: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #left = 0;
  #line = '';
  #trailerBytes = 0;

  read(bytes: Buffer, at: number, sink: BodySink): number {
    let next = at;
    while (!this.done && next < bytes.length) {
      if (this.#expects !== 'data') {
        next = this.#readLine(bytes, next);
        continue;
      }
      const to = Math.min(bytes.length, next + this.#left);
      this.#left -= to - next;
      if (this.#left === 0) this.#expects = 'data-end';
      sink.payload(bytes, next, to);
      next = to;
    }
    return next;
  }

  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(lineFeed, at);
    const to = end === -1 ? bytes.length : end + 1;
    this.#line += bytes.toString('latin1', at, to);
    if (this.#line.length > this.#mostBytes()) throw new ProtocolError();
    if (end !== -1) {
      const line = this.#line;
      this.#line = '';
      this.#take(line);
    }
    return to;
  }

  #mostBytes(): number {
    if (this.#expects === 'data-end') return '\r\n'.length;
    return this.#expects === 'size' ? maxChunkLineBytes : maxTrailerBytes - this.#trailerBytes;
  }

  #take(line: string): void {
    if (this.#expects === 'size') {
      const size = sizeLine.exec(line)?.[1];
      if (size === undefined) throw new ProtocolError();
      this.#left = Number.parseInt(size, 16);
      this.#expects = this.#left === 0 ? 'trailer' : 'data';
    } else if (this.#expects === 'data-end') {
      if (line !== '\r\n') throw new ProtocolError();
      this.#expects = 'size';
    } else if (line === '\r\n') {
      this.done = true;
    } else {
      this.#trailerBytes += line.length;
      if (!/^[\t\x20-\xff]+\r\n$/.test(line)) throw new ProtocolError();
      if (isFraming(readField(line.slice(0, -2)).lower)) throw new ProtocolError();
    }
  }
}
