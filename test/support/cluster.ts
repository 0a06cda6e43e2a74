import type { Unknown } from '../../src/core/facts.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';

/** A cluster in which nothing exists, but for what `methods` return. It has an authorizer if they say what is allowed. */
export const clusterWith = (methods: Partial<Cluster>): Cluster => ({
  ...fileCluster(() => Promise.resolve([]), { namespace: 'default', missing: { state: 'absent' } }),
  hasAuthorizer: methods.may !== undefined,
  ...methods,
});

/** What a cluster returns whose API server did not answer. */
export const unanswered: Unknown = {
  state: 'unknown',
  cause: 'failed',
  why: 'the API server did not answer',
};
