import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  setHeaderOptions,
  type KubeConfig,
  type V1ConfigMap,
  type V1Secret,
} from '@kubernetes/client-node';
import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { demandsOf } from '../core/inject/resources.ts';
import type { SourceFact } from '../core/facts.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/ports.ts';
import { InputError } from '../files/documents.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import { asked, isObjectName } from './asked.ts';
import { KeptConnections } from './kept-connections.ts';
import { secretMakersIn } from './secret-makers.ts';

/** The cluster a pod runs in, through its service account. */
export function inCluster(): KubeConfig {
  const config = new KeptConnections();
  config.loadFromCluster();
  return config;
}

/** One context of the user's kubeconfig, by name. */
export function fromContext(name: string): KubeConfig {
  const config = new KeptConnections();
  try {
    config.loadFromDefault();
  } catch {
    // The parser's own message quotes the file, and a kubeconfig holds credentials.
    throw new InputError('the kubeconfig cannot be read: it is not valid YAML, or not a kubeconfig');
  }
  if (!config.getContexts().some((context) => context.name === name))
    throw new InputError(`--context ${name}: no such context in the kubeconfig`);
  config.setCurrentContext(name);
  return config;
}

const running = 'status.phase!=Succeeded,status.phase!=Failed';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * A live cluster. Of Secrets and resources it only ever gets the one that is asked for; what is listed is what bounds
 * resources, and the metadata of pods in one namespace.
 */
export function kubeCluster(config: KubeConfig): Cluster {
  const core = config.makeApiClient(CoreV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const makers = secretMakersIn(custom);
  const authorization = config.makeApiClient(AuthorizationV1Api);
  return {
    async facts(sources, { signal }) {
      const facts = await Promise.all(
        sources.map(async (source) => {
          const fact = await factAbout(core, source, signal);
          const maker = fact.state === 'absent' ? await makers.of(source, signal) : undefined;
          return [sourceKey(source), maker === undefined ? fact : { ...fact, pending: maker }] as const;
        }),
      );
      return new Map(facts);
    },
    async agentConfig({ namespace, name }, { signal }) {
      if (!isObjectName(name)) return { state: 'absent' };
      try {
        const found = await asked(() => core.readNamespacedSecret({ namespace, name }), signal);
        return found ? observeAgentConfig(valuesOf('Secret', found)) : { state: 'absent' };
      } catch (error) {
        return { state: 'unknown', why: whyNot(error, 'Secret', signal) };
      }
    },
    async namespaceLabels(namespace, { signal }) {
      const found = await asked(() => core.readNamespace({ name: namespace }), signal);
      return labels(found);
    },
    async demands(namespace, { signal }) {
      const [found, ranges, quotas] = await Promise.all(
        [
          () => core.readNamespace({ name: namespace }),
          () => core.listNamespacedLimitRange({ namespace }),
          () => core.listNamespacedResourceQuota({ namespace }),
        ].map((ask) => asked<object>(ask, signal).catch(() => undefined)),
      );
      const items = (list: object | undefined): readonly unknown[] =>
        list && 'items' in list && Array.isArray(list.items) ? list.items : [];
      return demandsOf(found && annotations(found), items(ranges), items(quotas));
    },
    async mayUse({ username: user, uid, groups, extra }, { namespace, name }, { signal }) {
      const requester = { user, uid, groups: [...groups], extra: mutableCopy(extra) };
      const may = async (verb: string, group: string, resource: string, one?: string): Promise<boolean> => {
        const attributes = { namespace, verb, group, resource, ...(one === undefined ? {} : { name: one }) };
        const body = { spec: { ...requester, resourceAttributes: attributes } };
        const review = await asked(() => authorization.createSubjectAccessReview({ body }), signal);
        return review?.status?.allowed ?? false;
      };
      return (
        (await may('get', '', 'secrets', name)) ||
        (await may('create', '', 'pods')) ||
        may('create', 'apps', 'deployments')
      );
    },
    async injectedPods(namespace, limit, { signal }) {
      // Those that ended use nothing any more, and a pod's metadata is a fraction of it.
      const which = { labelSelector: `${injectedLabel}=true`, fieldSelector: running };
      const metadataAlone = setHeaderOptions('Accept', partialList);
      const list = await asked(
        () => core.listNamespacedPod({ namespace, limit, ...which }, metadataAlone),
        signal,
      );
      return list?.items ?? [];
    },
    async get({ group, plural, kind, versions, namespace, name }, { signal }) {
      if (!isObjectName(name)) return undefined;
      for (const version of versions) {
        const found = await asked(
          (): Promise<unknown> =>
            group === ''
              ? readCore(core, plural, { namespace, name })
              : custom.getNamespacedCustomObject({ group, version, namespace, plural, name }),
          signal,
        );
        if (found !== undefined) return { ref: { group, version, kind, namespace, name }, object: found };
      }
      return undefined;
    },
  };
}

/** What is asked for of the core group, which has a client of its own. */
const readCore = (core: CoreV1Api, plural: string, named: { namespace: string; name: string }) =>
  plural === 'services' ? core.readNamespacedService(named) : core.readNamespacedConfigMap(named);

const mutableCopy = (extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));

async function factAbout(core: CoreV1Api, source: SourceRef, signal: AbortSignal): Promise<SourceFact> {
  const { kind, namespace, name } = source;
  // No object can be called that, and in a URL it would be another request: the list, or the namespace itself.
  if (!isObjectName(name)) return { state: 'absent' };
  try {
    const read = (): Promise<V1Secret | V1ConfigMap> =>
      kind === 'Secret'
        ? core.readNamespacedSecret({ namespace, name })
        : core.readNamespacedConfigMap({ namespace, name });
    const object = await asked(read, signal);
    return object === undefined ? { state: 'absent' } : observe(valuesOf(kind, object), object);
  } catch (error) {
    return { state: 'unknown', why: whyNot(error, kind, signal) };
  }
}

/** Fixed sentences: an API error's own text may quote what was sent. */
function whyNot(error: unknown, kind: SourceRef['kind'], signal: AbortSignal): string {
  if (signal.aborted) return 'the API server did not answer in time';
  if (error instanceof ApiException) {
    if (error.code === 403) return `Sallyport may not read ${kind}s in that namespace`;
    return `the API server answered ${error.code}`;
  }
  return 'the API server could not be reached';
}
