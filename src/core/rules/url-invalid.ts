import { serverUrlOf } from '../server-url.ts';
import type { McpServer } from '../model.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';

export const urlInvalid = defineRule({
  code: 'MCP404',
  title: 'invalid URL',
  mode: 'enforce',
  needsFilledValue: true,
  atPods: 'refuse',
  needs: 'object',
  check(server) {
    if (server.transport === 'stdio') return [];
    const why = `no client can reach ${serverText(server)}`;
    const fix = 'write it as https://HOST[:PORT]/PATH';
    if (!server.url) {
      if (server.urlUnreadable || server.role === 'endpoint') return [];
      return [missing(server, why)];
    }
    const { value, at } = server.url;
    const parsed = serverUrlOf(value);
    if (parsed.kind === 'invalid')
      return [report(at, [value.digest()], { what: `the URL ${parsed.problem}`, why, fix })];
    if (server.tls.client && parsed.url.protocol === 'http:')
      return [
        report(at, [value.digest(), 'certificate'], {
          what: 'the URL begins with http://, but a client certificate is set',
          why: 'a client presents a certificate over TLS only',
          fix: 'use an https:// URL, or remove the client certificate',
        }),
      ];
    return [];
  },
});

function missing({ at, urlMissing }: McpServer, why: string): Report {
  if (!urlMissing)
    return report(at, ['missing'], { what: 'the URL of the server is missing', why, fix: 'add it' });
  const { field, misspelt } = urlMissing;
  return report(misspelt ?? at, ['missing'], {
    what: `${field} is missing${misspelt ? `; did you write ${misspelt.toString()} instead?` : ''}`,
    why,
    fix: misspelt ? `rename ${misspelt.toString()} to ${field}` : `add ${field}: https://HOST[:PORT]/PATH`,
  });
}
