import { serverUrlOf } from '../server-url.ts';
import { defineRule, report, serverText } from './rule.ts';

export const urlInvalid = defineRule({
  code: 'MCP404',
  title: 'URL invalid',
  mode: 'enforce',
  atPods: 'refuse',
  needs: 'object',
  check(server) {
    if (server.transport === 'stdio') return [];
    const why = `no client could reach ${serverText(server)}`;
    const fix = 'write it as https://HOST[:PORT]/PATH';
    if (!server.url) {
      if (server.urlUnreadable || server.role === 'endpoint') return [];
      return [report(server.at, ['missing'], { what: 'the server has no URL', why, fix })];
    }
    const { value, at } = server.url;
    const parsed = serverUrlOf(value);
    if (parsed.kind === 'invalid')
      return [report(at, [value.digest()], { what: `the URL ${parsed.problem}`, why, fix })];
    if (server.tls.client && parsed.url.protocol === 'http:')
      return [
        report(at, [value.digest(), 'certificate'], {
          what: 'the URL is plain http but a client certificate is given',
          why: 'a certificate can only be presented over TLS',
          fix: 'use https, or take the certificate away',
        }),
      ];
    return [];
  },
});
