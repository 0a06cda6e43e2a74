import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

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
  /** A literal link-local or metadata address: nothing is ever dialled. */
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
    forbidden: isForbiddenAddress(host),
  };
}

const forbidden = new BlockList();
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4'); // link-local: metadata of most clouds
forbidden.addAddress('100.100.100.200', 'ipv4'); // metadata of Alibaba Cloud
forbidden.addAddress('192.0.0.192', 'ipv4'); // metadata of Oracle Cloud
forbidden.addSubnet('224.0.0.0', 4, 'ipv4');
forbidden.addAddress('255.255.255.255', 'ipv4');
forbidden.addAddress('::', 'ipv6');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('ff00::', 8, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6'); // metadata of AWS
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6'); // 169.254.0.0/16 behind NAT64

/** True for an address that a credential may never be sent to. A name is not an address. */
export function isForbiddenAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && forbidden.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export class ForbiddenTarget extends Error {}

/** Looks a name up and refuses it when any of its addresses is forbidden, at the moment of connecting. */
export function guardedLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const first = addresses[0];
      if (first === undefined || addresses.some(({ address }) => isForbiddenAddress(address)))
        return callback(new ForbiddenTarget('forbidden address'), '', 0);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}
