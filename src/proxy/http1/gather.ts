import type { Socket } from 'node:net';

/** Up to this size a copy is cheaper than a write of its own; Node writes such a string without allocating. */
const maxJoined = 16 * 1024;

/** Gathers what is ready and writes it at once: a head and a small body leave together. */
export class Gather {
  readonly #socket: Socket;
  #text = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  text(part: string): void {
    this.#text += part;
  }

  bytes(source: Buffer, from: number, to: number): void {
    if (this.#text.length + to - from <= maxJoined) {
      this.#text += source.toString('latin1', from, to);
      return;
    }
    this.#socket.cork();
    this.#writeText();
    this.#socket.write(source.subarray(from, to));
    process.nextTick(uncork, this.#socket);
  }

  /** False when the other side should wait until the socket has drained. */
  flush(): boolean {
    this.#writeText();
    return !this.#socket.writableNeedDrain;
  }

  #writeText(): void {
    if (this.#text === '') return;
    this.#socket.write(this.#text, 'latin1');
    this.#text = '';
  }
}

const uncork = (socket: Socket): void => socket.uncork();
