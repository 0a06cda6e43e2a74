import type { ConfiguredServer } from '../../agent-config.ts';
import type { ConfigEntry } from '../../contracts/config-step-contract.ts';
import { keysOf, type Header, type McpServer } from '../../model.ts';
import { Redacted } from '../../redacted.ts';
import { serverUrlOf } from '../../server-url.ts';
import type { ToolTarget } from './targets.ts';
import { parseUrl } from '../../url.ts';

/** With `proxy.url` kagent's agents call a gateway, and say here whom they mean. */
const gatewayHeader = 'x-kagent-host';
/** What a client that calls us on loopback has no use for. */
const tlsFields = ['tls_insecure_skip_verify', 'tls_ca_cert_path', 'tls_disable_system_cas'];

export type EntryPlan =
  /** Nothing in it is a credential. */
  | { readonly kind: 'untouched' }
  | { readonly kind: 'left'; readonly why: string }
  | {
      readonly kind: 'rewritten';
      /** As the proxy calls it. */
      readonly server: McpServer;
      readonly change: (url: string) => Omit<ConfigEntry, 'server'>;
    };

const left = (why: string): EntryPlan => ({ kind: 'left', why });

/** One server of an agent's configuration, and the resource it should come from. */
export function judge(
  entry: ConfiguredServer,
  index: number,
  target: ToolTarget,
  namespace: string,
): EntryPlan {
  const headers = merged(target);
  const fromSources = headers.filter(isFromSource);
  const { server } = target;
  if (!takesCredential(target)) return { kind: 'untouched' };

  const foreign = [
    ...fromSources.flatMap(({ source }) => keysOf(source)),
    ...(server.tls.client ? [server.tls.client] : []),
  ]
    .map(({ source }) => source)
    .find((source) => source.namespace !== namespace);
  if (foreign)
    return left(
      `its ${foreign.kind} ${foreign.name} is in namespace ${foreign.namespace}, and a pod can only mount those of its own namespace`,
    );

  const way = wayTo(entry, target);
  if (way === undefined) return left(`its URL differs from the URL of its ${target.tool.kind}`);
  if (way.through !== undefined && server.tls.client !== undefined)
    return left(`it has a client certificate, and kagent sends its requests through ${way.through}`);
  const written = [...headers, ...overridden(target)].map(({ name }) => name);
  const expected = new Set([...written, ...(way.gatewayHost === undefined ? [] : [gatewayHeader])]);
  const stranger = entry.headers.find((name) => !expected.has(name));
  const missing = headers.find(({ name }) => !entry.headers.includes(name));
  if (stranger !== undefined)
    return left(`header ${stranger} is neither in its ${target.tool.kind} nor in the agent`);
  if (missing) return left(`header ${missing.name} is not yet in the configuration of the agent`);

  const going = new Set(fromSources.map(({ name }) => name.toLowerCase()));
  const kept = new Set(headers.filter(({ source }) => source.kind === 'literal').map(({ name }) => name));
  const removed = entry.headers.filter(
    (name) => going.has(name.toLowerCase()) || (!kept.has(name) && name !== gatewayHeader),
  );
  const params = [target.list, index, 'params'] as const;
  return {
    kind: 'rewritten',
    server: {
      ...server,
      headers: fromSources,
      ...(way.url === undefined || !server.url
        ? {}
        : { url: { ...server.url, value: new Redacted(way.url) } }),
    },
    change: (url) => ({
      seen: [
        { at: [...params, 'url'], value: entry.url },
        ...(way.gatewayHost === undefined
          ? []
          : [{ at: [...params, 'headers', gatewayHeader], value: way.gatewayHost }]),
      ],
      set: [{ at: [...params, 'url'], value: url }],
      remove: [
        ...removed.map((name) => [...params, 'headers', name]),
        ...tlsFields.map((field) => [...params, field]),
      ],
    }),
  };
}

const byName = (headers: readonly Header[]) =>
  new Map(headers.map((header) => [header.name.toLowerCase(), header]));

/** The agent's own win. kagent tells names apart by case and its runtimes send both; a server takes them for one. */
const merged = ({ server, tool }: ToolTarget): readonly Header[] => [
  ...new Map([...byName(server.headers), ...byName(tool.own?.headers ?? [])]).values(),
];

const isFromSource = ({ source }: Header): boolean => source.kind !== 'literal';

/** Whether the agent's configuration has a credential for it, or only the proxy can present one. */
export const takesCredential = (target: ToolTarget): boolean =>
  merged(target).some(isFromSource) || target.server.tls.client !== undefined;

/** In the configuration all the same, where they are spelt differently. */
const overridden = ({ server, tool }: ToolTarget): readonly Header[] => {
  const own = byName(tool.own?.headers ?? []);
  return server.headers.filter(({ name }) => own.has(name.toLowerCase()));
};

interface Way {
  /** What the proxy is to call, where that is not the resource's own URL. */
  readonly url?: string;
  readonly through?: string;
  readonly gatewayHost?: string;
}

/** How the configured URL comes from the resource's: as it is, or in one of the two ways kagent changes URLs. */
function wayTo(
  { url: written, headers }: ConfiguredServer,
  { server, dialled }: ToolTarget,
): Way | undefined {
  const own = server.url && serverUrlOf(server.url.value);
  const configured = parseUrl(written);
  if (own?.kind !== 'valid' || !configured) return undefined;
  const described = own.url;
  const pathOf = dialled?.path ?? described.pathname;
  if (headers.includes(gatewayHeader)) {
    const gatewayHost = dialled?.host ?? described.hostname;
    const same = configured.pathname === pathOf && configured.search === '';
    return same ? { url: written, through: 'a gateway', gatewayHost } : undefined;
  }
  if (dialled) {
    const port = described.port === '' ? configured.port : described.port;
    const same =
      configured.protocol === 'http:' &&
      (configured.hostname === dialled.host || configured.hostname.startsWith(`${dialled.host}.svc`)) &&
      configured.port === port &&
      configured.pathname === pathOf;
    // Over TLS the resource's own URL is right, path included; kagent knows neither.
    return same ? (described.protocol === 'https:' ? {} : { url: written }) : undefined;
  }
  if (configured.href === described.href) return {};
  const plain = new URL(described.href);
  plain.protocol = 'http:';
  plain.port = described.port === '' ? '443' : described.port;
  const plaintext = described.protocol === 'https:' && configured.href === plain.href;
  return plaintext ? { url: written, through: 'an egress proxy that adds TLS' } : undefined;
}
