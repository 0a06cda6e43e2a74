import type { Configuration } from '../../core/configuration.ts';
import type { ClusterMethod } from '../../core/cluster.ts';
import type { ReviewHeader } from '../../core/review/header.ts';
import type { WebhookRoute } from '../../core/webhook-entries.ts';
import type { Decided } from '../judge-request.ts';

/** What the server and a worker thread say to each other. A review's body and its answer change owner with the message. */

/** Comes before the first review, and again after the configuration changed. */
export interface SettingsMessage {
  readonly type: 'settings';
  readonly configuration: Configuration;
  /** Of the server's cluster. */
  readonly hasAuthorizer: boolean;
}

export interface ReviewMessage {
  readonly type: 'review';
  readonly route: WebhookRoute;
  readonly body: Uint8Array<ArrayBuffer>;
  /** When the caller's timeout ends, in milliseconds since 1970: a worker may start only now. */
  readonly endsAt: number;
  /** `undefined` if the body does not begin as an API server's does. */
  readonly header: ReviewHeader | undefined;
}

/** A lookup's result, or that it threw: without the error, whose text may quote what was sent. */
export type LookedUpMessage =
  | { readonly type: 'found'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number };

export type ToWorker = SettingsMessage | ReviewMessage | LookedUpMessage;

export interface LookupMessage {
  readonly type: 'lookup';
  readonly id: number;
  readonly method: ClusterMethod;
  /** Without the deadline, which is the last argument of every method. */
  readonly args: readonly unknown[];
}

/** The HTTP response to a review. */
export interface WorkerAnswer {
  readonly status: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** `undefined` if the body was no request that could be judged. */
  readonly decided?: Decided;
}

export type FromWorker =
  | LookupMessage
  /** The worker no longer waits for this lookup. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'log'; readonly message: string; readonly error: unknown }
  | ({ readonly type: 'answer' } & WorkerAnswer);
