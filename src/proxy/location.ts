import type { LearnedPaths } from './gate.ts';
import type { Target } from './target.ts';

/** A redirect's `Location` as the client may see it, or null when it leaves the server's origin. */
export function localLocation(location: string, asked: string, target: Target, local: string): string | null {
  const base = `${target.origin}${asked}`;
  if (!URL.canParse(location, base)) return null;
  const url = new URL(location, base);
  // A relative one keeps its meaning, because the client asks under the same path.
  if (url.origin !== target.origin || url.username !== '' || url.password !== '') return null;
  return isRelative(location) ? location : `${local}${url.pathname}${url.search}${url.hash}`;
}

export const isRelative = (reference: string): boolean =>
  !/^[\x00-\x20]*([a-z][a-z0-9+.-]*:|[/\\][\x00-\x20]*[/\\])/i.test(reference.replace(/[\t\r\n]/g, ''));

/** `/mcp` to `/mcp/` and back is common, and the client then asks there; other paths stay closed. */
export function learnSlash(location: string, asked: string, target: Target, learned: LearnedPaths): void {
  const { pathname } = new URL(location, `${target.origin}${asked}`);
  const own = target.pathname;
  if (pathname === `${own}/` || `${pathname}/` === own) learned.slash = pathname;
}
