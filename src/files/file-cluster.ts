import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { constraintsOf } from '../core/inject/resources.ts';
import type { SourceFact, Unknown } from '../core/facts.ts';
import { splitApiVersion } from '../core/k8s/api-version.ts';
import { sourceKey } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';
import { FileIndex } from './file-index.ts';
import type { SourceDocument } from './source.ts';

export { namespaceOf } from './source.ts';

interface FileClusterOptions {
  /** For objects that name no namespace. */
  readonly namespace: string;
  /** What is known of a Secret that is not among the files. */
  readonly missing: SourceFact;
}

const unreadable: Unknown = { state: 'unknown', cause: 'failed', why: 'the files cannot be read' };

/**
 * A cluster made of YAML documents: their Secrets and ConfigMaps are the facts, their custom resources the objects. It has no
 * authorizer.
 */
export function fileCluster(
  documents: () => Promise<readonly SourceDocument[]>,
  options: FileClusterOptions,
): Cluster {
  let indexed: { readonly documents: readonly SourceDocument[]; readonly index: FileIndex } | undefined;
  /** A folder that is a cluster has other documents after each change. */
  const indexOf = (all: readonly SourceDocument[]): FileIndex => {
    if (indexed?.documents !== all)
      indexed = { documents: all, index: new FileIndex(all, options.namespace) };
    return indexed.index;
  };
  /** What `take` makes of the objects; `unknown` where they cannot be read. */
  const read = <T>(take: (index: FileIndex) => T): Promise<T | Unknown> =>
    documents().then(
      (all) => take(indexOf(all)),
      () => unreadable,
    );
  return {
    hasAuthorizer: false,
    async facts(sources) {
      const found = await read(
        (index) => new Map(sources.map((source) => [sourceKey(source), index.fact(source, options.missing)])),
      );
      return 'state' in found ? new Map(sources.map((source) => [sourceKey(source), found])) : found;
    },
    may: () =>
      Promise.resolve({ state: 'unknown', cause: 'not-asked', why: 'files have no authorizer to ask' }),
    agentConfig: (secret) => read((index) => index.agentConfig(secret)),
    namespaceLabels: (namespace) =>
      read((index) => {
        const found = index.namespace(namespace);
        return found ? { state: 'present', labels: labels(found) } : { state: 'absent' };
      }),
    namespaceConstraints: (namespace) =>
      read((index) => {
        const constraints = constraintsOf(
          annotations(index.namespace(namespace)),
          index.list('LimitRange', namespace),
          index.list('ResourceQuota', namespace),
        );
        return { state: 'present', constraints, unread: [] };
      }),
    injectedPods: (namespace, limit) =>
      read((index) => {
        const pods = index
          .list('Pod', namespace)
          .filter((object) => labels(object).get(injectedLabel) === 'true')
          .slice(0, limit);
        return { state: 'present', pods };
      }),
    get: ({ group, kind, namespace, name }) =>
      read((index) => {
        const object = index.get({ group, kind, namespace, name });
        if (!object) return index.absent({ group, kind, namespace, name });
        const ref = { ...splitApiVersion(object.apiVersion), kind, namespace, name };
        return { state: 'present', ref, object };
      }),
  };
}
