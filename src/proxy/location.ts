import type { RequestHead } from './http1/request-head.ts';
import type { LearnedPaths } from './request-target.ts';
import type { Call, Route } from './route.ts';
import type { Target } from './target.ts';
import { parseUrl } from '../core/url.ts';

/** The URL under which this client reached us; request admission has checked it. */
export const localOrigin = ({ host }: RequestHead): string => `http://${host}`;

/** What a `Location` is to the client, or null where it would lead a redirect away from the server's origin. */
export function locationFor(
  { target, learned, passing }: Route,
  { path, head }: Call,
  status: number,
  location: string,
): string | null {
  if (passing) return location;
  const redirect = status >= 300 && status < 400;
  const local = localLocation(location, path, target, localOrigin(head));
  if (local !== null && redirect) learnSlash(location, path, target, learned);
  // Elsewhere it names something, and no client follows it.
  return local ?? (redirect ? null : location);
}

/** A redirect's `Location` as the client may see it, or null when it leaves the server's origin. */
function localLocation(location: string, path: string, target: Target, local: string): string | null {
  const base = `${target.origin}${path}`;
  const url = parseUrl(location, base);
  // A relative one keeps its meaning, because the client asks under the same path.
  if (!url || url.origin !== target.origin || url.username !== '' || url.password !== '') return null;
  return isRelative(location) ? location : `${local}${url.pathname}${url.search}${url.hash}`;
}

export const isRelative = (reference: string): boolean =>
  !/^[\x00-\x20]*([a-z][a-z0-9+.-]*:|[/\\][\x00-\x20]*[/\\])/i.test(reference.replace(/[\t\r\n]/g, ''));

/** `/mcp` to `/mcp/` and back is common, and the client then asks there; other paths stay closed. */
function learnSlash(location: string, path: string, target: Target, learned: LearnedPaths): void {
  const { pathname } = new URL(location, `${target.origin}${path}`);
  const own = target.pathname;
  if (pathname === `${own}/` || `${pathname}/` === own) learned.slash = pathname;
}
