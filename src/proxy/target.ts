import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isForbiddenHost } from '../core/addresses.ts';

/** The upstream as requests need it, worked out once. Nothing of it ever comes from a client. */
export interface Target {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** The `Host` header. */
  readonly authority: string;
  readonly origin: string;
  readonly pathname: string;
  /** With the question mark, or empty. */
  readonly search: string;
  /** Server name for TLS; an address has none. */
  readonly servername: string;
  /** A forbidden address or the name of a metadata service: nothing is ever dialled. */
  readonly forbidden: boolean;
}

export function targetOf(upstream: string): Target {
  const url = new URL(upstream);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  return {
    secure,
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    origin: url.origin,
    pathname: url.pathname,
    search: url.search,
    servername: isIP(host) === 0 ? host : '',
    forbidden: isForbiddenHost(host),
  };
}

export class ForbiddenTarget extends Error {
  override readonly name = 'ForbiddenTarget';
}

/** Looks a name up and refuses it when any of its addresses is forbidden, at the moment of connecting. */
export function guardedLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const first = addresses[0];
      if (first === undefined || addresses.some(({ address }) => isForbiddenHost(address)))
        return callback(new ForbiddenTarget('forbidden address'), '', 0);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}
