import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from './answers.ts';
import type { LearnedPaths } from './gate.ts';
import type { Generation } from './generation.ts';
import type { Log } from './log.ts';
import type { Counters, Outcome } from './metrics.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';

/** One server with its listener. */
export interface Route {
  readonly name: string;
  readonly legacy: boolean;
  readonly target: Target;
  readonly store: Store;
  readonly counters: Counters;
  readonly learned: LearnedPaths;
  readonly hosts: ReadonlySet<string>;
  readonly log: Log;
  readonly maxActive?: number;
}

/** One request on its way, shared by the two halves of it. */
export interface Exchange {
  readonly route: Route;
  readonly generation: Generation;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly up: ClientRequest;
  /** The path and query asked of the server. */
  readonly asked: string;
  readonly fail: (fault: Fault, status?: 502 | 503 | 504) => void;
  readonly done: (outcome: Outcome) => void;
}
