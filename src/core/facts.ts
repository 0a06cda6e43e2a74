import type { ValueProblem } from './header-value.ts';
import { sourceKey, type McpServer, type SourceRef } from './model.ts';

/**
 * What is known of a Secret or ConfigMap without its values. Three states, because "could not be read" must
 * never pass for "is not there".
 */
export type SourceFact =
  | ({ readonly state: 'present' } & SourceContent)
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly why: string };

interface SourceContent {
  readonly keys: ReadonlyMap<string, ValueFact>;
  /** Known when the source has both `tls.crt` and `tls.key`. */
  readonly keyPair?: KeyPairFact;
}

export interface ValueFact {
  /** Why it cannot be sent as a header; left out when it can. */
  readonly problem?: ValueProblem;
}

/** `expires` is in milliseconds since 1970. */
export type KeyPairFact =
  { readonly state: 'good'; readonly expires: number } | { readonly state: 'bad'; readonly why: string };

/** Facts by `sourceKey`. A source nobody looked up is unknown, never absent. */
export type Facts = ReadonlyMap<string, SourceFact>;

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

/** Every reference of a server to a Secret or ConfigMap, whatever it is used for. */
export function references(server: McpServer) {
  return [
    ...server.headers.flatMap(({ source }) => (source.kind === 'key' ? [source.ref] : [])),
    ...server.bundles,
    ...server.env,
    ...(server.tls.client ? [server.tls.client] : []),
    ...(server.tls.ca ? [server.tls.ca] : []),
  ];
}
