/**
 * IP addresses, and the hosts that no credential may be sent to. The rules and the in-pod proxy share this one list, so
 * that what MCP405 rejects is also refused when a name resolves to it. Imported by the proxy, so this file imports nothing.
 */

/** 4 or 16 bytes. */
type Address = readonly number[];

/** `ffff:` seven times and a dotted IPv4 address are 51 characters, a zone is at most 16 more. Longer text is no address. */
const maxAddressLength = 68;

/** An address as `getaddrinfo` and `URL` write it, without brackets; null for anything else. */
function parseAddress(text: string): Address | null {
  if (text.length > maxAddressLength) return null;
  return text.includes(':') ? parseIpv6(text.split('%', 1)[0] ?? '') : parseIpv4(text);
}

function parseIpv4(text: string): Address | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** RFC 4291, section 2.2. */
function parseIpv6(text: string): Address | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  if (!head || tail === null) return null;
  if (tail === undefined) return head.length === 16 ? head : null;
  const missing = 16 - head.length - tail.length;
  return missing >= 2 ? [...head, ...Array<number>(missing).fill(0), ...tail] : null;
}

/** The bytes of `a:b:c`. At the end of the whole address, the last group may be an IPv4 address. */
function groupsOf(text: string, atEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    const embedded = atEnd && i === groups.length - 1 && group.includes('.') ? parseIpv4(group) : null;
    if (embedded) bytes.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return null;
  }
  return bytes;
}

/** A network prefix, such as `169.254.0.0/16`. */
export interface Block {
  readonly address: Address;
  readonly bits: number;
}

/** Null for anything that is not `ADDRESS/BITS`. */
export function parseBlock(text: string): Block | null {
  const [, network = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(network.replace(/^\[|\]$/g, ''));
  return address && Number(bits) <= address.length * 8 ? { address, bits: Number(bits) } : null;
}

function contains({ address, bits }: Block, one: Address): boolean {
  if (address.length !== one.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== one[i]) return false;
  const mask = (0xff00 >> (bits & 7)) & 255;
  return (((address[whole] ?? 0) ^ (one[whole] ?? 0)) & mask) === 0;
}

const block = (text: string): Block => {
  const parsed = parseBlock(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (!parsed) throw new Error(`${text} is not a network prefix`);
  return parsed;
};

/** IPv6 prefixes in front of an IPv4 address, and the byte at which that begins. */
const embeddings: readonly (readonly [prefix: Block, at: number])[] = [
  [block('::ffff:0:0/96'), 12], // IPv4-mapped, RFC 4291
  [block('::ffff:0:0:0/96'), 12], // IPv4-translated, RFC 7915
  [block('64:ff9b::/96'), 12], // NAT64, RFC 6052
  [block('64:ff9b:1::/48'), 12], // NAT64 of a site, RFC 8215
  [block('2002::/16'), 2], // 6to4, RFC 3056
];

/** The address itself, and the IPv4 address that it leads to. */
function meanings(text: string): Address[] {
  const address = parseAddress(text);
  if (!address) return [];
  const inside = address.length === 16 ? embeddings.filter(([prefix]) => contains(prefix, address)) : [];
  return [address, ...inside.map(([, at]) => address.slice(at, at + 4))];
}

const isWithin = (blocks: readonly Block[], text: string): boolean =>
  meanings(text).some((address) => blocks.some((one) => contains(one, address)));

/** Whether an address is part of a block, also as IPv4 inside IPv6. */
export const isInBlock = (one: Block, text: string): boolean => isWithin([one], text);

/** Link-local addresses, and those at which a cloud gives its machines their credentials. */
const metadata = [
  '169.254.0.0/16', // link-local: metadata of most clouds, EKS Pod Identity, ECS
  'fe80::/10', // link-local
  '100.100.100.200', // Alibaba Cloud
  '168.63.129.16', // Azure: WireServer, for settings and certificates of extensions
  '192.0.0.192', // Oracle Cloud
  'fd00:c1::a9fe:a9fe', // Oracle Cloud
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS: EKS Pod Identity
  'fd20:ce::254', // Google Cloud
  'fd00:42::42', // Scaleway
].map(block);

const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

const unspecified = ['0.0.0.0/8', '::'].map(block);

/** Multicast and broadcast: no MCP server has such an address. */
const manyReceivers = ['224.0.0.0/4', 'ff00::/8', '255.255.255.255'].map(block);

const loopback = ['127.0.0.0/8', '::1'].map(block);

const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');

/** Lower case, without brackets and without the root's dot. */
const plain = (host: string): string => withoutBrackets(host.toLowerCase()).replace(/\.$/, '');

/** A link-local or metadata address, or a name of a metadata service. IPv4 in four decimals, as `URL` writes it. */
export function isMetadataHost(host: string): boolean {
  const name = plain(host);
  return metadataNames.has(name) || isWithin(metadata, name);
}

/** A host that the proxy never dials: those of `isMetadataHost`, unspecified, multicast and broadcast addresses. */
export const isForbiddenHost = (host: string): boolean =>
  isMetadataHost(host) || isUnspecified(host) || isWithin(manyReceivers, plain(host));

export const isUnspecified = (host: string): boolean => isWithin(unspecified, plain(host));

/** `localhost`, what is below it, and loopback addresses. */
export function isLoopbackHost(host: string): boolean {
  const name = plain(host);
  return name === 'localhost' || name.endsWith('.localhost') || isWithin(loopback, name);
}

/** An IP address, in brackets or without. */
export const isAddress = (host: string): boolean => parseAddress(withoutBrackets(host)) !== null;
