import { credentialsInUrl } from '../credentials/index.ts';
import { serverUrlOf } from '../server-url.ts';
import { defineRule, report } from './rule.ts';

const sentence = {
  what: 'the URL contains a credential',
  why: 'URLs end up in logs, proxies and error messages, and everybody who can read this object can use it',
  fix: () => 'remove it from the URL, send it as a header from a Secret, and revoke this one',
};
const { what, why, fix } = sentence;

export const urlCredential = defineRule({
  code: 'MCP102',
  title: 'credential in a URL',
  mode: 'enforce',
  securitySeverity: 8.8,
  atPods: 'refuse',
  inAppliedCopy: true,
  floor: { part: 'url', sentence },
  needs: 'object',
  check(server, { credentialNames }) {
    if (!server.url) return [];
    const { value, at } = server.url;
    // A URL that cannot be called is MCP404's, but it may still carry a credential.
    const parsed = serverUrlOf(value);
    const url = parsed.kind === 'valid' ? parsed.url : looseUrl(value.reveal());
    const where = url ? credentialsInUrl(url, credentialNames) : [];
    if (where.length === 0) return [];
    return [
      report(at, [value.digest()], {
        what: `${what} (${where.join(', ')})`,
        why,
        fix: fix(),
      }),
    ];
  },
});

const looseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
