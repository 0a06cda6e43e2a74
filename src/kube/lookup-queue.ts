import { setMaxListeners } from 'node:events';

/** Whose turn it is: lookups of one review share its signal, and reviews of one tenant their namespace. */
export interface Turn {
  readonly namespace: string;
  readonly signal: AbortSignal;
}

interface Limits {
  readonly total: number;
  readonly perNamespace: number;
  readonly perReview: number;
}

interface Line {
  running: number;
  /** In order of arrival; a Set gives up any of them at once. */
  readonly waiting: Set<() => void>;
}

interface Tenant {
  running: number;
  readonly reviews: Map<AbortSignal, Line>;
}

/** Rejects what waits when the review's deadline passes. */
export class GaveUpWaiting extends Error {
  override readonly name = 'GaveUpWaiting';
}

/**
 * Runs tasks with a limit in all, for each namespace and for each review. Namespaces take turns, and so do the reviews of
 * one namespace, so a task waits for at most one task of each other namespace, however many they have queued.
 *
 * It is not the FairQueue of large reviews: that one also limits what waits, runs one review of a namespace at a time and
 * has no tasks of one review to share its turns among.
 */
export class LookupQueue {
  readonly #limits: Limits;
  readonly #tenants = new Map<string, Tenant>();
  #running = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  run<T>({ namespace, signal }: Turn, task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(new GaveUpWaiting());
      const { tenant, line } = this.#lineOf(namespace, signal);
      const count = (by: 1 | -1) => {
        this.#running += by;
        tenant.running += by;
        line.running += by;
      };
      const giveUp = () => {
        line.waiting.delete(start);
        this.#forget(namespace, signal);
        reject(new GaveUpWaiting());
      };
      const start = () => {
        signal.removeEventListener('abort', giveUp);
        line.waiting.delete(start);
        count(1);
        const settled = (settle: () => void) => {
          count(-1);
          this.#forget(namespace, signal);
          settle();
          this.#startWhatMay();
        };
        task().then(
          (result) => settled(() => resolve(result)),
          (error: unknown) => settled(() => reject(error)),
        );
      };
      signal.addEventListener('abort', giveUp, { once: true });
      line.waiting.add(start);
      this.#startWhatMay();
    });
  }

  #lineOf(namespace: string, signal: AbortSignal) {
    const tenant = this.#tenants.get(namespace) ?? { running: 0, reviews: new Map<AbortSignal, Line>() };
    this.#tenants.set(namespace, tenant);
    let line = tenant.reviews.get(signal);
    if (!line) {
      line = { running: 0, waiting: new Set() };
      tenant.reviews.set(signal, line);
      // Each task that waits and each request listens, and their number is limited where they are made.
      setMaxListeners(0, signal);
    }
    return { tenant, line };
  }

  #forget(namespace: string, signal: AbortSignal): void {
    const tenant = this.#tenants.get(namespace);
    const line = tenant?.reviews.get(signal);
    if (line?.running === 0 && line.waiting.size === 0) tenant?.reviews.delete(signal);
    if (tenant?.reviews.size === 0) this.#tenants.delete(namespace);
  }

  #startWhatMay(): void {
    while (this.#running < this.#limits.total) {
      const start = this.#next();
      if (!start) return;
      start();
    }
  }

  /** The first that may start; its review and its namespace go to the end of their lines. */
  #next(): (() => void) | undefined {
    for (const [namespace, tenant] of this.#tenants) {
      if (tenant.running >= this.#limits.perNamespace) continue;
      for (const [signal, line] of tenant.reviews) {
        const [start] = line.waiting;
        if (!start || line.running >= this.#limits.perReview) continue;
        tenant.reviews.delete(signal);
        tenant.reviews.set(signal, line);
        this.#tenants.delete(namespace);
        this.#tenants.set(namespace, tenant);
        return start;
      }
    }
    return undefined;
  }
}
