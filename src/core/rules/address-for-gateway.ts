import { isAddress } from '../addresses.ts';
import { isLoopback, serverUrlOf } from '../server-url.ts';
import { defineRule, report, serverText } from './rule.ts';

export const addressForGateway = defineRule({
  code: 'MCP407',
  title: 'IP address where an egress gateway needs a host name',
  mode: 'warn',
  needsFilledValue: true,
  atPods: 'ignore',
  needs: 'object',
  check(server) {
    if (!server.egressGateway || !server.url) return [];
    const parsed = serverUrlOf(server.url.value);
    if (parsed.kind === 'invalid') return [];
    const { hostname } = parsed.url;
    // A request to loopback passes no gateway. That matters where the gateway adds a credential.
    const secrets = server.headers.some(
      ({ source }) => source.kind === 'key' && source.ref.source.kind === 'Secret',
    );
    const loopback = isLoopback(hostname);
    if (loopback ? !secrets : !isAddress(hostname)) return [];
    return [
      report(server.url.at, [], {
        what: `the URL points at ${loopback ? 'loopback' : 'an IP address'}, and an egress gateway sends requests to host names only`,
        why: `no agent reaches ${serverText(server)}${secrets ? ' with its credential' : ''}`,
        fix: 'write a DNS name, such as that of a Service: https://NAME.NAMESPACE.svc/PATH',
      }),
    ];
  },
});
