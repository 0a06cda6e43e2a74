import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { constraintsOf } from '../core/inject/resources.ts';
import type { AgentConfigFact } from '../core/agent-config.ts';
import type { SourceFact, Unknown } from '../core/facts.ts';
import { splitApiVersion } from '../core/k8s/api-version.ts';
import { controlledSecret, secretControllerOf } from '../core/secret-controllers.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import type { KubernetesObject, SourceDocument } from './documents.ts';

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
  /** What `take` makes of the objects; `unknown` where they cannot be read. */
  const read = <T>(take: (objects: readonly KubernetesObject[]) => T): Promise<T | Unknown> =>
    documents().then(
      (all) => take(all.map(({ object }) => object)),
      () => unreadable,
    );
  const isIn = (namespace: string) => (object: KubernetesObject) =>
    namespaceOf(object, options.namespace) === namespace;
  return {
    hasAuthorizer: false,
    async facts(sources) {
      const found = await read((objects) => factsIn(objects, sources, options));
      return 'state' in found ? new Map(sources.map((source) => [sourceKey(source), found])) : found;
    },
    may: () =>
      Promise.resolve({ state: 'unknown', cause: 'not-asked', why: 'files have no authorizer to ask' }),
    agentConfig: ({ namespace, name }) =>
      read((objects): AgentConfigFact => {
        const found = objects
          .filter(isOfCore('Secret'))
          .find((object) => nameOf(object) === name && isIn(namespace)(object));
        return found ? observeAgentConfig(valuesOf('Secret', found)) : { state: 'absent' };
      }),
    namespaceLabels: (namespace) =>
      read((objects) => {
        const found = namespaceAmong(objects, namespace);
        return found ? { state: 'present', labels: labels(found) } : { state: 'absent' };
      }),
    namespaceConstraints: (namespace) =>
      read((objects) => {
        const of = (kind: string) => objects.filter(isOfCore(kind)).filter(isIn(namespace));
        const written = annotations(namespaceAmong(objects, namespace));
        const constraints = constraintsOf(written, of('LimitRange'), of('ResourceQuota'));
        return { state: 'present', constraints, unread: [] };
      }),
    injectedPods: (namespace, limit) =>
      read((objects) => {
        const pods = objects
          .filter(isOfCore('Pod'))
          .filter(isIn(namespace))
          .filter((object) => labels(object).get(injectedLabel) === 'true')
          .slice(0, limit);
        return { state: 'present', pods };
      }),
    get: ({ group, kind, namespace, name }) =>
      read((objects) => {
        const object = objects.find(
          (one) =>
            one.kind === kind &&
            splitApiVersion(one.apiVersion).group === group &&
            nameOf(one) === name &&
            isIn(namespace)(one),
        );
        if (!object) return { state: 'absent' };
        const ref = { ...splitApiVersion(object.apiVersion), kind, namespace, name };
        return { state: 'present', ref, object };
      }),
  };
}

const nameOf = ({ metadata }: KubernetesObject): string =>
  typeof metadata?.name === 'string' ? metadata.name : '';

const isOfCore =
  (kind: string) =>
  (object: KubernetesObject): boolean =>
    object.apiVersion === 'v1' && object.kind === kind;

function factsIn(
  objects: readonly KubernetesObject[],
  sources: readonly SourceRef[],
  options: FileClusterOptions,
): Map<string, SourceFact> {
  const found = new Map<string, SourceFact>();
  const present = new Map<string, KubernetesObject>();
  const pending = new Map<string, string>();
  for (const object of objects) {
    const namespace = namespaceOf(object, options.namespace);
    const maker = secretControllerOf(splitApiVersion(object.apiVersion).group, object.kind);
    const made = maker && controlledSecret(maker, object);
    if (made !== undefined)
      pending.set(sourceKey({ kind: 'Secret', namespace, name: made }), `${object.kind}/${nameOf(object)}`);
    if (object.apiVersion !== 'v1' || (object.kind !== 'Secret' && object.kind !== 'ConfigMap')) continue;
    present.set(sourceKey({ kind: object.kind, namespace, name: nameOf(object) }), object);
  }
  for (const source of sources) {
    const key = sourceKey(source);
    const maker = pending.get(key);
    const missing = maker === undefined ? options.missing : ({ state: 'absent' } as const);
    const fact = factAbout(source, present.get(key), missing);
    found.set(key, maker === undefined || fact.state === 'unknown' ? fact : { ...fact, pending: maker });
  }
  return found;
}

const namespaceAmong = (objects: readonly KubernetesObject[], name: string): KubernetesObject | undefined =>
  objects.filter(isOfCore('Namespace')).find(({ metadata }) => metadata?.name === name);

function factAbout(source: SourceRef, object: KubernetesObject | undefined, missing: SourceFact): SourceFact {
  return object ? observe(valuesOf(source.kind, object), object) : missing;
}

export function namespaceOf({ metadata }: KubernetesObject, fallback: string): string {
  return typeof metadata?.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : fallback;
}
