import type { Sealed } from './sealed.ts';

/** The URL of an MCP server, or a clause that completes "the URL ...". It never repeats the URL: it may hold a credential. */
export type ServerUrl = { readonly url: URL } | { readonly problem: string };

/**
 * Stricter than `new URL`, which takes `host:8000/mcp` for a scheme, `https:h/x` and `http:///x` for hosts, and
 * drops tabs and line breaks without a word.
 */
export function parseServerUrl(text: string): ServerUrl {
  if (text === '') return { problem: 'is empty' };
  if (/[\s\u0000-\u001f\u007f\\]/.test(text))
    return { problem: 'holds a space, a control character or a backslash' };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { problem: 'has no scheme' };
  if (!/^https?:/i.test(text)) return { problem: 'is neither http nor https' };
  if (/^https?:\/\/(?:[^/?#]*@)?(?::\d*)?(?:[/?#]|$)/i.test(text)) return { problem: 'has no host' };
  if (!URL.canParse(text)) return { problem: 'cannot be parsed' };
  const url = new URL(text);
  if (url.port === '0') return { problem: 'has port 0' };
  return { url };
}

/** Where clouds answer questions about a machine: names and addresses outside the link-local ranges. */
const metadataHosts = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure
  '192.0.0.192', // Oracle
  '[fd00:ec2::254]', // AWS
  '[fd20:ce::254]', // Google
  '[fd00:c1::a9fe:a9fe]', // Oracle
]);

/** `hostname` as `URL` normalises it: lower case, IPv4 in four decimals, IPv6 in brackets. */
export function isLinkLocal(hostname: string): boolean {
  const host = plain(hostname);
  return metadataHosts.has(host) || /^169\.254\.\d+\.\d+$/.test(host) || /^\[fe[89ab][0-9a-f]:/.test(host);
}

export function isLoopback(hostname: string): boolean {
  const host = plain(hostname);
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host === '[::]') return true;
  return /^(127|0)\.\d+\.\d+\.\d+$/.test(host);
}

/** Without the root's dot; IPv4 inside IPv6 (mapped, or behind NAT64) as IPv4: `[::ffff:7f00:1]` is 127.0.0.1. */
function plain(hostname: string): string {
  const host = hostname.replace(/\.$/, '');
  const match = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (!match) return host;
  const [high, low] = [Number.parseInt(match[1] ?? '0', 16), Number.parseInt(match[2] ?? '0', 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** Several rules ask the same of one URL, and parsing it is most of what they cost. Gone with the value it belongs to. */
const parsed = new WeakMap<Sealed, ServerUrl>();

export function serverUrlOf(value: Sealed): ServerUrl {
  const known = parsed.get(value);
  if (known) return known;
  const url = parseServerUrl(value.reveal());
  parsed.set(value, url);
  return url;
}
