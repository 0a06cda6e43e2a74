import type { AddressInfo, Server } from 'node:net';
import type { ProxyConfig, ProxyServer } from '../core/contracts/proxy-contract.ts';
import { createAdmin } from './admin.ts';
import { ClientBudget } from './client-budget.ts';
import type { Timeouts } from './credential-snapshot.ts';
import { exposesCredential, noEgress, type Egress } from '../core/egress-proxy.ts';
import { maxActiveRequests } from './limits.ts';
import { createListener, type Listener } from './listener.ts';
import type { Log } from './log.ts';
import { createCounters, type Measured } from './metrics.ts';
import { createPassthrough } from './passthrough.ts';
import { forwardAdmission, serverAdmission } from './request-admission.ts';
import { localHosts, noLearnedPaths } from './request-target.ts';
import type { Route } from './route.ts';
import { createStore, type Store } from './store.ts';
import { targetOf } from './target.ts';

export interface ProxyOptions extends Timeouts {
  /** Without it every server is dialled directly. */
  readonly egress?: Egress;
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
  readonly forwardPort: number | undefined;
  /** Stops listening and breaks off every stream: the apps of the pod are gone by then. */
  readonly close: () => void;
}

/** A port that cannot be had is fatal: whoever holds it would receive the app's requests. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { config, log } = options;
  const listeners: Listener[] = [];
  const budget = new ClientBudget();
  let admin: ReturnType<typeof createAdmin> | undefined;
  const stores: Store[] = [];
  const close = () => {
    for (const listener of listeners) listener.close();
    admin?.close();
    admin?.closeAllConnections();
    for (const store of stores) store.close();
  };
  try {
    const routes: ServerRoute[] = [];
    const ports = new Map<string, number>();
    for (const server of config.servers) {
      const { listener, port } = await open(server.port, `server ${server.name}`);
      const route = createRoute(server, port, options);
      stores.push(route.store);
      routes.push(route);
      ports.set(server.name, port);
      listener.serve(serverAdmission(route));
    }
    const measured: Measured[] = [...routes];
    let forwardPort: number | undefined;
    if (config.forward) {
      const { listener, port } = await open(config.forward.port, 'forward');
      const passthrough = createPassthrough({ ...options, ...config.forward });
      forwardPort = port;
      measured.push({ name: passthrough.route.name, counters: passthrough.route.counters });
      listener.serve(forwardAdmission(routes, passthrough));
    }
    admin = createAdmin(measured);
    const adminPort = await listen(admin, config.admin, 'admin');
    const forward = forwardPort === undefined ? {} : { forward: forwardPort };
    const servers = [...ports].map(([name, port]) => `${name}=${port}`);
    log.info('listening', { admin: adminPort, servers, ...forward });
    return { adminPort, ports, forwardPort, close };
  } catch (error) {
    close();
    throw error;
  }

  async function open(port: number, what: string) {
    const listener = createListener(budget);
    listeners.push(listener);
    return { listener, port: await listen(listener.server, port, what, '127.0.0.1') };
  }
}

type ServerRoute = Route & { readonly store: Store };

function createRoute(server: ProxyServer, port: number, options: ProxyOptions): ServerRoute {
  const target = targetOf(server.upstream);
  const { log } = options;
  return {
    name: server.name,
    legacy: server.transport === 'sse',
    passing: false,
    target,
    exposed: exposesCredential(server, target, options.egress ?? noEgress),
    store: createStore({ ...options, server, target }),
    counters: createCounters(),
    learned: noLearnedPaths(),
    hosts: localHosts(port),
    log,
    maxActive: options.maxActive ?? maxActiveRequests,
  };
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
