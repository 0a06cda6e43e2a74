import { keysOf, sourceKey, type KeyRef, type McpServer, type WholeRef } from '../model.ts';

type SecretRef = KeyRef | WholeRef;

/** Each Secret of these references once, at the first place that names it. */
function eachOnce(references: readonly SecretRef[]): SecretRef[] {
  const first = new Map<string, SecretRef>();
  for (const reference of references) {
    const key = sourceKey(reference.source);
    if (reference.source.kind === 'Secret' && !first.has(key)) first.set(key, reference);
  }
  return [...first.values()];
}

/** Every Secret whose values a server gets, optional references included. A CA is no credential. */
export const credentialSecrets = (server: McpServer): SecretRef[] =>
  eachOnce([...sentWithRequests(server), ...server.env]);

/**
 * The Secrets whose values travel over the connection that the server's TLS settings are for. The environment of a server
 * is not part of that: its own process gets it. The environment of an endpoint holds the credentials for that endpoint.
 */
export const secretsOverTls = (server: McpServer): SecretRef[] =>
  eachOnce([...sentWithRequests(server), ...(server.role === 'endpoint' ? server.env : [])]);

const sentWithRequests = ({ headers, headerSecrets, tls }: McpServer): SecretRef[] => [
  ...headers.flatMap(({ source }) => keysOf(source)),
  ...headerSecrets,
  ...(tls.client ? [tls.client] : []),
];
