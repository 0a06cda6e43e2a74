import type { Configuration } from '../core/configuration.ts';
import { compileKinds, type Kinds } from '../core/kinds/index.ts';
import type { Cluster } from '../core/cluster.ts';

/** A configuration with the kinds that it describes. */
export interface Settings {
  readonly configuration: Configuration;
  readonly kinds: Kinds;
}

/** What every review needs. One object, made once, passed in. */
export interface Engine extends Settings {
  readonly cluster: Cluster;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const settingsOf = (configuration: Configuration): Settings => ({
  configuration,
  kinds: compileKinds(configuration.kinds, configuration.operatorNamespaces),
});

/** The one place where an engine is assembled; `now` is the system's clock but in tests. */
export const createEngine = (
  settings: Settings,
  cluster: Cluster,
  now: () => number = () => Date.now(),
): Engine => ({ ...settings, cluster, now });

/** The engine of the settings that hold now. Reviews are many and configurations few, so each has one engine. */
export function engineFollowing(settings: () => Settings, cluster: Cluster): () => Engine {
  let current = settings();
  let engine = createEngine(current, cluster);
  return () => {
    const latest = settings();
    if (latest !== current) {
      current = latest;
      engine = createEngine(latest, cluster);
    }
    return engine;
  };
}
