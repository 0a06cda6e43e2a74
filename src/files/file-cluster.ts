import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { demandsOf } from '../core/inject/resources.ts';
import type { SourceFact } from '../core/facts.ts';
import { splitApiVersion } from '../core/api-version.ts';
import { madeSecret, makerOf } from '../core/pending.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import type { KubernetesObject, SourceDocument } from './documents.ts';

interface FileClusterOptions {
  /** For objects that name no namespace. */
  readonly namespace: string;
  /** What is known of a Secret that is not among the files. */
  readonly missing: SourceFact;
}

/** A cluster made of YAML documents: their Secrets and ConfigMaps are the facts, their custom resources the objects. */
export function fileCluster(
  documents: () => Promise<readonly SourceDocument[]>,
  options: FileClusterOptions,
): Cluster {
  const nameOf = ({ metadata }: KubernetesObject) =>
    typeof metadata?.name === 'string' ? metadata.name : '';
  return {
    async facts(sources) {
      const found = new Map<string, SourceFact>();
      const present = new Map<string, KubernetesObject>();
      const pending = new Map<string, string>();
      for (const { object } of await documents()) {
        const namespace = namespaceOf(object, options.namespace);
        const maker = makerOf(splitApiVersion(object.apiVersion).group, object.kind);
        const made = maker && madeSecret(maker, object);
        if (made !== undefined)
          pending.set(
            sourceKey({ kind: 'Secret', namespace, name: made }),
            `${object.kind}/${nameOf(object)}`,
          );
        if (object.apiVersion !== 'v1' || (object.kind !== 'Secret' && object.kind !== 'ConfigMap')) continue;
        present.set(
          sourceKey({
            kind: object.kind,
            namespace,
            name: nameOf(object),
          }),
          object,
        );
      }
      for (const source of sources) {
        const key = sourceKey(source);
        const maker = pending.get(key);
        const missing = maker === undefined ? options.missing : ({ state: 'absent' } as const);
        const fact = factAbout(source, present.get(key), missing);
        found.set(key, maker === undefined || fact.state === 'unknown' ? fact : { ...fact, pending: maker });
      }
      return found;
    },
    async agentConfig({ namespace, name }) {
      const found = (await documents()).find(
        ({ object }) =>
          object.apiVersion === 'v1' &&
          object.kind === 'Secret' &&
          nameOf(object) === name &&
          namespaceOf(object, options.namespace) === namespace,
      );
      return found ? observeAgentConfig(valuesOf('Secret', found.object)) : { state: 'absent' };
    },
    async namespaceLabels(namespace) {
      return labels(namespaceAmong(await documents(), namespace));
    },
    async demands(namespace) {
      const all = await documents();
      const of = (kind: string) =>
        all
          .map(({ object }) => object)
          .filter((object) => object.apiVersion === 'v1' && object.kind === kind)
          .filter((object) => namespaceOf(object, options.namespace) === namespace);
      const written = annotations(namespaceAmong(all, namespace));
      return demandsOf(written, of('LimitRange'), of('ResourceQuota'));
    },
    async injectedPods(namespace, limit) {
      return (await documents())
        .map(({ object }) => object)
        .filter((object) => object.apiVersion === 'v1' && object.kind === 'Pod')
        .filter((object) => namespaceOf(object, options.namespace) === namespace)
        .filter((object) => labels(object).get(injectedLabel) === 'true')
        .slice(0, limit);
    },
    async get({ group, kind, namespace, name }) {
      const match = (await documents()).find(
        ({ object }) =>
          object.kind === kind &&
          splitApiVersion(object.apiVersion).group === group &&
          nameOf(object) === name &&
          namespaceOf(object, options.namespace) === namespace,
      );
      if (!match) return undefined;
      const { object } = match;
      return { ref: { ...splitApiVersion(object.apiVersion), kind, namespace, name }, object };
    },
  };
}

const namespaceAmong = (documents: readonly SourceDocument[], name: string) =>
  documents.find(
    ({ object }) =>
      object.apiVersion === 'v1' && object.kind === 'Namespace' && object.metadata?.name === name,
  )?.object;

function factAbout(source: SourceRef, object: KubernetesObject | undefined, missing: SourceFact): SourceFact {
  return object ? observe(valuesOf(source.kind, object), object) : missing;
}

export function namespaceOf({ metadata }: KubernetesObject, fallback: string): string {
  return typeof metadata?.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : fallback;
}
