import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ProxyConfig, ProxyServer } from '../core/proxy-contract.ts';
import { createAdmin } from './admin.ts';
import { statusOfRefusal } from './answers.ts';
import type { Route } from './exchange.ts';
import { handle } from './forward.ts';
import { localHosts, noLearnedPaths } from './gate.ts';
import { clientHeadersTimeoutMs, clientKeepAliveMs, maxActiveRequests, maxHeaderBytes } from './limits.ts';
import type { Log } from './log.ts';
import { count, createCounters } from './metrics.ts';
import { createStore, type Store } from './store.ts';
import { targetOf } from './target.ts';

export interface ProxyOptions {
  readonly config: ProxyConfig;
  readonly root: string;
  readonly log: Log;
  /** For tests; the defaults are in `limits.ts`. */
  readonly pollMs?: number;
  readonly deletionGraceMs?: number;
  readonly maxActive?: number;
}

export interface RunningProxy {
  readonly adminPort: number;
  /** Server name to port. */
  readonly ports: ReadonlyMap<string, number>;
  /** Stops listening and breaks off every stream: the apps of the pod are gone by then. */
  readonly close: () => void;
}

/** A port that cannot be had is fatal: whoever holds it would receive the app's requests. */
export class ListenError extends Error {}

export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { config, log } = options;
  const servers: Server[] = [];
  const stores: Store[] = [];
  const close = () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const store of stores) store.close();
  };
  try {
    const routes: Route[] = [];
    const ports = new Map<string, number>();
    for (const server of config.servers) {
      const listener = createListener();
      servers.push(listener);
      const port = await listen(listener, server.port, `server ${server.name}`, '127.0.0.1');
      const route = createRoute(server, port, options);
      stores.push(route.store);
      routes.push(route);
      ports.set(server.name, port);
      serve(listener, route);
    }
    const admin = createAdmin(routes);
    servers.push(admin);
    const adminPort = await listen(admin, config.admin, 'admin');
    log.info('listening', { admin: adminPort, servers: [...ports].map(([name, port]) => `${name}=${port}`) });
    return { adminPort, ports, close };
  } catch (error) {
    close();
    throw error;
  }
}

function createRoute(server: ProxyServer, port: number, options: ProxyOptions): Route {
  const target = targetOf(server.upstream);
  const { root, log, pollMs, deletionGraceMs, maxActive } = options;
  return {
    name: server.name,
    legacy: server.transport === 'sse',
    target,
    store: createStore({
      server,
      target,
      root,
      log,
      ...(pollMs === undefined ? {} : { pollMs }),
      ...(deletionGraceMs === undefined ? {} : { deletionGraceMs }),
    }),
    counters: createCounters(),
    learned: noLearnedPaths(),
    hosts: localHosts(port),
    log,
    ...(maxActive === undefined ? {} : { maxActive }),
  };
}

/** No limit on the time a request takes: tool calls run for minutes and streams for days. */
function createListener(): Server {
  const listener = createServer({
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: 0,
    headersTimeout: clientHeadersTimeoutMs,
    keepAliveTimeout: clientKeepAliveMs,
    noDelay: true,
  });
  listener.maxConnections = 2 * maxActiveRequests;
  // Node would drop what passes this number without a word; the size is bounded anyway.
  listener.maxHeadersCount = 0;
  return listener;
}

function serve(listener: Server, route: Route): void {
  listener.on('request', (req, res) => handle(route, req, res));
  const refuseTunnel = (_req: unknown, socket: Socket) => {
    count(route.counters.requests, 'refused');
    count(route.counters.refusals, 'not-proxied');
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${statusOfRefusal('not-proxied')} Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  };
  listener.on('upgrade', refuseTunnel);
  listener.on('connect', refuseTunnel);
}

function listen(server: Server, port: number, what: string, host?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      const why = code === 'EADDRINUSE' ? 'is already in use' : `cannot be listened on (${String(code)})`;
      reject(new ListenError(`port ${port} (${what}) ${why}`));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const address = server.address() as AddressInfo;
      resolve(address.port);
    });
  });
}
