import type { RequestHead } from './http1/request-head.ts';
import type { Log } from './log.ts';
import type { Counters } from './metrics.ts';
import type { LearnedPaths } from './request-target.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';

/** One server with its listener. */
export interface Route {
  readonly name: string;
  readonly legacy: boolean;
  /** It leads to no server of the pod: nothing is added, and nothing but what belongs to a hop is taken away. */
  readonly passing: boolean;
  readonly target: Target;
  /** An egress proxy would receive the credential in plain text, so no request is sent. */
  readonly exposed: boolean;
  readonly store: Pick<Store, 'current'>;
  readonly counters: Counters;
  readonly learned: LearnedPaths;
  readonly hosts: ReadonlySet<string>;
  readonly log: Log;
  readonly maxActive: number;
}

/** One request, as it came and as it goes on. */
export interface Call {
  readonly head: RequestHead;
  /** The path and query that the server gets. */
  readonly path: string;
  /** The head as the server gets it. */
  readonly text: string;
}
