import { credentialsInUrl, withDefaults } from '../credentials/index.ts';
import { serverUrlOf } from '../server-url.ts';
import { defineRule, report } from './rule.ts';
import { parseUrl } from '../url.ts';

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

/** A URL that can be read, or that can be once Flux or a shell fills its placeholders in. */
const looseUrl = (text: string): URL | undefined => parseUrl(text) ?? parseUrl(withHost(withDefaults(text)));

const someHost = 'placeholder.invalid';
/** A placeholder is the scheme if `://` follows it, else the beginning of a URL. */
const leading = /^(?:\$\{[^{}]*\}|\$\([^()]*\))(:\/\/)?/;
/** Up to the path. In a placeholder, `/` and `?` end nothing. */
const beginning = /^([a-z][a-z0-9+.-]*:\/\/)((?:\$\{[^{}]*\}|\$\([^()]*\)|[^/?#])*)/i;

/** The text with a host in the place of a placeholder, so that the parts beside it can be read. */
function withHost(text: string): string {
  return text
    .replace(leading, (_, isScheme?: string) => (isScheme === undefined ? `https://${someHost}` : 'https://'))
    .replace(beginning, (_, scheme: string, authority: string) => {
      const user = authority.slice(0, authority.lastIndexOf('@') + 1);
      const host = authority.slice(user.length);
      return `${scheme}${user}${/\$[{(]/.test(host) ? someHost : host}`;
    });
}
