import { hopByHop } from '../core/header-names.ts';

/** CGI-style servers read `x_api_key` as `X-Api-Key`, so for removing, the two are one name. */
export const normalName = (name: string): string => {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
};

/** Of one hop, or set anew by us: none of these of a client's request goes on to anybody. */
export const droppedAtEachHop: ReadonlySet<string> = new Set([
  ...hopByHop,
  'content-length',
  'host',
  'expect',
]);

/** ... and none of these to a server. */
const droppedFromRequests: ReadonlySet<string> = new Set([
  ...droppedAtEachHop,
  'origin',
  'forwarded',
  'via',
  'x-real-ip',
]);

/** `Alt-Svc` would send the client to another address, past us. `Sallyport-Error` is only ever ours. */
export const droppedFromResponses: ReadonlySet<string> = new Set([
  ...hopByHop,
  'content-length',
  'alt-svc',
  'sallyport-error',
]);

export const isDropped = (normal: string): boolean =>
  droppedFromRequests.has(normal) || normal.startsWith('x-forwarded-');
