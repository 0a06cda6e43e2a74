import type { LinkFacts } from '../facts.ts';
import { objectKey, type McpServer, type ObjectLink } from '../model.ts';

/**
 * A server with the credentials of an object that it names and that has no URL, such as ToolHive's MCPExternalAuthConfig
 * of type `headerInjection`: they are sent where the server is. Only what is sent differs, so that nothing of the server
 * itself is reported a second time.
 */
export function sentThrough(
  server: McpServer,
  { target, useless }: ObjectLink,
  links: LinkFacts,
): McpServer[] {
  const fact = links.get(objectKey(target));
  if (fact?.state !== 'present' || useless.some(({ applies }) => applies(fact.object))) return [];
  const { ca, roots, unverified } = server.tls;
  const tls = { roots, ...(ca ? { ca } : {}), ...(unverified ? { unverified } : {}) };
  return fact.reading.servers.flatMap((named) =>
    named.role !== 'endpoint' || named.url || (named.headers.length === 0 && named.headerSecrets.length === 0)
      ? []
      : [{ ...server, headers: named.headers, bundles: named.headerSecrets, env: [], links: [], tls }],
  );
}
