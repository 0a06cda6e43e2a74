import type { ValueProblem } from './header-value.ts';
import type { Reading } from './kinds/reader.ts';
import { keysOf, objectKey, sourceKey, type McpServer, type ObjectName, type SourceRef } from './model.ts';

/**
 * What is known of a Secret or ConfigMap without its values. Three states, because "could not be read" must
 * never pass for "is not there".
 */
export type SourceFact =
  | ({ readonly state: 'present' } & SourceContent)
  | { readonly state: 'absent'; readonly pending?: string }
  | { readonly state: 'unknown'; readonly why: string };

interface SourceContent {
  /** The object that makes or fills it, as `Kind/name`. */
  readonly pending?: string;
  readonly keys: ReadonlyMap<string, ValueFact>;
  /** Known when the source has both `tls.crt` and `tls.key`. */
  readonly keyPair?: KeyPairFact;
  /** Kubernetes never lets it change. */
  readonly immutable?: boolean;
  /** The origins its owner allows it to be sent to; left out when the owner says nothing. */
  readonly upstreams?: readonly string[];
  /** The CAs that may vouch for those origins, as the annotation names them; left out when the owner allows none. */
  readonly upstreamCas?: readonly string[];
}

export interface ValueFact {
  /** Why it cannot be sent as a header; left out when it can. */
  readonly problem?: ValueProblem;
  /** It is a bundle of certificates in PEM. */
  readonly certificates?: true;
  /** The requester may not learn what it is like. */
  readonly unseen?: true;
}

/** `expires` is in milliseconds since 1970. */
export type KeyPairFact =
  { readonly state: 'good'; readonly expires: number } | { readonly state: 'bad'; readonly why: string };

/** Facts by `sourceKey`. A source nobody looked up is unknown, never absent. */
export type Facts = ReadonlyMap<string, SourceFact>;

/** Whether the requester could use a Secret without the resource under review. By `sourceKey`; not there: not asked. */
export type AccessFacts = ReadonlyMap<string, 'yes' | 'no' | 'unknown'>;

/** What is known of a custom resource that another one names. */
export type LinkFact =
  | { readonly state: 'present'; readonly object: unknown; readonly reading: Reading }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly why: string };

/** By `objectKey`. What is not there was not looked up, and nothing is said about it. */
export type LinkFacts = ReadonlyMap<string, LinkFact>;

export function factOf(facts: Facts, source: SourceRef): SourceFact {
  return facts.get(sourceKey(source)) ?? { state: 'unknown', why: 'it was not looked up' };
}

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

/** Every reference of a server to a Secret or ConfigMap, whatever it is used for. */
export function references(server: McpServer) {
  return [
    ...server.headers.flatMap(({ source }) => keysOf(source)),
    ...server.bundles,
    ...server.env,
    ...(server.tls.client ? [server.tls.client] : []),
    ...(server.tls.ca ? [server.tls.ca] : []),
  ];
}
