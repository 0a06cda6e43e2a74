import type { IncomingMessage } from 'node:http';

/**
 * What one large body may bring before the others have their turn. Node reads up to 2 MB of a connection at once, and six
 * connections together would keep the event loop busy for 50 ms with decrypting.
 */
export const turnBytes = 64 * 1024;

/** Large bodies are read in turns, one in each turn of the event loop, so that probes and small reviews never wait for them. */
export class ReadingTurns {
  readonly #waiting: IncomingMessage[] = [];
  #isScheduled = false;

  /** Pauses a request that had its turn, until it is its turn again. */
  wait(req: IncomingMessage): void {
    req.pause();
    this.#waiting.push(req);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#waiting.shift()?.resume();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
