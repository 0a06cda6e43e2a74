import { isDeepStrictEqual } from 'node:util';
import type { Facts } from '../facts.ts';
import { planServer } from '../inject/plan.ts';
import type { Reading } from '../kinds/reader.ts';
import { serverRef, sourceKey, type McpServer } from '../model.ts';
import type { ProxyServer } from '../proxy-contract.ts';
import { serverUrlOf } from '../server-url.ts';

/** What a resource tells a proxy of its servers. Ports, folders and names are the pod's own. */
type Told = Pick<ProxyServer, 'transport' | 'upstream' | 'headers' | 'bundles' | 'tls' | 'sources'>;

/** As it would be told now; `undefined` where the resource says nothing a proxy could use. */
function toldNow(server: McpServer, withOptionalCa: boolean): Told | undefined {
  const url = server.url && serverUrlOf(server.url.value);
  if (!url || 'problem' in url) return undefined;
  const facts = withOptionalCa ? itsCaIsThere(server) : nothingKnown;
  return toldBy(planServer({ name: server.name, server }, 0, facts).config);
}

/** Whether a proxy would be told the same now as it was. Whether an optional CA is there is the Secret's matter. */
export function tellsTheSame(told: ProxyServer, server: McpServer): boolean {
  return same(toldBy(told), toldNow(server, hasCa(told)));
}

/**
 * The same of a proxy in an operator's pod, where the resource is not all that counts: an operator calls some servers by
 * another URL, lets an agent replace their headers, and keeps literal ones. Only what the resource names, and the proxy was
 * never told of, is a difference: a header from a Secret, a whole Secret, a client certificate.
 */
export function coversAll(told: ProxyServer, server: McpServer): boolean {
  const now = toldNow(server, hasCa(told));
  if (!now) return true;
  const names = new Set(told.headers.map(({ name }) => name.toLowerCase()));
  const before = new Set(besidesHeaders(told));
  return (
    now.headers.every(({ name, value }) => value !== undefined || names.has(name.toLowerCase())) &&
    besidesHeaders(now).every((one) => before.has(one))
  );
}

const hasCa = ({ tls }: ProxyServer): boolean => tls !== null && tls.ca !== null;

/** What is told of whole Secrets and certificates. */
const besidesHeaders = ({ sources = {} }: Pick<Told, 'sources'>): string[] =>
  Object.entries(sources).flatMap(([file, source]) => (file.startsWith('+/h') ? [] : [`${file} ${source}`]));

/** The servers of a resource that a proxy would be told something else about after this change, or nothing any more. */
export function changedServers(before: Reading, after: Reading): string[] {
  const now = new Map(after.servers.map((server) => [serverRef(server), server]));
  return before.servers
    .filter(({ role }) => role === 'server')
    .filter((server) => {
      const successor = now.get(serverRef(server));
      return !successor || !same(toldNow(server, true), toldNow(successor, true));
    })
    .map(serverRef);
}

const toldBy = ({ transport, upstream, headers, bundles, tls, sources }: ProxyServer): Told => ({
  transport,
  upstream,
  headers,
  bundles,
  tls,
  ...(sources ? { sources } : {}),
});

/** As JSON has it: a key without a value is no key. */
const same = (a: Told | undefined, b: Told | undefined): boolean =>
  isDeepStrictEqual(a && plain(a), b && plain(b));
const plain = (told: Told): unknown => JSON.parse(JSON.stringify(told));

const nothingKnown: Facts = new Map();

function itsCaIsThere({ tls: { ca } }: McpServer): Facts {
  if (!ca) return nothingKnown;
  return new Map([[sourceKey(ca.source), { state: 'present', keys: new Map([[ca.key, {}]]) }]]);
}
