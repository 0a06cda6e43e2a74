/** RFC 9110, section 5.6.2: what a header's name may be made of. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const isHeaderName = (name: string): boolean => token.test(name);

/** What belongs to one connection and never travels on: RFC 9110, section 7.6.1, and what older clients send. */
export const hopByHop: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/**
 * Names that a resource must not set: hop-by-hop headers break the connection, ToolHive's runner since 0.62 does not start with
 * `Close` (an option of Connection), Host and Forwarded describe the route, Content-* the body, and client and server set the
 * Mcp-* ones. The in-pod proxy refuses the same names: what
 * passes here must start there.
 */
const reserved = new Set([
  ...hopByHop,
  'close',
  'host',
  'expect',
  'origin',
  'forwarded',
  'via',
  'x-real-ip',
  'accept',
  'accept-encoding',
  'last-event-id',
  'x-kagent-host',
]);
const reservedPrefixes = ['mcp-', 'content-', 'x-forwarded-'];

/** `_` counts as `-`, because CGI-style servers read `x_real_ip` and `X-Real-Ip` as one name. */
export function isReservedHeader(name: string): boolean {
  const normal = name.toLowerCase().replaceAll('_', '-');
  return reserved.has(normal) || reservedPrefixes.some((prefix) => normal.startsWith(prefix));
}
