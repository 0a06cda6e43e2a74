import type { Configuration } from '../core/configuration.ts';
import type { Kinds } from '../core/kinds/index.ts';
import type { Cluster } from '../core/ports.ts';

/** What every review needs. One object, made once, passed in. */
export interface Engine {
  readonly kinds: Kinds;
  readonly configuration: Configuration;
  readonly cluster: Cluster;
  readonly now: () => number;
}
