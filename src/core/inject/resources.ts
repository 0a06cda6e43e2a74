import type { Lookup, Unknown } from '../facts.ts';
import { cpuText, memoryText, quantityOf } from '../k8s/quantity.ts';
import { containersOf, fieldsAt, listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';

/**
 * What the proxy asks of its node, fitted to what the pod and its namespace demand: a pod that was accepted before must
 * not be refused because of ours, and must not lose its class of service.
 */

/** What a namespace demands of every pod in it. */
export interface NamespaceConstraints {
  /** Items of all its LimitRanges. */
  readonly limits: readonly Fields[];
  /** What its ResourceQuotas count: `limits.cpu`, `requests.memory`, ... */
  readonly counted: ReadonlySet<string>;
  /** The platform gives each namespace uids of its own, and sets them itself. */
  readonly ownUids: boolean;
}

export const noConstraints: NamespaceConstraints = { limits: [], counted: new Set(), ownUids: false };

/** The demands of a namespace, as far as the objects that state them could be read. */
export interface KnownConstraints {
  readonly constraints: NamespaceConstraints;
  /** Why each of the others could not be. */
  readonly unread: readonly Unknown[];
}

/** What is not known is not demanded: the API server applies LimitRanges and ResourceQuotas itself. */
export const constraintsIn = (found: Lookup<KnownConstraints>): NamespaceConstraints =>
  found.state === 'present' ? found.constraints : noConstraints;

const mebi = 2 ** 20;

/** In cores and bytes: measured idle use and a working reserve, and what it takes with a thousand open streams. */
const usual = { cpu: { request: 0.01 }, memory: { request: 48 * mebi, limit: 128 * mebi } } as const;
/** Below this the proxy would be killed in ordinary use. */
const least = { cpu: 0.005, memory: 48 * mebi } as const;
/** A tenth of a core carries some thousand requests a second; where somebody demands a limit or a Guaranteed pod. */
const cpuWhereLimited = 0.1;
/** What a pod may ask for by annotation, in bytes: less does not run, more nobody needs beside an agent. */
export const memoryLimitBounds = { from: 64 * mebi, to: 1024 * mebi } as const;

const resources = ['cpu', 'memory'] as const;
type Resource = (typeof resources)[number];
interface Share {
  request?: number;
  limit?: number;
}
type Fitted =
  | { readonly kind: 'fits'; readonly resources: Fields }
  | { readonly kind: 'no-room'; readonly problem: string };

/** `pod` is the pod without the proxy. */
export function fitResources(
  pod: Fields,
  memoryLimit: number | undefined,
  constraints: NamespaceConstraints,
): Fitted {
  const others = containersOf(pod);
  const forAll = fieldsAt(fieldsAt(pod, 'spec'), 'resources');
  const guaranteed = Object.keys(forAll).length === 0 && isGuaranteed(others);
  const shares = new Map<Resource, Share>();
  for (const resource of resources) {
    const share: Share = { ...usual[resource] };
    if (resource === 'memory' && memoryLimit !== undefined) share.limit = memoryLimit;
    const demand = demandOf(resource, constraints);
    const mustLimit = demand.max !== undefined || demand.ratio !== undefined || demand.countsLimits;
    if (resource === 'cpu' && (guaranteed || mustLimit)) share.limit = cpuWhereLimited;
    const problem =
      fitToRange(share, resource, demand) ??
      fitToPod(share, resource, demand.podMax, others) ??
      fitToForAll(share, resource, { forAll, demand, others });
    if (problem !== undefined) return { kind: 'no-room', problem };
    if (guaranteed && share.limit !== undefined) share.request = share.limit;
    shares.set(resource, share);
  }
  return { kind: 'fits', resources: written(shares) };
}

interface Demand {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly ratio: number | undefined;
  readonly podMax: number | undefined;
  readonly countsLimits: boolean;
}

function demandOf(resource: Resource, { limits, counted }: NamespaceConstraints): Demand {
  const of = (type: string, field: string) =>
    limits
      .filter((item) => textAt(item, 'type') === type)
      .flatMap((item) => quantityOf(fieldsAt(item, field)[resource]) ?? []);
  const smallest = (all: readonly number[]) => (all.length === 0 ? undefined : Math.min(...all));
  const mins = of('Container', 'min');
  return {
    min: mins.length === 0 ? undefined : Math.max(...mins),
    max: smallest(of('Container', 'max')),
    ratio: smallest(of('Container', 'maxLimitRequestRatio')),
    podMax: smallest(of('Pod', 'max')),
    countsLimits: counted.has(`limits.${resource}`),
  };
}

const text = { cpu: cpuText, memory: memoryText } as const;

function fitToRange(share: Share, resource: Resource, { min, max, ratio }: Demand): string | undefined {
  const { request = 0 } = share;
  share.request = Math.max(request, min ?? 0);
  if (share.limit !== undefined) share.limit = Math.max(share.limit, share.request);
  if (max !== undefined && (share.limit ?? share.request) > max) {
    if (max < Math.max(least[resource], min ?? 0))
      return `a LimitRange limits a container to ${text[resource](max)} of ${resource}, and the proxy needs ${text[resource](Math.max(least[resource], min ?? 0))}`;
    if (share.limit !== undefined) share.limit = max;
    share.request = Math.min(share.request, max);
  }
  if (ratio !== undefined && share.limit !== undefined)
    share.request = Math.min(share.limit, Math.max(share.request, share.limit / Math.max(ratio, 1)));
  return undefined;
}

/** A limit can be lowered to what is left under the pod's; where that is too little, the API server would refuse the pod. */
function fitToPod(
  share: Share,
  resource: Resource,
  max: number | undefined,
  others: readonly Container[],
): string | undefined {
  if (max === undefined) return undefined;
  const used = others
    .filter(({ list, fields }) => list === 'containers' || fields['restartPolicy'] === 'Always')
    .reduce(
      (sum, { fields }) => sum + (shareOf(fields, resource).limit ?? shareOf(fields, resource).request ?? 0),
      0,
    );
  const left = max - used;
  if ((share.limit ?? share.request ?? 0) <= left) return undefined;
  if (left < Math.max(least[resource], share.request ?? 0))
    return `a LimitRange limits a pod to ${text[resource](max)} of ${resource}, and the other containers leave less than the proxy needs (${text[resource](Math.max(least[resource], share.request ?? 0))})`;
  share.limit = left;
  return undefined;
}

interface PodLevel {
  /** `spec.resources` of the pod (KEP-2837). */
  readonly forAll: Fields;
  readonly demand: Demand;
  readonly others: readonly Container[];
}

/**
 * In a pod with pod-level resources the requests of all containers together may not exceed the pod's. The proxy's is
 * always written, also as 0: Kubernetes sets a missing request to the container's limit.
 */
function fitToForAll(
  share: Share,
  resource: Resource,
  { forAll, demand, others }: PodLevel,
): string | undefined {
  const limit = quantityOf(fieldsAt(forAll, 'limits')[resource]);
  // Where a pod sets no request, Kubernetes takes the requests of its containers, at most its limit.
  const request = quantityOf(fieldsAt(forAll, 'requests')[resource]) ?? limit;
  if (request === undefined) return undefined;
  if (limit !== undefined) {
    if (limit < least[resource])
      return `spec.resources limits the pod to ${text[resource](limit)} of ${resource}, and the proxy needs ${text[resource](least[resource])}`;
    if (share.limit !== undefined) share.limit = Math.min(share.limit, limit);
  }
  const left = Math.max(0, request - requestedBy(others, resource));
  share.request = Math.min(share.request ?? 0, Math.floor(left * whole[resource]) / whole[resource]);
  const { min = 0, ratio = Number.POSITIVE_INFINITY } = demand;
  const tooLittle = `the containers leave ${text[resource](share.request)} of the ${resource} that spec.resources of the pod requests, and a LimitRange requires more for the proxy`;
  if (share.request < min) return tooLittle;
  if (share.limit !== undefined && ratio < Number.POSITIVE_INFINITY) {
    share.limit = Math.min(share.limit, share.request * Math.max(ratio, 1));
    if (share.limit < least[resource]) return tooLittle;
  }
  return undefined;
}

/** How many of its smallest amounts a quantity has: milli-CPUs, bytes. */
const whole = { cpu: 1000, memory: 1 } as const;

/** What containers request together, as Kubernetes adds it up: native sidecars run beside all that start after them. */
function requestedBy(containers: readonly Container[], resource: Resource): number {
  const of = ({ fields }: Container) => {
    const { request, limit } = shareOf(fields, resource);
    return request ?? limit ?? 0;
  };
  let sidecars = 0;
  let starting = 0;
  for (const one of containers.filter(({ list }) => list === 'initContainers')) {
    if (one.fields['restartPolicy'] === 'Always') sidecars += of(one);
    else starting = Math.max(starting, sidecars + of(one));
  }
  const apps = containers.filter(({ list }) => list === 'containers');
  return Math.max(starting, sidecars + apps.reduce((sum, one) => sum + of(one), 0));
}

function shareOf(container: Fields, resource: Resource): Share {
  const of = (field: string) => quantityOf(fieldsAt(fieldsAt(container, 'resources'), field)[resource]);
  const [request, limit] = [of('requests'), of('limits')];
  return {
    ...(request === undefined ? {} : { request }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** As Kubernetes decides it: every container has a limit for both, and asks for no less. */
const isGuaranteed = (containers: readonly Container[]): boolean =>
  containers.length > 0 &&
  containers.every(({ fields }) =>
    resources.every((resource) => {
      const { request, limit } = shareOf(fields, resource);
      return limit !== undefined && limit > 0 && (request ?? limit) === limit;
    }),
  );

function written(shares: ReadonlyMap<Resource, Share>): Fields {
  const part = (field: 'request' | 'limit') =>
    Object.fromEntries(
      [...shares].flatMap(([resource, share]) => {
        const amount = share[field];
        return amount === undefined ? [] : [[resource, text[resource](amount)]];
      }),
    );
  const [requests, limits] = [part('request'), part('limit')];
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** The demands of a namespace, from the objects that state them. */
export function constraintsOf(
  annotations: ReadonlyMap<string, string> | undefined,
  limitRanges: readonly unknown[],
  quotas: readonly unknown[],
): NamespaceConstraints {
  const spec = (object: unknown) => fieldsAt(object, 'spec');
  return {
    limits: limitRanges.flatMap((range) => listAt(spec(range), 'limits')),
    counted: new Set(quotas.flatMap((quota) => Object.keys(fieldsAt(spec(quota), 'hard')))),
    ownUids: annotations?.has('openshift.io/sa.scc.uid-range') ?? false,
  };
}
