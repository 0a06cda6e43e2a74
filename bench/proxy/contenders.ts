import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeProxyConfig } from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { isThere } from '../../test/cluster/requirements.ts';
import { freePort, start, startProgram, type Served } from '../processes.ts';

/** Starts a proxy before `upstream` that adds one header. Each runs as its documentation has it, with one worker. */
type Start = (folder: string, upstream: number) => Promise<Served>;

const temp = (folder: string, name: string) =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`)
    .join(' ');

function nginxConfig(folder: string, name: string, http: string): string[] {
  const file = path.join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log /dev/null;
    events { worker_connections 4096; }
    http { access_log off; keepalive_requests 100000000; ${temp(folder, name)} ${http} }\n`,
  );
  return ['nginx', '-e', '/dev/null', '-c', file];
}

const nginx: Start = async (folder, upstream) => {
  const port = await freePort();
  const command = nginxConfig(
    folder,
    'nginx',
    `upstream server { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 100000000; }
    server { listen 127.0.0.1:${port}; location / {
      proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer bench-token"; proxy_buffering off; proxy_request_buffering off;
      proxy_read_timeout 1h; } }`,
  );
  return startProgram(command, port);
};

const haproxy: Start = async (folder, upstream) => {
  const port = await freePort();
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend all
  bind 127.0.0.1:${port}
  http-request set-header Authorization "Bearer bench-token"
  default_backend server
backend server
  server one 127.0.0.1:${upstream}\n`,
  );
  return startProgram(['haproxy', '-db', '-f', file], port);
};

const caddy: Start = async (folder, upstream) => {
  const port = await freePort();
  const file = path.join(folder, 'Caddyfile');
  writeFileSync(
    file,
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n reverse_proxy 127.0.0.1:${upstream} {\n  header_up Authorization "Bearer bench-token"\n  flush_interval -1\n }\n}\n`,
  );
  return startProgram(['caddy', 'run', '--adapter', 'caddyfile', '--config', file], port);
};

/** The memory limit of the proxy in injected pods. */
export const proxyLimitMiB = 128;

export const ours = async (folder: string, upstream: number, limitMiB?: number): Promise<Served> => {
  const [admin, port] = [await freePort(), await freePort()];
  const dir = '/var/run/sallyport/servers/bench';
  const root = path.join(folder, `ours-${port}`);
  mkdirSync(root);
  layOutVolume(path.join(root, dir), { '+/h0': 'Bearer bench-token\n' });
  const config = encodeProxyConfig({
    version: 1,
    admin,
    onMissing: 'wait',
    servers: [
      {
        name: 'bench',
        ref: 'configmap/bench',
        port,
        transport: 'http',
        upstream: `http://127.0.0.1:${upstream}/mcp`,
        dir,
        headers: [{ name: 'Authorization', file: '+/h0', template: '{value}', conflict: 'override' }],
        bundles: [],
        tls: null,
      },
    ],
  });
  const env = { SALLYPORT_PROXY_CONFIG: config, SALLYPORT_ROOT: root, SALLYPORT_LOG_LEVEL: 'info' };
  const listening = (output: string) => (output.includes('"listening"') ? port : undefined);
  return start(['dist/proxy.mjs'], env, listening, 0, limitMiB);
};

const programs: Readonly<Record<string, Start>> = { nginx, haproxy, caddy };

/** Those that this machine has, ours last. */
export function contenders(): ReadonlyMap<string, Start> {
  const there = Object.entries(programs).filter(([program]) => isThere(program));
  return new Map([...there, ['Sallyport', ours]]);
}

/** The MCP server behind them: nginx where it is there, because a server in Node is slower than what is measured. */
export async function startUpstream(folder: string): Promise<Served & { readonly kind: string }> {
  if (!isThere('nginx')) {
    const node = await start(['--import', 'tsx', 'bench/bare-server.ts'], {}, undefined, 1);
    return { ...node, kind: 'Node' };
  }
  const port = await freePort();
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    result: { content: [{ type: 'text', text: 'done' }] },
  });
  const http = `server { listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '${body}'; } }`;
  return { ...(await startProgram(nginxConfig(folder, 'upstream', http), port, 1)), kind: 'nginx' };
}
