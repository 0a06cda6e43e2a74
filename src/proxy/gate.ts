import type { Refusal } from './answers.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { Target } from './target.ts';

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

/** Why a well-formed request is not sent on, or null. */
export function refusalOf(head: RequestHead, hosts: ReadonlySet<string>): Refusal | null {
  const { method, target, host } = head;
  if (method === 'CONNECT' || method === 'TRACE' || target === '*') return 'not-proxied';
  if (!target.startsWith('/')) return 'host';
  if (!hosts.has(host) && !hosts.has(host.toLowerCase())) return 'host';
  if (head.foreignPage) return 'origin';
  return head.upgrades || head.connection.upgrade ? 'not-proxied' : null;
}

/**
 * The path and query to ask the server for, or null where it is none of the server's. Compared as text, so no
 * encoding, dot or double slash can select anything: the only path is the configured one.
 */
export function pathFor(url: string, method: string, target: Target, learned: LearnedPaths): string | null {
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
