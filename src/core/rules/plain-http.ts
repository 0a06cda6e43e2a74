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
    const secrets =
      server.headerSecrets.length > 0 || server.headers.some(({ source }) => source.kind !== 'literal');
    if (!server.url || !secrets) return [];
    const parsed = serverUrlOf(server.url.value);
    if (parsed.kind === 'invalid' || parsed.url.protocol !== 'http:' || isLoopback(parsed.url.hostname))
      return [];
    return [
      report(server.url.at, [], {
        what: 'credentials from a Secret would travel over plain http',
        why: `every host on the network path can read them${server.egressGateway ? ', or the egress gateway sends its placeholder instead' : ''}`,
        fix: 'use an https:// URL',
      }),
    ];
  },
});
