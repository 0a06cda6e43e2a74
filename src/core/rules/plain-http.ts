import { tokensOf, type McpServer } from '../model.ts';
import { serverUrlOf, isLoopback } from '../server-url.ts';
import { defineRule, report } from './rule.ts';

export const plainHttp = defineRule({
  code: 'MCP403',
  title: 'credentials over plain http',
  mode: 'warn',
  securitySeverity: 7.4,
  ratchet: 'server',
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check(server) {
    const sent = credentialsOf(server);
    if (!server.url || sent === undefined) return [];
    const parsed = serverUrlOf(server.url.value);
    if (parsed.kind === 'invalid' || parsed.url.protocol !== 'http:' || isLoopback(parsed.url.hostname))
      return [];
    return [
      report(server.url.at, [], {
        what: `${sent} would travel over plain http`,
        why: `every host on the network path can read them${server.egressGateway ? ', or the egress gateway sends its placeholder instead' : ''}`,
        fix: 'use an https:// URL',
      }),
    ];
  },
});

/** What the server gets with each request, in a sentence. */
function credentialsOf(server: McpServer): string | undefined {
  const tokens = tokensOf(server).length;
  const others = server.headers.filter(({ source }) => source.kind !== 'literal').length - tokens;
  if (others > 0 || server.headerSecrets.length > 0) return 'credentials from a Secret';
  return tokens === 0 ? undefined : 'a service account token';
}
