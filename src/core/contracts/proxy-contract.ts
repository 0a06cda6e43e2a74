/**
 * The contract between the injector, which writes it into the pod, and the proxy, which reads it (version 1).
 * It is immutable once the pod exists: an environment variable, never an annotation.
 *
 * Imported by the proxy, so this file imports its checks and nothing else.
 */

import {
  absolute,
  boolean,
  encodeContract,
  fail,
  list,
  nullable,
  object,
  oneOf,
  port,
  readContract,
  string,
  type Check,
  type JsonObject,
} from './contract-checks.ts';
import { parseUrl } from '../url.ts';

export const proxyCommand = ['node', '/sallyport/proxy.mjs'] as const;
export const checkCommand = ['node', '/sallyport/check.mjs'] as const;

/** Environment of the proxy. `root` is for tests, the demo and a laptop: every path resolves against it. */
export const proxyEnv = {
  config: 'SALLYPORT_PROXY_CONFIG',
  logLevel: 'SALLYPORT_LOG_LEVEL',
  root: 'SALLYPORT_ROOT',
} as const;

/** Every server's files are mounted under this folder, one volume each. */
export const serversDir = '/var/run/sallyport/servers';

/** `+` cannot be a Secret key, so the files we name never collide with a whole Secret laid out beside them. */
export const files = {
  header: (index: number) => `+/h${index}`,
  clientCert: '+/tls.crt',
  clientKey: '+/tls.key',
  ca: '+/ca.crt',
} as const;

export type OnMissing = 'wait' | 'serve';
export type ProxyTransport = 'http' | 'sse';
export type Conflict = 'override' | 'keep' | 'reject';
export type Roots = 'append' | 'replace';
export const otherOrigins = ['pass', 'refuse'] as const;
export type OtherOrigins = (typeof otherOrigins)[number];

/** A header has exactly one of `file`, `basic` (user and password files) and `value` (a harmless literal). */
export interface ProxyHeader {
  readonly name: string;
  readonly file?: string;
  /** Goes with `file`; `{value}` stands for the content. */
  readonly template?: string;
  readonly basic?: readonly [string, string];
  readonly value?: string;
  readonly conflict: Conflict;
}

/** A whole Secret: each key is a header's name. */
export interface ProxyBundle {
  readonly dir: string;
  readonly conflict: Conflict;
}

export interface ProxyTls {
  readonly cert: string | null;
  readonly key: string | null;
  readonly ca: string | null;
  readonly roots: Roots;
  readonly verify: boolean;
}

export interface ProxyServer {
  readonly name: string;
  /** `mcpserverentry.toolhive.stacklok.dev/github`, for logs and metrics. */
  readonly ref: string;
  readonly port: number;
  readonly transport: ProxyTransport;
  /** The real MCP server: no userinfo, no fragment. */
  readonly upstream: string;
  readonly dir: string;
  readonly headers: readonly ProxyHeader[];
  readonly bundles: readonly ProxyBundle[];
  readonly tls: ProxyTls | null;
  /**
   * Where each file comes from, so that a missing one can be named: `secret/NAME/KEY`, `configmap/NAME/KEY`,
   * `secret/NAME` for a whole Secret, `serviceaccounttoken/SECONDS/AUDIENCE`.
   */
  readonly sources?: Readonly<Record<string, string>>;
}

/**
 * A listener for clients whose URL cannot be changed: they send plain requests for `http://HOST/...` here, through
 * `HTTP_PROXY`, and those for a server of the pod go on with its credentials. A proxy that does not know the key ends at
 * once, so the version is the same with it.
 */
export interface ProxyForward {
  readonly port: number;
  /** What becomes of a request for somebody else, and of every `CONNECT`. */
  readonly others: OtherOrigins;
}

export interface ProxyConfig {
  readonly version: 1;
  readonly admin: number;
  readonly onMissing: OnMissing;
  readonly servers: readonly ProxyServer[];
  readonly forward?: ProxyForward;
}

/** One line of JSON in the contract's key order. */
export function encodeProxyConfig(config: ProxyConfig): string {
  const header = (h: ProxyHeader) => ({
    name: h.name,
    ...(h.file === undefined ? {} : { file: h.file, template: h.template ?? '{value}' }),
    ...(h.basic === undefined ? {} : { basic: h.basic }),
    ...(h.value === undefined ? {} : { value: h.value }),
    conflict: h.conflict,
  });
  const server = (s: ProxyServer) => ({
    name: s.name,
    ref: s.ref,
    port: s.port,
    transport: s.transport,
    upstream: s.upstream,
    dir: s.dir,
    headers: s.headers.map(header),
    bundles: s.bundles.map((b) => ({ dir: b.dir, conflict: b.conflict })),
    tls: s.tls && {
      cert: s.tls.cert,
      key: s.tls.key,
      ca: s.tls.ca,
      roots: s.tls.roots,
      verify: s.tls.verify,
    },
    ...(s.sources === undefined ? {} : { sources: s.sources }),
  });
  const { version, admin, onMissing, servers, forward } = config;
  const written = {
    version,
    admin,
    onMissing,
    servers: servers.map(server),
    ...(forward === undefined ? {} : { forward: { port: forward.port, others: forward.others } }),
  };
  return encodeContract(written);
}

const pair: Check = (value, at) =>
  Array.isArray(value) && value.length === 2
    ? value.map((item, i) => relative(item, `${at}[${i}]`))
    : fail(`${at} must be a list of two files`);

/** A file below the server's folder; an absolute path or `..` could reach another server's Secret. */
const relative: Check = (value, at) => {
  const path = string(value, at) as string;
  return path.startsWith('/') || path.split('/').includes('..')
    ? fail(`${at} must stay below the server's folder`)
    : path;
};

const upstream: Check = (value, at) => {
  const text = string(value, at) as string;
  const url = parseUrl(text) ?? fail(`${at} is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    fail(`${at} must begin with http:// or https://`);
  if (url.username !== '' || url.password !== '') fail(`${at} must not contain a user or password`);
  if (text.includes('#')) fail(`${at} must not have a fragment`);
  return text;
};

const sources: Check = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${at} must be an object`);
  for (const source of Object.values(value as JsonObject)) string(source, at);
  return value;
};

const headerFields = object(
  { name: string, conflict: oneOf('override', 'keep', 'reject') },
  { file: relative, template: string, basic: pair, value: string },
);
const header: Check = (value, at) => {
  const h = headerFields(value, at) as ProxyHeader;
  if ([h.file, h.basic, h.value].filter((source) => source !== undefined).length !== 1)
    fail(`${at} must have exactly one of file, basic, value`);
  if (h.template !== undefined && h.file === undefined) fail(`${at}.template needs file`);
  if (h.template?.includes('{value}') === false) fail(`${at}.template must contain {value}`);
  return h;
};

const configFields = object(
  {
    version: (value) => value,
    admin: port,
    onMissing: oneOf('wait', 'serve'),
    servers: list(
      object(
        {
          name: string,
          ref: string,
          port,
          transport: oneOf('http', 'sse'),
          upstream,
          dir: absolute,
          headers: list(header),
          bundles: list(object({ dir: relative, conflict: oneOf('override', 'keep', 'reject') })),
          tls: nullable(
            object({
              cert: nullable(relative),
              key: nullable(relative),
              ca: nullable(relative),
              roots: oneOf('append', 'replace'),
              verify: boolean,
            }),
          ),
        },
        { sources },
      ),
    ),
  },
  { forward: object({ port, others: oneOf(...otherOrigins) }) },
);

/**
 * Reads the proxy's configuration. Throws `ContractError` with one line for anything this version does not
 * know: a typo must stop the pod before its app starts, not send a request without its header.
 */
export function decodeProxyConfig(text: string): ProxyConfig {
  const config = configFields(readContract(text, 'proxy'), '') as ProxyConfig;
  const ports = new Set([config.admin]);
  const serverNames = new Set<string>();
  if (config.forward && ports.has(config.forward.port))
    fail(`forward.port ${config.forward.port} is used twice`);
  if (config.forward) ports.add(config.forward.port);
  for (const [i, server] of config.servers.entries()) {
    if (ports.has(server.port)) fail(`servers[${i}].port ${server.port} is used twice`);
    ports.add(server.port);
    if (serverNames.has(server.name)) fail(`servers[${i}].name ${server.name} is used twice`);
    serverNames.add(server.name);
    const names = new Set<string>();
    for (const { name } of server.headers) {
      if (names.has(name.toLowerCase())) fail(`servers[${i}].headers: ${name} is set twice`);
      names.add(name.toLowerCase());
    }
    const tls = server.tls;
    if (tls && (tls.cert === null) !== (tls.key === null))
      fail(`servers[${i}].tls needs both cert and key, or neither`);
    if (tls && server.upstream.startsWith('http:')) fail(`servers[${i}].tls needs an https upstream`);
  }
  return config;
}
