import { isMetadataHost } from '../addresses.ts';
import type { McpServer } from '../model.ts';
import { isLoopback, serverUrlOf } from '../server-url.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';

export const urlForbidden: Rule = {
  code: 'MCP405',
  needs: 'object',
  check(server: McpServer) {
    if (!server.url) return [];
    const parsed = serverUrlOf(server.url.value);
    if ('problem' in parsed) return [];
    const { hostname } = parsed.url;
    const report = (what: string, why: string) => [
      finding('MCP405', server, server.url?.at ?? server.at, [serverFingerprint(server)], {
        what,
        why,
        fix: 'name the real server; if this address is meant, ask your platform team for an exemption',
      }),
    ];
    if (isMetadataHost(hostname))
      return report(
        'the URL points at a link-local or metadata address',
        'machines keep their own credentials there',
      );
    if (server.loopbackForbidden && isLoopback(hostname))
      return report('the URL points at loopback', 'the pod that makes the request would call itself');
    return [];
  },
};
