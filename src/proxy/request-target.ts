import type { Target } from './target.ts';

/** Host and port of a request target (RFC 9112, section 3.2). */
export interface Authority {
  /** As it is written; `Host` must say the same. */
  readonly authority: string;
  /** In lower case, without a dot at its end. */
  readonly host: string;
  readonly port: number;
}

/** A request target in absolute form, which a forward proxy receives. */
export interface AbsoluteTarget extends Authority {
  /** Path and query, as they are written. */
  readonly rest: string;
}

/** Paths beside the upstream's own that its server itself has sent the client to. */
export interface LearnedPaths {
  /** Legacy transport: where the open streams told their client to post. */
  readonly messages: Map<string, number>;
  /** The same path with or without a slash at its end, after a redirect there. */
  slash: string | null;
}

export const noLearnedPaths = (): LearnedPaths => ({ messages: new Map(), slash: null });

/** The names under which the app may know the listener; any other comes from a web page by DNS rebinding. */
export const localHosts = (port: number): ReadonlySet<string> =>
  new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);

const authorityShape = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i;

/** Parses `HOST[:PORT]`; null for anything else, also with a user in front. */
export function authorityOf(authority: string, defaultPort: number | null): Authority | null {
  const [, host, written] = authorityShape.exec(authority) ?? [];
  const port = written === undefined ? defaultPort : Number(written);
  if (host === undefined || port === null || port < 1 || port > 65535) return null;
  return { authority, host: host.toLowerCase().replace(/\.$/, ''), port };
}

/** Parses `http://HOST[:PORT]/path?query`; null for any other form. */
export function absoluteTarget(target: string): AbsoluteTarget | null {
  const [, authority = '', rest = ''] = /^http:\/\/([^/?]*)(.*)$/i.exec(target) ?? [];
  const named = authorityOf(authority, 80);
  return named && { ...named, rest: rest.startsWith('/') ? rest : `/${rest}` };
}

const service = /^([a-z0-9-]+\.[a-z0-9-]+)\.svc(?:\.cluster\.local)?$/;

/** A Service has three spellings; the cluster's DNS resolves them alike. */
function spellings(host: string): readonly string[] {
  const [, name] = service.exec(host) ?? [];
  return name === undefined ? [host] : [name, `${name}.svc`, `${name}.svc.cluster.local`];
}

/**
 * Whether `http://HOST[:PORT]` means this server. A client that cannot speak TLS writes the server's own port, and for
 * 443 that one, or none.
 */
export function isServer({ host, port }: Authority, target: Target): boolean {
  const bracketed = target.host.includes(':') ? `[${target.host}]` : target.host;
  const ports = target.secure && target.port === 443 ? [443, 80] : [target.port];
  return ports.includes(port) && spellings(bracketed.toLowerCase()).includes(host);
}

/** No dots, no encodings, no parameters: no server reads such a path as one that leads up or elsewhere. */
const plainSegments = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,=:@-]+)*\/?$/;

/** Whether a path is below the server's own path. A client that does not know the whole path writes the part it knows. */
export function isBelow(rest: string, { pathname }: Target): boolean {
  const path = rest.split('?', 1)[0] ?? '';
  const own = pathname.replace(/\/$/, '');
  if (!path.startsWith(`${own}/`) && path !== own) return false;
  return plainSegments.test(path.slice(own.length)) && !path.startsWith('/.well-known/');
}

/**
 * The path and query to send to the server, or null where it is none of the server's. Compared as text, so no
 * encoding, dot or double slash can select anything: the only path is the configured one.
 */
export function serverPath(
  url: string,
  method: string,
  target: Target,
  learned: LearnedPaths,
): string | null {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  if (path.startsWith('/.well-known/')) return null;
  if (path === target.pathname) return path + queryFor(query, target);
  if (path === learned.slash) return path + queryFor(query, target);
  if (method === 'POST' && learned.messages.has(path)) return url;
  return null;
}

/** The configured query is fixed and comes first; what the client adds follows. */
function queryFor(query: string, { search }: Target): string {
  if (search === '') return query === '' ? '' : `?${query}`;
  const fixed = search.slice(1);
  if (query === '' || query === fixed || query.startsWith(`${fixed}&`)) return `?${query || fixed}`;
  return `?${fixed}&${query}`;
}
