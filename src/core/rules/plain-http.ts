import { serverUrlOf, isLoopback } from '../server-url.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';

export const plainHttp: Rule = {
  code: 'MCP403',
  needs: 'object',
  check(server) {
    const secrets =
      server.bundles.length > 0 || server.headers.some(({ source }) => source.kind !== 'literal');
    if (!server.url || !secrets) return [];
    const parsed = serverUrlOf(server.url.value);
    if ('problem' in parsed || parsed.url.protocol !== 'http:' || isLoopback(parsed.url.hostname)) return [];
    return [
      finding('MCP403', server, server.url.at, [serverFingerprint(server)], {
        what: 'credentials from a Secret would travel over plain http',
        why: 'everybody on the way can read them',
        fix: 'use https',
      }),
    ];
  },
};
