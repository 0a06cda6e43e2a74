import { isLoopbackHost, isUnspecified } from './addresses.ts';
import type { Redacted } from './redacted.ts';
import { parseUrl } from './url.ts';

/** The URL of an MCP server, or a clause that completes "the URL ...". It never repeats the URL: it may hold a credential. */
export type ServerUrl =
  { readonly kind: 'valid'; readonly url: URL } | { readonly kind: 'invalid'; readonly problem: string };

/**
 * Stricter than `new URL`, which takes `host:8000/mcp` for a scheme, `https:h/x` and `http:///x` for hosts, and
 * drops tabs and line breaks without a word.
 */
export function parseServerUrl(text: string): ServerUrl {
  if (text === '') return { kind: 'invalid', problem: 'is empty' };
  if (/[\s\u0000-\u001f\u007f\\]/.test(text))
    return { kind: 'invalid', problem: 'holds a space, a control character or a backslash' };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'invalid', problem: 'has no scheme' };
  if (!/^https?:/i.test(text)) return { kind: 'invalid', problem: 'is neither http nor https' };
  if (/^https?:\/\/(?:[^/?#]*@)?(?::\d*)?(?:[/?#]|$)/i.test(text))
    return { kind: 'invalid', problem: 'has no host' };
  const url = parseUrl(text);
  if (!url) return { kind: 'invalid', problem: 'cannot be parsed' };
  if (url.port === '0') return { kind: 'invalid', problem: 'has port 0' };
  return { kind: 'valid', url };
}

/** A client that connects to an unspecified address reaches its own machine. `hostname` is as `URL` writes it. */
export const isLoopback = (hostname: string): boolean => isLoopbackHost(hostname) || isUnspecified(hostname);

/** Several rules ask the same of one URL, and parsing it is most of what they cost. Gone with the value it belongs to. */
const parsed = new WeakMap<Redacted, ServerUrl>();

export function serverUrlOf(value: Redacted): ServerUrl {
  const known = parsed.get(value);
  if (known) return known;
  const url = parseServerUrl(value.reveal());
  parsed.set(value, url);
  return url;
}
