import type { KubeConfig } from '@kubernetes/client-node';
import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { atOnce } from '../core/at-once.ts';
import { demandsOf } from '../core/inject/resources.ts';
import { fieldsAt, listAt, type Fields } from '../core/inject/pod.ts';
import type { SourceFact, Unknown } from '../core/facts.ts';
import { maxLookupsAtOnce } from '../core/limits.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import { unknownOf, type Cluster } from '../core/ports.ts';
import { InputError } from '../files/documents.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import { isObjectName } from './asked.ts';
import { KeptConnections } from './kept-connections.ts';
import { lookupsIn, type Lookups } from './lookups.ts';
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
const metadataAlone = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * A live cluster. Of Secrets and resources it only ever gets the one that is asked for; what is listed is what bounds
 * resources, and the metadata of pods in one namespace.
 */
export function kubeCluster(config: KubeConfig): Cluster {
  const lookups = lookupsIn(config);
  const makers = secretMakersIn(lookups);
  return {
    async facts(sources, { signal }) {
      const facts = await atOnce(maxLookupsAtOnce, sources, (source) => factAbout(lookups, source, signal));
      const absent = sources.filter(({ kind }, i) => kind === 'Secret' && facts[i]?.state === 'absent');
      const named = absent.filter(({ name }) => isObjectName(name));
      const pending = named.length === 0 ? new Map<string, never>() : await makers.of(named, signal);
      return new Map(
        sources.map((source, i): [string, SourceFact] => {
          const key = sourceKey(source);
          const fact: SourceFact = facts[i] ?? unasked;
          if (fact.state !== 'absent') return [key, fact];
          const maker = pending.get(key);
          return [key, maker === undefined ? fact : { ...fact, pending: maker }];
        }),
      );
    },
    async agentConfig({ namespace, name }, { signal }) {
      if (!isObjectName(name)) return { state: 'absent' };
      const path = pathOf({ group: '', version: 'v1', plural: 'secrets', namespace, name });
      try {
        const found = await lookups.read({ path }, { namespace, signal }, (secret) =>
          observeAgentConfig(valuesOf('Secret', secret)),
        );
        return found ?? { state: 'absent' };
      } catch (error) {
        return aboutKind(unknownOf(error), 'Secret');
      }
    },
    async namespaceLabels(namespace, { signal }) {
      const path = namespacePath(namespace);
      return (await lookups.read({ path }, { namespace, signal }, labels)) ?? labels(undefined);
    },
    async demands(namespace, { signal }) {
      const path = namespacePath(namespace);
      const [found, ranges, quotas] = await Promise.all(
        [path, `${path}/limitranges`, `${path}/resourcequotas`].map((one) =>
          lookups.read({ path: one }, { namespace, signal }, (object) => object).catch(() => undefined),
        ),
      );
      const items = (list: Fields | undefined) => listAt(list, 'items');
      return demandsOf(found && annotations(found), items(ranges), items(quotas));
    },
    async may({ username: user, uid, groups, extra }, { namespace, ...action }, { signal }) {
      const spec = { user, uid, groups, extra, resourceAttributes: { namespace, ...action } };
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const ask = { path, method: 'POST', body: { spec } } as const;
      const allowed = await lookups.read(
        ask,
        { namespace, signal },
        (review) => fieldsAt(review, 'status')['allowed'] === true,
      );
      return allowed ?? false;
    },
    async injectedPods(namespace, limit, { signal }) {
      // Those that ended use nothing any more, and a pod's metadata is a fraction of it.
      const query = { fieldSelector: running, labelSelector: `${injectedLabel}=true`, limit };
      const ask = { path: `${namespacePath(namespace)}/pods`, query, accept: metadataAlone };
      const pods = await lookups.read(ask, { namespace, signal }, (list) => listAt(list, 'items'));
      return pods ?? [];
    },
    async get({ group, plural, kind, versions, namespace, name }, { signal }) {
      if (!isObjectName(name)) return undefined;
      for (const version of versions) {
        const path = pathOf({ group, version, plural, namespace, name });
        const object = await lookups.read({ path }, { namespace, signal }, (found) => found);
        if (object !== undefined) return { ref: { group, version, kind, namespace, name }, object };
      }
      return undefined;
    },
  };
}

const namespacePath = (namespace: string): string => `/api/v1/namespaces/${encodeURIComponent(namespace)}`;

interface Addressed {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

function pathOf({ group, version, plural, namespace, name }: Addressed): string {
  const root = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}/${name}`;
}

const unasked: Unknown = { state: 'unknown', cause: 'failed', why: 'it was not looked up' };

async function factAbout(lookups: Lookups, source: SourceRef, signal: AbortSignal): Promise<SourceFact> {
  const { kind, namespace, name } = source;
  // No object can be called that, and in a URL it would be another request: the list, or the namespace itself.
  if (!isObjectName(name)) return { state: 'absent' };
  const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
  const path = pathOf({ group: '', version: 'v1', plural, namespace, name });
  try {
    const fact = await lookups.read({ path }, { namespace, signal }, (object) =>
      observe(valuesOf(kind, object), object),
    );
    return fact ?? { state: 'absent' };
  } catch (error) {
    return aboutKind(unknownOf(error), kind);
  }
}

function aboutKind(unknown: Unknown, kind: SourceRef['kind']): Unknown {
  if (unknown.cause !== 'forbidden') return unknown;
  const why = `Sallyport may not read ${kind}s in that namespace`;
  return { ...unknown, why: kind === 'Secret' ? `its origins are not limited, because ${why}` : why };
}
