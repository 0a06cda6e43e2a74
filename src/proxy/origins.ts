import type { Target } from './target.ts';

/** Who a request through a forward proxy is for. */
export interface Asked {
  /** As it stands in the request, and as its `Host` must be. */
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  /** Path and query, as they stand there. */
  readonly rest: string;
}

const authorityShape = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i;

/** `HOST[:PORT]`; null for anything else, a user before it included. */
export function authorityOf(authority: string, defaultPort: number | null): Omit<Asked, 'rest'> | null {
  const [, host, written] = authorityShape.exec(authority) ?? [];
  const port = written === undefined ? defaultPort : Number(written);
  if (host === undefined || port === null || port < 1 || port > 65535) return null;
  return { authority, host: host.toLowerCase().replace(/\.$/, ''), port };
}

/** `http://HOST[:PORT]/path?query`, the form of a request to a forward proxy. */
export function askedOf(target: string): Asked | null {
  const [, authority = '', rest = ''] = /^http:\/\/([^/?]*)(.*)$/i.exec(target) ?? [];
  const named = authorityOf(authority, 80);
  return named && { ...named, rest: rest.startsWith('/') ? rest : `/${rest}` };
}

const service = /^([a-z0-9-]+\.[a-z0-9-]+)\.svc(?:\.cluster\.local)?$/;

/** A Service has three spellings; a resolver of the cluster finds the same behind each. */
function spellings(host: string): readonly string[] {
  const [, name] = service.exec(host) ?? [];
  return name === undefined ? [host] : [name, `${name}.svc`, `${name}.svc.cluster.local`];
}

/**
 * Whether `http://HOST[:PORT]` means this server. A client that cannot speak TLS writes the server's own port, and for
 * 443 that one, or none.
 */
export function names({ host, port }: Pick<Asked, 'host' | 'port'>, target: Target): boolean {
  const bracketed = target.host.includes(':') ? `[${target.host}]` : target.host;
  const ports = target.secure && target.port === 443 ? [443, 80] : [target.port];
  return ports.includes(port) && spellings(bracketed.toLowerCase()).includes(host);
}

/** No dots, no encodings, no parameters: what a server might read as a way up, or as another path, is none below. */
const plainSegments = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,=:@-]+)*\/?$/;

/** Below the server's own path. A client that nobody told the whole path writes the one it knows. */
export function isBelow(rest: string, { pathname }: Target): boolean {
  const path = rest.split('?', 1)[0] ?? '';
  const own = pathname.replace(/\/$/, '');
  if (!path.startsWith(`${own}/`) && path !== own) return false;
  return plainSegments.test(path.slice(own.length)) && !path.startsWith('/.well-known/');
}
