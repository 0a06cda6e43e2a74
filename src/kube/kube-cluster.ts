import type { KubeConfig } from '@kubernetes/client-node';
import { annotations, injectedLabel, labels } from '../core/annotations.ts';
import { atOnce } from '../core/at-once.ts';
import { constraintsOf } from '../core/inject/resources.ts';
import { fieldsAt, listAt } from '../core/k8s/objects.ts';
import { notLookedUp, type SourceFact, type Unknown } from '../core/facts.ts';
import { maxLookupsAtOnce } from '../core/limits.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster } from '../core/cluster.ts';
import { printable, shownName } from '../core/printable.ts';
import { InputError } from '../files/documents.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import { isObjectName } from './read.ts';
import { KeepAliveConfig } from './keep-alive.ts';
import { lookupsIn, type LookupRequest, type Lookups } from './lookups.ts';
import { secretMakersIn } from './secret-controllers.ts';

/** The cluster a pod runs in, through its service account. */
export function inCluster(): KubeConfig {
  const config = new KeepAliveConfig();
  config.loadFromCluster();
  return config;
}

/** Where the library finds no kubeconfig, it makes a context of this name for http://localhost:8080. */
const withoutKubeconfig = 'loaded-context';

/** What a message calls the kubeconfig: without `--kubeconfig` it may be several files. */
const shownFile = (file: string | undefined): string =>
  file === undefined ? 'the kubeconfig' : `the kubeconfig ${shownName(printable(file))}`;

/** The file, or what `KUBECONFIG` names, or `~/.kube/config`. */
function userConfig(file: string | undefined): KubeConfig {
  const config = new KeepAliveConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new InputError(unreadableConfig(error as NodeJS.ErrnoException, shownFile(file)));
  }
  // The library reads every other YAML as a kubeconfig without contexts.
  if (file !== undefined && config.getContexts().length === 0)
    throw new InputError(`${shownFile(file)} has no contexts; check that it is a kubeconfig`);
  return config;
}

function unreadableConfig({ code, path }: NodeJS.ErrnoException, what: string): string {
  // The parser's own message quotes the file, and a kubeconfig holds credentials.
  if (code === undefined) return `${what} cannot be read: it is not valid YAML, or not a kubeconfig`;
  // One of the files of KUBECONFIG.
  const where = path === undefined || what.includes(path) ? what : shownFile(path);
  return code === 'ENOENT' ? `${where} does not exist` : `${where} cannot be read (${code})`;
}

/** The name of the current context of the kubeconfig. Throws `InputError` if there is none. */
export function currentContext(file?: string): string {
  const name = userConfig(file).getCurrentContext();
  if (name && name !== withoutKubeconfig) return name;
  throw new InputError(
    `no cluster is chosen, and ${shownFile(file)} has no current context: use --context NAME`,
  );
}

/** One context of the kubeconfig, by name. */
export function fromContext(name: string, file?: string): KubeConfig {
  const config = userConfig(file);
  if (!config.getContexts().some((context) => context.name === name))
    throw new InputError(`--context ${name}: no such context in ${shownFile(file)}`);
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
    hasAuthorizer: true,
    async facts(sources, { signal }) {
      const facts = await atOnce(maxLookupsAtOnce, sources, (source) => factAbout(lookups, source, signal));
      const absent = sources.filter(({ kind }, i) => kind === 'Secret' && facts[i]?.state === 'absent');
      const named = absent.filter(isAddressable);
      const pending = named.length === 0 ? new Map<string, never>() : await makers.of(named, signal);
      return new Map(
        sources.map((source, i): [string, SourceFact] => {
          const key = sourceKey(source);
          const fact: SourceFact = facts[i] ?? notLookedUp;
          if (fact.state !== 'absent') return [key, fact];
          const maker = pending.get(key);
          return [key, maker === undefined ? fact : { ...fact, pending: maker }];
        }),
      );
    },
    async agentConfig({ namespace, name }, { signal }) {
      if (!isAddressable({ namespace, name })) return { state: 'absent' };
      const found = await lookups.read(
        one({ group: '', version: 'v1', plural: 'secrets', namespace, name }),
        { namespace, signal },
        (secret) => observeAgentConfig(valuesOf('Secret', secret)),
      );
      if (found.state === 'present') return found.value;
      return found.state === 'unknown' ? aboutKind(found, 'Secret') : found;
    },
    async namespaceLabels(namespace, { signal }) {
      const found = await lookups.read(itself(namespace), { namespace, signal }, labels);
      return found.state === 'present' ? { state: 'present', labels: found.value } : found;
    },
    async namespaceConstraints(namespace, { signal }) {
      const turn = { namespace, signal };
      const items = (list: unknown) => listAt(list, 'items');
      const [written, ranges, quotas] = await Promise.all([
        lookups.read(itself(namespace), turn, annotations),
        lookups.read(allOf('limitranges', namespace), turn, items),
        lookups.read(allOf('resourcequotas', namespace), turn, items),
      ]);
      const [first, ...others] = [written, ranges, quotas].filter((one) => one.state === 'unknown');
      if (first && others.length === 2) return first;
      const constraints = constraintsOf(
        written.state === 'present' ? written.value : undefined,
        ranges.state === 'present' ? ranges.value : [],
        quotas.state === 'present' ? quotas.value : [],
      );
      return { state: 'present', constraints, unread: first ? [first, ...others] : [] };
    },
    async may({ username: user, uid, groups, extra }, { namespace, ...action }, { signal }) {
      const spec = { user, uid, groups, extra, resourceAttributes: { namespace, ...action } };
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const right = {
        verb: 'create',
        group: 'authorization.k8s.io',
        resource: 'subjectaccessreviews',
        namespace: '',
      };
      const ask = { path, method: 'POST', body: { spec }, right } as const;
      const allowed = await lookups.read(
        ask,
        { namespace, signal },
        (review) => fieldsAt(review, 'status')['allowed'] === true,
      );
      if (allowed.state === 'unknown') return allowed;
      return allowed.state === 'present' && allowed.value ? 'yes' : 'no';
    },
    async injectedPods(namespace, limit, { signal }) {
      // Those that ended use nothing any more, and a pod's metadata is a fraction of it.
      const query = { fieldSelector: running, labelSelector: `${injectedLabel}=true`, limit };
      const ask = { ...allOf('pods', namespace), query, accept: metadataAlone };
      const pods = await lookups.read(ask, { namespace, signal }, (list) => listAt(list, 'items'));
      return pods.state === 'present' ? { state: 'present', pods: pods.value } : pods;
    },
    async get({ group, plural, kind, versions, namespace, name }, { signal }) {
      if (!isAddressable({ namespace, name })) return { state: 'absent' };
      for (const version of versions) {
        const found = await lookups.read(
          one({ group, version, plural, namespace, name }),
          { namespace, signal },
          (object) => object,
        );
        if (found.state === 'unknown') return found;
        if (found.state === 'absent') continue;
        const ref = { group, version, kind, namespace, name };
        return { state: 'present', ref, object: found.value };
      }
      return { state: 'absent' };
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

/** Objects choose names and namespaces; `..` as a namespace would be another request. */
const isAddressable = ({ namespace, name }: Pick<Addressed, 'namespace' | 'name'>): boolean =>
  isObjectName(namespace) && isObjectName(name);

function one({ group, version, plural, namespace, name }: Addressed): LookupRequest {
  const root = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
  return {
    path: `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}/${name}`,
    right: { verb: 'get', group, resource: plural, namespace },
  };
}

/** The namespace as an object. */
const itself = (namespace: string): LookupRequest => ({
  path: namespacePath(namespace),
  right: { verb: 'get', group: '', resource: 'namespaces', namespace },
});

/** All objects of the core group that a namespace holds of one resource. */
const allOf = (resource: string, namespace: string): LookupRequest => ({
  path: `${namespacePath(namespace)}/${resource}`,
  right: { verb: 'list', group: '', resource, namespace },
});

async function factAbout(lookups: Lookups, source: SourceRef, signal: AbortSignal): Promise<SourceFact> {
  const { kind, namespace, name } = source;
  // No object can be called that, and in a URL it would be another request: the list, or the namespace itself.
  if (!isAddressable(source)) return { state: 'absent' };
  const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
  const found = await lookups.read(
    one({ group: '', version: 'v1', plural, namespace, name }),
    { namespace, signal },
    (object) => observe(valuesOf(kind, object), object),
  );
  if (found.state === 'present') return found.value;
  return found.state === 'unknown' ? aboutKind(found, kind) : found;
}

function aboutKind(unknown: Unknown, kind: SourceRef['kind']): Unknown {
  const { state, cause } = unknown;
  if (cause !== 'forbidden') return unknown;
  const why = `Sallyport may not read ${kind}s in that namespace`;
  return { state, cause, why: kind === 'Secret' ? `its origins are not limited, because ${why}` : why };
}
