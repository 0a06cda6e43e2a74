import type { IncomingMessage } from 'node:http';
import type { Refusal } from './answers.ts';
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

/** Why a request is not sent on, or null. Reads the head only. */
export function refusalOf(req: IncomingMessage, hosts: ReadonlySet<string>): Refusal | null {
  const { headers, rawHeaders, method, url = '' } = req;
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') seen += 1;
  if (seen > 1) return 'malformed';
  if (!url.startsWith('/')) return url === '*' ? 'not-proxied' : 'host';
  if (!hosts.has((headers.host ?? '').toLowerCase())) return 'host';
  if (headers.origin !== undefined || isForeignFetch(headers['sec-fetch-site'])) return 'origin';
  if (method === 'TRACE' || method === 'CONNECT' || headers.upgrade !== undefined) return 'not-proxied';
  const coding = headers['transfer-encoding'];
  return coding === undefined || coding.toLowerCase() === 'chunked' ? null : 'not-proxied';
}

/** `same-site` is a page on another port of localhost; `none` is a person typing the address. */
const isForeignFetch = (site: string | string[] | undefined): boolean =>
  site !== undefined && site !== 'same-origin' && site !== 'none';

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
