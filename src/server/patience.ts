import type { Deadline } from '../core/ports.ts';

/** Lookups stop this long before the API server's patience ends; what is not known by then is unknown. */
export const deadlineMarginMs = 500;
/** And this long before it an answer leaves, whatever the lookups do. */
const answerMarginMs = 300;

export class TooLate extends Error {
  override readonly name = 'TooLate';
}

/** The caller's, in two steps: lookups are aborted first, then what does not even heed that is given up on. */
export class Patience implements Deadline {
  /** Rejects with `TooLate` when an answer would soon come too late. */
  readonly ended: Promise<never>;
  readonly #endsAt: number;
  readonly #end: NodeJS.Timeout;
  #lookups: { readonly controller: AbortController; readonly timer: NodeJS.Timeout } | undefined;

  constructor(timeoutMs: number) {
    const { promise, reject } = rejectable();
    this.ended = promise;
    this.#endsAt = performance.now() + timeoutMs;
    this.#end = setTimeout(() => reject(new TooLate()), timeoutMs - answerMarginMs);
  }

  get signal(): AbortSignal {
    this.#lookups ??= abortAfter(this.#endsAt - deadlineMarginMs - performance.now());
    return this.#lookups.controller.signal;
  }

  clear(): void {
    clearTimeout(this.#end);
    clearTimeout(this.#lookups?.timer);
  }
}

function rejectable() {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  return { promise, reject };
}

function abortAfter(ms: number) {
  const controller = new AbortController();
  return { controller, timer: setTimeout(() => controller.abort(), ms) };
}
