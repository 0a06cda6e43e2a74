import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ProxyConfig, ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { createLog } from '../../src/proxy/log.ts';
import { startProxy, type ProxyOptions } from '../../src/proxy/proxy.ts';

export type Files = Record<string, string | Buffer>;

/** Polls instead of sleeping; the deadline only bounds a failure, and does not follow a clock that a test sets. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (holds(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function tempRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-proxy-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

export interface Upstream {
  readonly port: number;
  readonly url: string;
  readonly sockets: Set<Socket>;
}

async function listening(
  server: ReturnType<typeof createServer> | ReturnType<typeof createHttpsServer>,
  scheme: string,
): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `${scheme}://127.0.0.1:${port}/mcp`, sockets };
}

export const startUpstream = (handler: RequestListener): Promise<Upstream> =>
  listening(createServer({ requireHostHeader: false, maxHeaderSize: 131_072 }, handler), 'http');

export const startTlsUpstream = (options: ServerOptions, handler: RequestListener): Promise<Upstream> =>
  listening(createHttpsServer(options, handler), 'https');

/** A server that answers whatever bytes the test wants, to the first request of each connection. */
export async function startRawUpstream(answer: (socket: Socket, head: string) => void): Promise<Upstream> {
  const server = createServer();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    let head = '';
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      answer(socket, head);
    };
    socket.on('data', onData);
  });
  return listening(server, 'http');
}

/** What the server was asked, as it stood on the wire. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly raw: readonly string[];
  readonly body: string;
}

/** All values of a header, whatever its case. */
export const valuesOf = (raw: readonly string[], name: string): string[] =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name.toLowerCase());

/** Answers 200 with what it was asked, and keeps a list of it. */
export function recorder(): { readonly seen: Seen[]; readonly handler: RequestListener } {
  const seen: Seen[] = [];
  return {
    seen,
    handler: (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1');
        seen.push({ method: req.method ?? '', url: req.url ?? '', raw: req.rawHeaders, body });
        res.writeHead(200, { 'Content-Type': 'application/json' });
        res.end('{"ok":true}');
      });
    },
  };
}

export const server = (upstream: string, extra: Partial<ProxyServer> = {}): ProxyServer => ({
  name: 'github',
  ref: 'mcpserverentry.toolhive.stacklok.dev/github',
  port: 0,
  transport: 'http',
  upstream,
  dir: '/var/run/sallyport/servers/github',
  headers: [{ name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict: 'override' }],
  bundles: [],
  tls: null,
  sources: { '+/h0': 'secret/gh-token/token' },
  ...extra,
});

export const config = (
  servers: readonly ProxyServer[],
  onMissing: ProxyConfig['onMissing'] = 'wait',
): ProxyConfig => ({
  version: 1,
  admin: 0,
  onMissing,
  servers,
});

export interface TestProxy {
  readonly port: number;
  readonly ports: ReadonlyMap<string, number>;
  readonly forwardPort: number | undefined;
  readonly adminPort: number;
  readonly log: () => string;
  /** Rotates the volume of the first server as kubelet does. */
  readonly rotate: (files: Files) => void;
  readonly dir: string;
  readonly metrics: () => Promise<string>;
  readonly close: () => void;
}

/** The proxy in this process, on free ports, with its first server's files laid out. `null`: no volume at all. */
export async function proxyFor(
  servers: ProxyServer | readonly ProxyServer[],
  files: Files | null = { '+/h0': 'token-of-github' },
  options: Partial<ProxyOptions> = {},
): Promise<TestProxy> {
  const root = options.root ?? tempRoot();
  const all = [servers].flat();
  const dir = join(root, all[0]?.dir ?? '');
  if (files) layOutVolume(dir, files);
  let log = '';
  const running = await startProxy({
    config: config(all),
    root,
    log: createLog('debug', (line) => {
      log += line;
    }),
    pollMs: 20,
    ...options,
  });
  onTestFinished(() => running.close());
  const port = running.ports.get(all[0]?.name ?? '') ?? 0;
  return {
    ...running,
    port,
    dir,
    log: () => log,
    rotate: (next) => layOutVolume(dir, next),
    metrics: async () => (await ask(running.adminPort, { path: '/metrics' })).body,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly raw: readonly string[];
  readonly body: string;
  readonly error: string | undefined;
}

/** One request on a connection of its own. */
export const ask = (
  port: number,
  { body, ...options }: RequestOptions & { body?: string | Buffer } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const req = httpRequest({ host: '127.0.0.1', port, path: '/mcp', method, agent: false, ...options });
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      const end = (error?: string) =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          raw: res.rawHeaders,
          body: text,
          error,
        });
      res.setEncoding('latin1');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => end());
      res.on('error', (error) => end(error.message));
    });
    req.end(body);
  });

/** A request that stays open: its head is here, its body is still coming. */
export function openStream(port: number, options: RequestOptions = {}) {
  return new Promise<{
    readonly res: IncomingMessage;
    readonly text: () => string;
    readonly close: () => void;
  }>((resolve, reject) => {
    const req = httpRequest({ host: '127.0.0.1', port, path: '/mcp', agent: false, ...options });
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('error', () => {});
      resolve({ res, text: () => text, close: () => req.destroy() });
    });
    req.end();
  });
}

/** Sends bytes as they are and returns all that comes back until the other side closes or `until` is there. */
export function raw(port: number, bytes: string, until?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.test(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

/** A request line and headers for `raw`, with the right Host unless `host` is given. */
export const head = (port: number, line: string, headers: readonly string[] = [], host?: string): string =>
  [`${line} HTTP/1.1`, `Host: ${host ?? `127.0.0.1:${port}`}`, ...headers, 'Connection: close', '', ''].join(
    '\r\n',
  );

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
