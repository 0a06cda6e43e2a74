import { isMetadataHost } from '../addresses.ts';
import type { McpServer } from '../model.ts';
import { isLoopback, serverUrlOf } from '../server-url.ts';
import { defineRule, report } from './rule.ts';

export const urlForbidden = defineRule({
  code: 'MCP405',
  title: 'URL points at link-local, metadata or loopback',
  mode: 'enforce',
  needsFilledValue: true,
  securitySeverity: 7.5,
  ratchet: 'server',
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check(server: McpServer) {
    if (!server.url) return [];
    const parsed = serverUrlOf(server.url.value);
    if (parsed.kind === 'invalid') return [];
    const { hostname } = parsed.url;
    const forbidden = (what: string, why: string) => [
      report(server.url?.at ?? server.at, [], {
        what,
        why,
        fix: 'write the URL of the MCP server; if this address is intended, ask your platform team for an exemption',
      }),
    ];
    if (isMetadataHost(hostname))
      return forbidden(
        'the URL points at a link-local or metadata address',
        'cloud machines serve their own credentials at such an address',
      );
    if (server.loopbackForbidden && isLoopback(hostname))
      return forbidden('the URL points at loopback', 'the pod that makes the request would call itself');
    return [];
  },
});
