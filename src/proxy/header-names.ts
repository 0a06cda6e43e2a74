import { hopByHop } from '../core/header-names.ts';

/** CGI-style servers read `x_api_key` as `X-Api-Key`, so for removing, the two are one name. */
export const normalName = (name: string): string => {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
};

/** Set by us or meant for us: none of these of a client's request reaches the server. */
export const droppedFromRequests: ReadonlySet<string> = new Set([
  ...hopByHop,
  'content-length',
  'host',
  'expect',
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

export const isForwardingName = (normal: string): boolean => normal.startsWith('x-forwarded-');
