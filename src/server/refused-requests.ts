import type { Log } from '../telemetry/log.ts';

/** Why a request was refused before it was judged, by the status of its answer. */
const reasons = { 400: 'body', 413: 'size', 415: 'media-type', 429: 'busy' } as const;
export type RefusalStatus = keyof typeof reasons;
export type RefusalReason = (typeof reasons)[RefusalStatus];

/** A flood is one line in so many milliseconds for each reason, whatever it sends. */
const logEveryMs = 10_000;

/** Counts each request that is refused before it is judged, and logs them without letting a flood fill the log. */
export class RefusedRequests {
  readonly #log: Pick<Log, 'warn'>;
  readonly #counted: (reason: RefusalReason) => void;
  /** Refused since the last line. A reason without an entry is logged at once. */
  readonly #unlogged = new Map<RefusalStatus, number>();

  constructor(log: Pick<Log, 'warn'>, counted: (reason: RefusalReason) => void) {
    this.#log = log;
    this.#counted = counted;
  }

  add(status: RefusalStatus, message: string): void {
    this.#counted(reasons[status]);
    const unlogged = this.#unlogged.get(status);
    if (unlogged !== undefined) {
      this.#unlogged.set(status, unlogged + 1);
      return;
    }
    this.#unlogged.set(status, 0);
    this.#log.warn(`refused a request with ${status}: ${message}`);
    setTimeout(() => this.#summarize(status), logEveryMs).unref();
  }

  #summarize(status: RefusalStatus): void {
    const count = this.#unlogged.get(status) ?? 0;
    this.#unlogged.delete(status);
    if (count > 0) this.#log.warn(`refused ${count} more requests with ${status} in ${logEveryMs / 1000} s`);
  }
}
