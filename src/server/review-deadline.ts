import type { Deadline } from '../core/cluster.ts';

/** Lookups stop this long before the API server's timeout; what is not known by then is unknown. */
export const deadlineMarginMs = 500;
/** The answer is sent this long before it, whatever the lookups do. */
const answerMarginMs = 300;

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/** The caller's deadline in two steps: lookups are aborted first, then the review ends, even if a lookup ignores that. */
export class ReviewDeadline implements Deadline {
  /** Rejects with `DeadlineExceeded` when an answer would soon come too late. */
  readonly ended: Promise<never>;
  readonly #endsAt: number;
  readonly #end: NodeJS.Timeout;
  #lookups: { readonly controller: AbortController; readonly timer: NodeJS.Timeout } | undefined;

  constructor(timeoutMs: number) {
    const { promise, reject } = rejectable();
    this.ended = promise;
    this.#endsAt = performance.now() + timeoutMs;
    this.#end = setTimeout(() => reject(new DeadlineExceeded()), timeoutMs - answerMarginMs);
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
