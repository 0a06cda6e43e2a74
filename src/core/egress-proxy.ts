import { isAddress, isInBlock, isLoopbackHost, parseBlock } from './addresses.ts';
import { ContractError } from './contracts/contract-checks.ts';
import type { ProxyServer } from './contracts/proxy-contract.ts';
import { parseUrl } from './url.ts';

/**
 * Which upstreams are reached through an egress proxy. The injector decides with it whether a pod can be served, and the
 * proxy how it connects, so both read the variables in the same way. Imported by the proxy.
 */

/** A proxy between the cluster and an upstream. The in-pod proxy asks it for a tunnel (`CONNECT`). */
export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`, from the user and password in its URL. */
  readonly authorization: string | null;
}

/** The egress proxies that an environment names. */
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
  const url = parseUrl(text);
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

/** Where an upstream is, as far as the choice of an egress proxy depends on it. */
interface Destination {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** The egress proxy that a server is reached through, or null for a direct connection. */
export function egressFor(to: Destination, { http, https, direct }: Egress): EgressProxy | null {
  const proxy = to.secure ? https : http;
  const host = bare(to.host);
  if (proxy === null || isLoopbackHost(host)) return null;
  return direct.some((entry) => matches(entry, host, to.port)) ? null : proxy;
}

/**
 * Whether an egress proxy would receive a credential of this server in plain text: without TLS, what passes through the
 * tunnel is not encrypted. The origin limit of a Secret is about who receives it, and the egress proxy is not that origin.
 */
export const exposesCredential = (
  { headers, bundles }: Pick<ProxyServer, 'headers' | 'bundles'>,
  to: Destination,
  egress: Egress,
): boolean =>
  !to.secure &&
  (bundles.length > 0 || headers.some(({ value }) => value === undefined)) &&
  egressFor(to, egress) !== null;

/**
 * One entry of `NO_PROXY` as Go reads it: `*`, an address, a CIDR block, `example.com` with all below it,
 * `.example.com` for what is below it only; each but the block may name a port.
 */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (/^[^/]+\/\d{1,3}$/.test(entry)) {
    const block = parseBlock(entry);
    return block !== null && isInBlock(block, host);
  }
  const [name, wanted] = splitPort(entry);
  if (wanted !== null && wanted !== port) return false;
  if (name === '') return false;
  if (isAddress(name) || isAddress(host)) return name === host;
  const below = name.startsWith('*.') ? name.slice(1) : name;
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
}

function splitPort(entry: string): readonly [name: string, port: number | null] {
  const [, name = '', port] = (!isAddress(entry) && /^(.*):(\d+)$/.exec(entry)) || [];
  return port === undefined ? [bare(entry), null] : [bare(name), Number(port)];
}
