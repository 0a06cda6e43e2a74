import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { inject } from 'vitest';
import {
  encodeProxyConfig,
  type OtherOrigins,
  type ProxyServer,
  type ProxyTls,
} from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { repository } from '../cluster/cache.ts';
import { until } from '../cluster/processes.ts';

/** One server behind the proxy. */
export interface Route {
  readonly name: string;
  readonly upstream: string;
  readonly transport: 'http' | 'sse';
  readonly tls?: ProxyTls | null;
  readonly files: Readonly<Record<string, string>>;
}

/** The credential of every server, before and after its rotation. */
export const credential = { first: 'Bearer first-of-the-secret', second: 'Bearer second-of-the-secret' };
export const digest = (value: string): string => createHash('sha256').update(value).digest('hex');

/** The built proxy as the process it is in a pod, with its volumes as kubelet lays them out. */
export class Sidecar {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #admin: number;
  readonly #ports: ReadonlyMap<string, number>;
  readonly #forward: number;

  private constructor(
    child: ChildProcess,
    folder: string,
    admin: number,
    ports: ReadonlyMap<string, number>,
    forward: number,
  ) {
    this.#child = child;
    this.#folder = folder;
    this.#admin = admin;
    this.#ports = ports;
    this.#forward = forward;
  }

  /** With `others` it has a forward listener; `egress` is its own way out. */
  static async start(
    routes: readonly Route[],
    { others, egress }: { readonly others?: OtherOrigins; readonly egress?: string } = {},
  ): Promise<Sidecar> {
    const [admin = 0, forward = 0, ...free] = await freePorts(routes.length + 2);
    const folder = mkdtempSync(path.join(inject('folder'), 'sidecar-'));
    const ports = new Map(routes.map(({ name }, i) => [name, free[i] ?? 0]));
    for (const { name, files } of routes) layOutVolume(path.join(folder, volume(name)), files);
    const servers = routes.map((route) => serverOf(route, ports.get(route.name) ?? 0));
    const listener = others === undefined ? {} : { forward: { port: forward, others } };
    const env = {
      SALLYPORT_PROXY_CONFIG: encodeProxyConfig({
        version: 1,
        admin,
        onMissing: 'wait',
        servers,
        ...listener,
      }),
      ...(egress === undefined ? {} : { HTTPS_PROXY: egress }),
      SALLYPORT_ROOT: folder,
      SALLYPORT_LOG_LEVEL: 'warn',
    };
    const child = spawn(process.execPath, [path.join(repository, 'dist/proxy.mjs')], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // It is made to run for ever, whoever started it.
    process.once('exit', () => child.kill('SIGKILL'));
    const sidecar = new Sidecar(child, folder, admin, ports, forward);
    try {
      await until('the proxy', 60, async () => (await sidecar.#ask('/readyz')).ok || undefined);
    } catch (error) {
      await sidecar.stop();
      throw error;
    }
    return sidecar;
  }

  /** What the client dials. */
  url(name: string, urlPath: string): string {
    return `http://127.0.0.1:${this.#ports.get(name) ?? 0}${urlPath}`;
  }

  /** What a client takes as its HTTP proxy. */
  get forwardUrl(): string {
    return `http://127.0.0.1:${this.#forward}`;
  }

  /** New files, as kubelet brings them, and the moment from which on they are used. */
  async rotate(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    const generation = () => this.#metric(`sallyport_proxy_generation{server="${name}"}`);
    const before = await generation();
    // A run that was broken off has taken everything away already, and nothing may come back.
    if (!existsSync(this.#folder)) throw new Error('the run is over');
    layOutVolume(path.join(this.#folder, volume(name)), files);
    await until('the new credential', 60, async () => (await generation()) > before || undefined, 20);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
  }

  async #metric(name: string): Promise<number> {
    const text = await (await this.#ask('/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.slice(name.length));
  }

  #ask(url: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#admin}${url}`);
  }
}

const volume = (name: string) => `/var/run/sallyport/servers/${name}`;

const serverOf = ({ name, upstream, transport, tls = null }: Route, port: number): ProxyServer => ({
  name,
  ref: `configmap/${name}`,
  port,
  transport,
  upstream,
  dir: volume(name),
  headers: [{ name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' }],
  bundles: [],
  tls,
});

/**
 * Free a moment ago, and below those that connections going out take for themselves; whoever takes one in between
 * makes the proxy end with a line that says so.
 */
async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  while (held.length < count) {
    const server = createServer().listen(randomInt(20_000, 30_000), '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (free) held.push(server);
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => once(server.close(), 'close')));
  return ports;
}
