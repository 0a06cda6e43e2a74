import { FairQueue } from './fair-queue.ts';
import type { ReviewMessage, WorkerAnswer } from './protocol.ts';
import { refusal } from './refusal.ts';
import { ReviewWorker, type WorkerEnd, type WorkerParts } from './review-worker.ts';

/** Reviews that are judged in worker threads at one time. A second namespace never waits for the first. */
const maxWorkers = 2;
/**
 * A worker that gives no answer is terminated this long before the caller's timeout. By itself it answers 100 ms earlier,
 * also while lookups wait, so that only one that is busy is terminated.
 */
const terminateMarginMs = 200;
/** A worker without a review for this long is terminated: it holds about 30 MiB. */
const idleMs = 30_000;

/** `answered`; `full`: the queue had no room; `waited`: no worker was free in time; else the worker was terminated. */
export type LargeOutcome = 'answered' | 'full' | 'waited' | 'deadline' | WorkerEnd;

export type LargeReview = Omit<ReviewMessage, 'type' | 'endsAt'> & {
  readonly timeoutMs: number;
  /** The requester's name; empty if it is not known. */
  readonly username: string;
};

interface Entry extends LargeReview {
  readonly namespace: string;
  readonly endsAt: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: WorkerAnswer) => void;
  worker?: ReviewWorker;
}

export interface LargeParts extends WorkerParts {
  readonly counted: (outcome: LargeOutcome) => void;
}

/** Judges large reviews in worker threads, so that whatever they cost, the event loop is free for everything else. */
export class LargeReviews {
  readonly #parts: LargeParts;
  readonly #queue = new FairQueue<Entry>();
  /** When each began to be idle. */
  readonly #idle = new Map<ReviewWorker, NodeJS.Timeout>();
  #busy = 0;

  constructor(parts: LargeParts) {
    this.#parts = parts;
  }

  /** Never rejects: what cannot be judged is refused. */
  judge(review: LargeReview): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      const waitMs = Math.max(0, review.timeoutMs - terminateMarginMs);
      const entry: Entry = {
        ...review,
        namespace: review.header?.namespace ?? '',
        endsAt: Date.now() + review.timeoutMs,
        timer: setTimeout(() => this.#late(entry), waitMs),
        resolve,
      };
      if (this.#queue.add(entry)) this.#serve();
      else this.#settle(entry, 'full');
    });
  }

  close(): void {
    for (const [worker, timer] of this.#idle) {
      clearTimeout(timer);
      worker.terminate();
    }
    this.#idle.clear();
  }

  #serve(): void {
    while (this.#busy < maxWorkers) {
      const entry = this.#queue.next();
      if (!entry) return;
      this.#busy += 1;
      entry.worker = this.#take();
      void this.#run(entry, entry.worker);
    }
  }

  async #run(entry: Entry, worker: ReviewWorker): Promise<void> {
    const { route, body, header, endsAt } = entry;
    try {
      const answer = await worker.judge({ route, body, header, endsAt });
      this.#settle(entry, 'answered', answer);
      this.#rest(worker);
    } catch (why) {
      worker.terminate();
      this.#settle(entry, why as WorkerEnd);
    }
    this.#free(entry);
  }

  #late(entry: Entry): void {
    if (this.#queue.withdraw(entry)) return this.#settle(entry, 'waited');
    entry.worker?.terminate();
    this.#settle(entry, 'deadline');
    this.#free(entry);
  }

  /** The entry runs no more, and another may. */
  #free(entry: Entry): void {
    this.#busy -= 1;
    this.#queue.done(entry);
    this.#serve();
  }

  #settle(entry: Entry, outcome: LargeOutcome, answer?: WorkerAnswer): void {
    clearTimeout(entry.timer);
    this.#parts.counted(outcome);
    entry.resolve(answer ?? refusal(entry.header, ...reasons[outcome === 'answered' ? 'failed' : outcome]));
  }

  #take(): ReviewWorker {
    for (const [worker, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(worker);
      if (!worker.ended) return worker;
    }
    return new ReviewWorker(this.#parts);
  }

  #rest(worker: ReviewWorker): void {
    const timer = setTimeout(() => {
      this.#idle.delete(worker);
      worker.terminate();
    }, idleMs);
    timer.unref();
    this.#idle.set(worker, timer);
  }
}

const tooLarge = 'Fix: make the object smaller, or split it.';
const reasons: Readonly<Record<Exclude<LargeOutcome, 'answered'>, readonly [number, string, string]>> = {
  full: [
    429,
    'TooManyRequests',
    'too many large objects of this requester or namespace are waiting. Fix: try again.',
  ],
  waited: [
    504,
    'Timeout',
    'Sallyport could not start to judge this large object before the timeout. Fix: try again.',
  ],
  deadline: [504, 'Timeout', `Sallyport could not judge this object before the timeout. ${tooLarge}`],
  memory: [
    413,
    'RequestEntityTooLarge',
    `Sallyport needs more memory to judge this object than it may use. ${tooLarge}`,
  ],
  failed: [
    500,
    'InternalError',
    'Sallyport failed to judge this object. Fix: try again; if the error remains, ask your platform team to read its log.',
  ],
};
