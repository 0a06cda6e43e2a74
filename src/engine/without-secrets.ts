import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';

/** For a program that may read no Secret: it does not even ask. */
export function withoutSecrets(cluster: Cluster): Cluster {
  const { namespaceLabels, demands } = cluster;
  return {
    facts: (sources) =>
      Promise.resolve(
        new Map(
          sources.map(
            (source) =>
              [
                sourceKey(source),
                { state: 'unknown', cause: 'not-asked', why: 'this program may not read Secrets' },
              ] as const,
          ),
        ),
      ),
    get: (ref, deadline) => cluster.get(ref, deadline),
    ...(namespaceLabels ? { namespaceLabels } : {}),
    ...(demands ? { demands } : {}),
  };
}
