import type { Socket } from 'node:net';

/** Up to this size a copy is cheaper than a write of its own; Node writes such a string without allocating. */
const maxJoined = 16 * 1024;

/**
 * Gathers what is ready and writes it at once: a head and a small body leave together. Without a socket it keeps what
 * it is given until there is one.
 */
export class WriteBuffer {
  #socket: Socket | null;
  #text = '';
  #kept: (string | Buffer)[] = [];
  #keptBytes = 0;

  constructor(socket: Socket | null) {
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
    this.#socket?.cork();
    this.#writeText();
    this.#write(source.subarray(from, to));
    if (this.#socket !== null) process.nextTick(uncork, this.#socket);
  }

  /** False when the other side should wait until the socket has drained, or is there. */
  flush(): boolean {
    this.#writeText();
    return this.#socket === null ? this.#keptBytes <= maxJoined : !this.#socket.writableNeedDrain;
  }

  /** From now on all goes to this socket, beginning with what was kept. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.cork();
    for (const piece of this.#kept) this.#write(piece);
    this.#kept = [];
    this.#writeText();
    socket.uncork();
  }

  #writeText(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#write(text);
  }

  #write(piece: string | Buffer): void {
    if (this.#socket !== null) this.#socket.write(piece, 'latin1');
    else {
      this.#kept.push(piece);
      this.#keptBytes += piece.length;
    }
  }
}

const uncork = (socket: Socket): void => socket.uncork();
