import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect, createServer as createTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { createLog } from '../../src/proxy/log.ts';
import { startProxy } from '../../src/proxy/proxy.ts';
import { startRecorder, type Recorder } from './recorder.ts';

export const injected = 'Bearer token-of-the-server';

/** A proxy and the server behind it, which nobody else calls. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly recorder: Recorder;
  readonly stop: () => void;
}

type Start = (
  upstream: number,
  folder: string,
) => Promise<{ readonly port: number; readonly stop: () => void }>;

async function freePort(): Promise<number> {
  const probe = createTcp().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => {});
    socket.once('close', (failed) => resolve(!failed));
  });

/** A program with a configuration file, on a port of its own. */
async function program(command: string, args: readonly string[], port: number) {
  // Debian keeps both where only root's path leads.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const until = Date.now() + 30_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${command} did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { port, stop: () => void child.kill('SIGTERM') };
}

const nginx: Start = async (upstream, folder) => {
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`)
    .join('\n');
  const file = path.join(folder, 'nginx.conf');
  // As its documentation has it for a proxy, with the limit of headers that ours has.
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null;
    events { worker_connections 256; }
    http {
      access_log off; ${temp}
      large_client_header_buffers 8 64k;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${upstream};
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Authorization "${injected}";
        }
      }
    }\n`,
  );
  return program('nginx', ['-c', file, '-e', '/dev/null'], port);
};

const haproxy: Start = async (upstream, folder) => {
  const port = await freePort();
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 256
  tune.bufsize 65536
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend all
  bind 127.0.0.1:${port}
  http-request set-header Authorization "${injected}"
  default_backend server
backend server
  server one 127.0.0.1:${upstream}\n`,
  );
  return program('haproxy', ['-db', '-f', file], port);
};

/** A proxy as one writes it in Node: its parser on both sides, hop-by-hop headers left out. */
const node: Start = async (upstream) => {
  const hop = /^(?:connection|keep-alive|transfer-encoding|proxy-connection|upgrade|te|trailer)$/i;
  const relayed = (raw: readonly string[]) => raw.filter((_, i) => !hop.test(raw[i - (i % 2)] ?? ''));
  const busy = new WeakSet<object>();
  const server = createServer((req, res) => {
    busy.add(req.socket);
    res.on('finish', () => busy.delete(req.socket));
    const headers = relayed(req.rawHeaders).flatMap((part, i, all) =>
      i % 2 === 0 && part.toLowerCase() !== 'authorization' ? [part, all[i + 1] ?? ''] : [],
    );
    const chunked = req.headers['transfer-encoding'] !== undefined;
    let up;
    try {
      up = request({
        host: '127.0.0.1',
        port: upstream,
        method: req.method,
        path: req.url,
        headers: [
          ...headers,
          'Authorization',
          injected,
          ...(chunked ? ['Transfer-Encoding', 'chunked'] : []),
        ],
        agent: false,
      });
    } catch {
      res.writeHead(400).end();
      return;
    }
    up.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    up.on('response', (answer) => {
      try {
        res.writeHead(answer.statusCode ?? 502, relayed(answer.rawHeaders));
      } catch {
        res.writeHead(502).end();
        return;
      }
      answer.on('error', () => res.destroy());
      answer.pipe(res);
    });
    req.on('error', () => up.destroy());
    res.on('close', () => up.destroy());
    req.pipe(up);
  });
  // What came before the error is still answered.
  server.on('clientError', (_error, socket) => void (busy.has(socket) || socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const ours: Start = async (upstream, folder) => {
  const dir = '/servers/one';
  mkdirSync(path.join(folder, 'ours'));
  layOutVolume(path.join(folder, 'ours', dir), { '+/h0': injected, '+/h1': 'key-of-the-server' });
  const proxy = await startProxy({
    config: {
      version: 1,
      admin: 0,
      onMissing: 'wait',
      servers: [
        {
          name: 'one',
          ref: 'configmap/one',
          port: 0,
          transport: 'http',
          upstream: `http://127.0.0.1:${upstream}/mcp`,
          dir,
          headers: [
            { name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' },
            { name: 'X-Api-Key', file: '+/h1', template: '{value}', conflict: 'override' },
          ],
          bundles: [],
          tls: null,
        },
      ],
    },
    root: path.join(folder, 'ours'),
    log: createLog('off', () => {}),
  });
  return { port: proxy.ports.get('one') ?? 0, stop: proxy.close };
};

/** Those ours is compared with, and ours. */
export const others = { nginx, haproxy, node };
const all: Readonly<Record<string, Start>> = { ...others, ours };

export async function startSubjects(names: readonly string[] = Object.keys(all)) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-differential-'));
  const subjects: Subject[] = [];
  const stop = () => {
    for (const subject of subjects) subject.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const name of names) {
      const recorder = await startRecorder();
      const started = await all[name]?.(recorder.port, folder);
      if (started === undefined) throw new Error(`there is no ${name}`);
      const stopBoth = () => {
        started.stop();
        recorder.close();
      };
      subjects.push({ name, port: started.port, recorder, stop: stopBoth });
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { subjects, stop };
}
