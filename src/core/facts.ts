import type { ValueProblem } from './header-value.ts';
import type { Reading } from './kinds/reader.ts';
import {
  objectKey,
  references,
  sourceKey,
  type KeyRef,
  type McpServer,
  type ObjectName,
  type SourceRef,
  type WholeRef,
} from './model.ts';
import type { MissingRight } from './rights.ts';

export { references } from './model.ts';

/** Why something is not known. The words are labels of a metric, so there are few of them. */
export type UnknownCause =
  /** The review's deadline passed first. */
  | 'late'
  /** The API server answered 429. */
  | 'throttled'
  /** The API server answered with another error, or not at all. */
  | 'failed'
  /** The object exists, and does not hold what its writer always puts there. */
  | 'malformed'
  /** The review has used all of its lookups. */
  | 'too-many'
  /** The object is larger than what Sallyport reads. */
  | 'too-large'
  /** The platform grants Sallyport no right to read it. */
  | 'forbidden'
  /** The requester may not learn it. */
  | 'withheld'
  /** There is no cluster to ask, as in `sallyport lint`, or the caller judges without one. */
  | 'not-asked';

export interface Unknown {
  readonly state: 'unknown';
  readonly cause: UnknownCause;
  /** The same for a person, in a clause. */
  readonly why: string;
  /** The right that would make it known, when the cause is `forbidden`. */
  readonly missing?: MissingRight;
}

/**
 * What a lookup returned. Three states, because "could not be read" must never pass for "does not exist". A lookup that
 * failed is `unknown`, with the reason; it is never an exception.
 */
export type Lookup<Content extends object> = ({ readonly state: 'present' } & Content) | Absent | Unknown;

export interface Absent {
  readonly state: 'absent';
  /** An object of the same kind and namespace with nearly this name, where that is known without another lookup. */
  readonly nearest?: string;
}

/** What is known of a Secret or ConfigMap without its values. */
export type SourceFact =
  ({ readonly state: 'present' } & SourceContent) | (Absent & { readonly pending?: string }) | Unknown;

/** No requester can bring these about: the platform chose them when it installed Sallyport or called it. */
const chosenByPlatform: ReadonlySet<UnknownCause> = new Set<UnknownCause>(['forbidden', 'not-asked']);

/** Whether a rule about where a credential may go denies when this is all that is known. */
export const failsClosed = (fact: { readonly state: string } | Unknown): fact is Unknown =>
  fact.state === 'unknown' && 'cause' in fact && !chosenByPlatform.has(fact.cause);

interface SourceContent {
  /** The object that makes or fills it, as `Kind/name`. */
  readonly pending?: string;
  readonly keys: ReadonlyMap<string, ValueFact>;
  /** Known when the source has both `tls.crt` and `tls.key`. */
  readonly keyPair?: KeyPairFact;
  /** Kubernetes never lets it change. */
  readonly immutable?: boolean;
  /** Left out when it has none. */
  readonly labels?: ReadonlyMap<string, string>;
  /** The origins its owner allows it to be sent to; left out when the owner says nothing. */
  readonly upstreams?: readonly string[];
  /** The CAs that may vouch for those origins, as the annotation names them; left out when the owner allows none. */
  readonly upstreamCas?: readonly string[];
  /** Its labels and annotations with Sallyport's prefix, or one like it, without their values. */
  readonly ownNames?: OwnNames;
}

export type OwnNames = Readonly<Record<'labels' | 'annotations', readonly string[]>>;

export interface ValueFact {
  /** Why it cannot be sent as a header; left out when it can. */
  readonly problem?: ValueProblem;
  /** It ends in a line break, which the in-pod proxy removes and other senders may not. */
  readonly lineEnd?: true;
  /** It has no blank inside, so it is no scheme with a credential after it. */
  readonly oneWord?: true;
  /** It is a bundle of certificates in PEM. */
  readonly certificates?: true;
  /** The requester may not learn what it is like. */
  readonly unseen?: true;
}

/** `expires` is in milliseconds since 1970. */
export type KeyPairFact =
  { readonly state: 'good'; readonly expires: number } | { readonly state: 'bad'; readonly why: string };

/** Facts by `sourceKey`. A source that was not looked up is unknown, never absent; a cluster answers for each it is asked about. */
export type Facts = ReadonlyMap<string, SourceFact>;

export type AccessFact = 'yes' | 'no' | Unknown;

/** Whether the requester could use a Secret without the resource under review. By `sourceKey`; not there: not asked. */
export type AccessFacts = ReadonlyMap<string, AccessFact>;

/** What is known of a custom resource that another one names. */
export type LinkFact = Lookup<{ readonly object: unknown; readonly reading: Reading }>;

/** By `objectKey`. What is not there was not looked up, and nothing is said about it. */
export type LinkFacts = ReadonlyMap<string, LinkFact>;

/** What is known of something that no lookup was made for. */
export const notLookedUp: Unknown = { state: 'unknown', cause: 'not-asked', why: 'it was not looked up' };

export const factOf = (facts: Facts, source: SourceRef): SourceFact =>
  facts.get(sourceKey(source)) ?? notLookedUp;

/** Every Secret and ConfigMap that matters to these servers, each once. The edge looks them up; rules never do. */
export function neededSources(servers: readonly McpServer[]): SourceRef[] {
  const needed = new Map<string, SourceRef>();
  for (const server of servers)
    for (const { source } of references(server)) needed.set(sourceKey(source), source);
  return [...needed.values()];
}

/** Every custom resource these servers name, each once. */
export function neededObjects(servers: readonly McpServer[]): ObjectName[] {
  const targets = servers.flatMap(({ links }) => links.map(({ target }) => target));
  return [...new Map(targets.map((target) => [objectKey(target), target])).values()];
}

/**
 * Each Secret of a server, once, at the first place that names it. Optional references count: the credential is sent
 * whenever the Secret exists.
 */
export function secretsOf(server: McpServer): (KeyRef | WholeRef)[] {
  const first = new Map<string, KeyRef | WholeRef>();
  for (const reference of references(server)) {
    const key = sourceKey(reference.source);
    if (reference.source.kind === 'Secret' && !first.has(key)) first.set(key, reference);
  }
  return [...first.values()];
}
