import { Worker } from 'node:worker_threads';
import type { Configuration } from '../../core/configuration.ts';
import type { Cluster, ClusterMethod } from '../../core/cluster.ts';
import type { Log } from '../../telemetry/log.ts';
import type { FromWorker, LookupMessage, ReviewMessage, ToWorker, WorkerAnswer } from './protocol.ts';

/**
 * The heap of one worker. With two workers and the bodies that are held, the process had at most 224 MiB of private memory
 * (docs/benchmarks.md), of 256 Mi in the manifests.
 */
const resourceLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** Why a worker ended before it answered. */
export type WorkerEnd = 'memory' | 'failed';

export interface WorkerParts {
  /** The worker's program. */
  readonly file: URL;
  readonly cluster: Cluster;
  readonly configuration: () => Configuration;
  readonly log: Pick<Log, 'error'>;
}

type Lookups = Readonly<Record<ClusterMethod, (...args: unknown[]) => Promise<unknown>>>;

/** One worker thread, with at most one review at a time. */
export class ReviewWorker {
  readonly #parts: WorkerParts;
  readonly #worker: Worker;
  readonly #lookups: Lookups;
  #configuration: Configuration | undefined;
  #review: Review | undefined;
  /** It takes no more reviews. */
  ended = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#lookups = parts.cluster as unknown as Lookups;
    this.#worker = new Worker(parts.file, { resourceLimits, env: {}, execArgv: [] });
    // The process ends when the server does.
    this.#worker.unref();
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') parts.log.error('a worker thread failed', error);
      this.#end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'failed');
    });
    this.#worker.on('exit', () => this.#end('failed'));
  }

  /** Rejects with a `WorkerEnd`; the worker is of no use then. Its body is handed over to the worker. */
  judge(review: Omit<ReviewMessage, 'type'>): Promise<WorkerAnswer> {
    return new Promise((resolve, reject) => {
      this.#review = { resolve, reject, lookups: new Set(), ended: new AbortController() };
      this.#configure();
      this.#send({ type: 'review', ...review }, [review.body.buffer]);
    });
  }

  /** Whatever it does. Its review gets no answer. */
  terminate(): void {
    this.ended = true;
    this.#takeReview();
    void this.#worker.terminate();
  }

  #configure(): void {
    const configuration = this.#parts.configuration();
    if (configuration === this.#configuration) return;
    this.#configuration = configuration;
    const { hasAuthorizer } = this.#parts.cluster;
    this.#send({ type: 'settings', configuration, hasAuthorizer });
  }

  #hear(message: FromWorker): void {
    if (message.type === 'lookup') void this.#lookUp(message);
    else if (message.type === 'cancel') this.#cancel(message.id);
    else if (message.type === 'log') this.#parts.log.error(message.message, message.error);
    else {
      const { type: _, ...answer } = message;
      this.#takeReview()?.resolve(answer);
    }
  }

  async #lookUp({ id, method, args }: LookupMessage): Promise<void> {
    const review = this.#review;
    if (!review) return;
    review.lookups.add(id);
    // One signal for all lookups of a review: by it the queue knows which review a lookup belongs to.
    const { signal } = review.ended;
    const lookup = this.#lookups[method];
    const answer: ToWorker = await lookup(...args, { signal })
      .then((value) => ({ type: 'found' as const, id, value }))
      .catch(() => ({ type: 'failed' as const, id }));
    review.lookups.delete(id);
    if (review === this.#review) this.#send(answer);
  }

  /** The worker has one deadline for all lookups of a review, so one that is cancelled cancels them all. */
  #cancel(id: number): void {
    if (this.#review?.lookups.has(id)) this.#review.ended.abort();
  }

  #end(why: WorkerEnd): void {
    this.ended = true;
    this.#takeReview()?.reject(why);
  }

  #takeReview(): Review | undefined {
    const review = this.#review;
    this.#review = undefined;
    review?.ended.abort();
    return review;
  }

  #send(message: ToWorker, transferred: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transferred);
  }
}

interface Review {
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (why: WorkerEnd) => void;
  /** Those that run. */
  readonly lookups: Set<number>;
  /** Aborted with the review or at its deadline: lookups that still run then are not needed. */
  readonly ended: AbortController;
}
