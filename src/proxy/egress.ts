import { BlockList, isIP } from 'node:net';
import { ContractError } from '../core/contract-checks.ts';
import type { Target } from './target.ts';

/** A proxy on the way out of the cluster. It is asked for a tunnel, and sees what passes only where that is plain http. */
export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`, from the user and password in its URL. */
  readonly authorization: string | null;
}

/** What the proxy's own environment says about the way out. */
export interface Egress {
  readonly http: EgressProxy | null;
  readonly https: EgressProxy | null;
  /** `NO_PROXY`, split. */
  readonly direct: readonly string[];
}

export const noEgress: Egress = { http: null, https: null, direct: [] };

type Env = Readonly<Record<string, string | undefined>>;

/** Both spellings; the upper case wins, as in Go. Throws `ContractError` with one line that holds no value. */
export function readEgress(env: Env): Egress {
  const named = (name: string) => {
    const found = [name, name.toLowerCase()].find((spelling) => (env[spelling] ?? '') !== '');
    return found === undefined ? null : { name: found, value: env[found] ?? '' };
  };
  const proxy = (name: string) => {
    const found = named(name);
    return found && egressProxy(found.name, found.value);
  };
  const direct = (named('NO_PROXY')?.value ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  return { http: proxy('HTTP_PROXY'), https: proxy('HTTPS_PROXY'), direct };
}

function egressProxy(name: string, value: string): EgressProxy {
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  // A credential of the egress proxy would travel in the clear as well; but that is what such a URL asks for.
  if (url?.protocol !== 'http:' || url.hostname === '') throw new ContractError(`${name} is not an http URL`);
  const user = `${decoded(name, url.username)}:${decoded(name, url.password)}`;
  return {
    host: bare(url.hostname),
    port: url.port === '' ? 80 : Number(url.port),
    authorization: user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}`,
  };
}

function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ContractError(`${name} has a user or password that is not percent-encoded`);
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase();

/** The egress proxy that a server is reached through, or null for a direct connection. */
export function egressFor(target: Target, { http, https, direct }: Egress): EgressProxy | null {
  const proxy = target.secure ? https : http;
  const host = bare(target.host);
  if (proxy === null || isLoopback(host)) return null;
  return direct.some((entry) => matches(entry, host, target.port)) ? null : proxy;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || contains(loopback, host);

const contains = (list: BlockList, host: string): boolean => {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
};

/**
 * One entry of `NO_PROXY` as Go reads it: `*`, an address, a CIDR block, `example.com` with all below it,
 * `.example.com` for what is below it only; each but the block may name a port.
 */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const block = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (block) return isIn(block[1] ?? '', Number(block[2]), host);
  const [name, wanted] = splitPort(entry);
  if (wanted !== null && wanted !== port) return false;
  if (name === '') return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return name === host;
  const below = name.startsWith('*.') ? name.slice(1) : name;
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
}

function splitPort(entry: string): readonly [name: string, port: number | null] {
  const [, name = '', port] = (isIP(entry) === 0 && /^(.*):(\d+)$/.exec(entry)) || [];
  return port === undefined ? [bare(entry), null] : [bare(name), Number(port)];
}

function isIn(network: string, bits: number, host: string): boolean {
  const family = isIP(bare(network));
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(bare(network), bits, family === 4 ? 'ipv4' : 'ipv6');
  return contains(list, host);
}
