import { isDeepStrictEqual } from 'node:util';
import type { Facts } from '../facts.ts';
import { planServer } from '../inject/plan.ts';
import type { Reading } from '../kinds/reader.ts';
import { serverRef, sourceKey, type McpServer } from '../model.ts';
import type { ProxyServer } from '../contracts/proxy-contract.ts';
import { serverUrlOf } from '../server-url.ts';

/** What a resource tells a proxy of its servers. Ports, folders and names are the pod's own. */
type Told = Pick<ProxyServer, 'transport' | 'upstream' | 'headers' | 'bundles' | 'tls' | 'sources'>;

/** As it would be told now; `undefined` where the resource says nothing a proxy could use. */
function toldNow(server: McpServer, withOptionalCa: boolean): Told | undefined {
  const url = server.url && serverUrlOf(server.url.value);
  if (url?.kind !== 'valid') return undefined;
  const facts = withOptionalCa ? itsCaIsThere(server) : nothingKnown;
  return toldBy(planServer({ name: server.name, server }, 0, facts).config);
}

/**
 * Whether a proxy would be told the same now as it was. Whether an optional CA is there is the Secret's matter. In an
 * operator's pod literal headers may stay where the operator put them, so that a proxy is told of some of them only, and
 * what becomes of a header that the app sets too follows from how the operator itself does it.
 */
export function isSameServer(told: ProxyServer, server: McpServer, ofOperator: boolean): boolean {
  const now = toldNow(server, told.tls !== null && told.tls.ca !== null);
  if (!now || !ofOperator) return same(toldBy(told), now);
  const names = new Set(told.headers.map(({ name }) => name));
  const delivered = now.headers.filter(({ name, value }) => value === undefined || names.has(name));
  return same(anyConflict(toldBy(told)), anyConflict({ ...now, headers: delivered }));
}

const anyConflict = (told: Told): Told => ({
  ...told,
  headers: told.headers.map((header) => ({ ...header, conflict: 'override' })),
});

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
