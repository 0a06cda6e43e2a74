import type { LearnedPaths } from './gate.ts';
import type { Log } from './log.ts';
import type { Counters } from './metrics.ts';
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
  readonly maxActive: number;
}
