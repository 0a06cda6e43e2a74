import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { shared } from '../../build/bundle-options.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { encodeProxyConfig, proxyEnv, type ProxyConfig } from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import {
  ask,
  config,
  eventually,
  openStream,
  recorder,
  server,
  startTlsUpstream,
  startUpstream,
  tempRoot,
} from './support.ts';

/** The two files as the image has them. */
let built: string;
let made: Metafile;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'sallyport-bundle-'));
  const result = await build({
    ...shared,
    metafile: true,
    entryPoints: { proxy: 'src/proxy/main.ts', check: 'src/proxy/check.ts' },
    outdir: built,
  });
  made = result.metafile;
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

function run(file: 'proxy' | 'check', env: Record<string, string>) {
  const child = spawn(process.execPath, [join(built, `${file}.mjs`)], { env });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  return { child, text };
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode;
}

async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  for (const probe of probes) probe.close();
  return ports;
}

interface Laid {
  readonly env: Record<string, string>;
  readonly root: string;
  readonly dir: string;
  readonly port: number;
  readonly admin: number;
}

async function layOut(upstream: string, onMissing: ProxyConfig['onMissing'] = 'wait'): Promise<Laid> {
  const [port = 0, admin = 0] = await freePorts(2);
  const one = { ...server(upstream), port };
  const root = tempRoot();
  const text = encodeProxyConfig({ ...config([one], onMissing), admin });
  return {
    env: { [proxyEnv.config]: text, [proxyEnv.root]: root },
    root,
    dir: join(root, one.dir),
    port,
    admin,
  };
}

const started = (text: { out: string }) =>
  eventually(
    () => text.out,
    (out) => out.includes('"listening"'),
  );

describe('the program', () => {
  test('[rule 36] [requirement 19] serves, ends with 0 on SIGTERM in the middle of a stream, and logs JSON lines only', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
    });
    const { env, dir, port } = await layOut(upstream.url);
    layOutVolume(dir, { '+/h0': 'token' });
    const { child, text } = run('proxy', env);
    await started(text);
    const stream = await openStream(port);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    await eventually(
      () => stream.res.destroyed,
      (destroyed) => destroyed,
    );
    expect(stream.res.complete).toBe(false);
    expect(text.err).toBe('');
    const events = text.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['credentials loaded', 'listening', 'stopped']);
  });

  test('ends with 0 on SIGINT while it waits for its files', async () => {
    const { env } = await layOut('http://127.0.0.1:1/mcp');
    const { child, text } = run('proxy', env);
    await started(text);
    child.kill('SIGINT');
    expect(await ended(child)).toBe(0);
  });

  test.each([
    ['append', 200],
    ['replace', 502],
  ] as const)(
    '[requirement 16] with a CA and roots: %s answers %i for a root of the system',
    async (roots, status) => {
      const [systemRoot, added] = await Promise.all([makeCa('root of the system'), makeCa('added CA')]);
      const upstream = await startTlsUpstream(await makeLeaf(systemRoot, 'server'), recorder().handler);
      const [port = 0, admin = 0] = await freePorts(2);
      const root = tempRoot();
      const tls = { cert: null, key: null, ca: '+/ca.crt', roots, verify: true } as const;
      const one = server(upstream.url, { port, tls });
      layOutVolume(join(root, one.dir), { '+/h0': 'token', '+/ca.crt': added.cert });
      const file = join(root, 'system-roots.pem');
      writeFileSync(file, systemRoot.cert);
      const { text } = run('proxy', {
        [proxyEnv.config]: encodeProxyConfig({ ...config([one]), admin }),
        [proxyEnv.root]: root,
        NODE_OPTIONS: '--use-openssl-ca',
        SSL_CERT_FILE: file,
      });
      await started(text);
      expect(await ask(port)).toMatchObject({ status });
    },
  );

  test('[rule 39] [requirement 1] listens on loopback only, but for its admin port', async () => {
    const { env, port, admin } = await layOut('http://127.0.0.1:1/mcp');
    const { child, text } = run('proxy', env);
    await started(text);
    const tables = ['tcp', 'tcp6']
      .map((name) => `/proc/${child.pid}/net/${name}`)
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const listeners = (of: number) =>
      [...tables.matchAll(/ ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:0000 0A /g)]
        .filter(([, , hex]) => Number.parseInt(hex ?? '', 16) === of)
        .map(([, address]) => address);
    if (tables === '') return;
    expect(listeners(port)).toEqual(['0100007F']);
    expect(listeners(admin)[0]).toMatch(/^0+$/);
  });

  test('[requirement 29] opens no debugger on SIGUSR1', async () => {
    const { env, admin } = await layOut('http://127.0.0.1:1/mcp');
    const { child, text } = run('proxy', env);
    await started(text);
    child.kill('SIGUSR1');
    expect(await ask(admin, { path: '/readyz' })).toMatchObject({ status: 503 });
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(text.err).toBe('');
  });

  test('escapes characters in a name that would reorder a line of its log', async () => {
    const { env } = await layOut('http://127.0.0.1:1/mcp');
    const name = 'git\u202ebuh\u200b';
    const named = (env[proxyEnv.config] ?? '').replaceAll('"github"', JSON.stringify(name));
    const { child, text } = run('proxy', { ...env, [proxyEnv.config]: named });
    await started(text);
    child.kill('SIGTERM');
    await ended(child);
    expect(text.out).toContain(String.raw`git\u202ebuh\u200b`);
    expect(text.out).not.toMatch(/[\u202e\u200b]/);
    expect(text.out.split('\n')[0]).toSatisfy((line: string) =>
      JSON.stringify(JSON.parse(line)).includes(name),
    );
  });

  test('logs nothing below the level it is given', async () => {
    const { env } = await layOut('http://127.0.0.1:1/mcp');
    const { child, text } = run('proxy', { ...env, [proxyEnv.logLevel]: 'warn' });
    await eventually(
      () => text.out,
      (out) => out.includes('credentials not loaded'),
    );
    child.kill('SIGTERM');
    await ended(child);
    expect(text.out).not.toContain('"info"');
  });

  test.each(['socks5://anna:secret@egress:1080', 'https://anna:secret@egress', 'http://'])(
    '[rule 35] ends with 1 and one line without any value when its egress proxy is %s',
    async (url) => {
      const { env } = await layOut('http://127.0.0.1:1/mcp');
      const { child, text } = run('proxy', { ...env, https_proxy: url });
      expect(await ended(child)).toBe(1);
      expect(text.err).toBe('sallyport proxy: https_proxy is not an http URL\n');
      expect(text.out).toBe('');
    },
  );

  const broken: readonly (readonly [string, (text: string) => string | undefined, RegExp])[] = [
    ['is not set', () => undefined, /SALLYPORT_PROXY_CONFIG is not set/],
    ['is no JSON', () => '{', /is not JSON/],
    ['is of another version', (text) => text.replace('"version":1', '"version":9'), /version 9/],
    ['has an unknown key', (text) => text.replace('"admin"', '"adnim"'), /adnim/],
    [
      'injects a reserved header',
      (text) => text.replace('"Authorization"', '"Mcp-Session-Id"'),
      /headers\[0\]\.name Mcp-Session-Id/,
    ],
    [
      'injects what is no header',
      (text) => text.replace('"Authorization"', '"A b"'),
      /servers\[0\]\.headers\[0\]\.name/,
    ],
  ];
  test.each(broken)('ends with 1 and one line when its configuration %s', async (_, change, line) => {
    const { env } = await layOut('http://127.0.0.1:1/mcp');
    const changed = change(env[proxyEnv.config] ?? '');
    const { child, text } = run('proxy', changed === undefined ? {} : { ...env, [proxyEnv.config]: changed });
    expect(await ended(child)).toBe(1);
    expect(text.err).toMatch(/^sallyport proxy: [^\n]+\n$/);
    expect(text.err).toMatch(line);
    expect(text.out).toBe('');
  });

  test('[requirement 1] ends with 1 and one line when a port is taken', async () => {
    const { env, port } = await layOut('http://127.0.0.1:1/mcp');
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    onTestFinished(() => void squatter.close());
    const { child, text } = run('proxy', env);
    expect(await ended(child)).toBe(1);
    expect(text.err).toBe(`sallyport proxy: port ${port} (server github) is already in use\n`);
  });
});

test('both programs are made of the proxy, the contract and src/net only, and are small', () => {
  const contract = [
    'addresses',
    'contracts/contract-checks',
    'egress-proxy',
    'header-names',
    'header-value',
    'contracts/proxy-contract',
    'printable',
    'url',
  ];
  const net = ['connection-guard', 'pem'];
  const expected = [
    ...contract.map((name) => `src/core/${name}.ts`),
    ...net.map((name) => `src/net/${name}.ts`),
  ];
  const foreign = Object.keys(made.inputs).filter(
    (path) => !path.startsWith('src/proxy/') && !expected.includes(path),
  );
  expect(foreign).toEqual([]);
  for (const { imports, bytes } of Object.values(made.outputs)) {
    expect(imports.filter(({ path }) => !path.startsWith('node:'))).toEqual([]);
    expect(bytes).toBeLessThan(100_000);
  }
});

describe('the startup probe', () => {
  const check = async (env: Record<string, string>) => {
    const { child, text } = run('check', env);
    return { code: await ended(child), out: text.out, err: text.err };
  };

  test('[rule 38] names a missing Secret, waits for the listener, then passes; and tells kubelet the same', async () => {
    const { seen, handler } = recorder();
    const upstream = await startUpstream(handler);
    const { env, root, dir } = await layOut(upstream.url);
    mkdirSync(join(root, 'dev'));
    const log = join(root, 'dev/termination-log');
    writeFileSync(log, '');
    const missing = 'Secret gh-token key token is missing (server github)\n';
    expect(await check(env)).toEqual({ code: 1, out: missing, err: '' });
    expect(readFileSync(log, 'utf8')).toBe(missing);

    layOutVolume(dir, { '+/h0': 'token' });
    expect(await check(env)).toEqual({
      code: 1,
      out: expect.stringMatching(/^port \d+ does not respond yet \(server github\)\n$/),
      err: '',
    });

    const { text } = run('proxy', env);
    await started(text);
    expect(await check(env)).toEqual({ code: 0, out: '', err: '' });
    expect(readFileSync(log, 'utf8')).toBe('');
    expect(seen).toEqual([]);
  });

  test('[rule 38] waits for the forward listener too', async () => {
    const [port = 0, admin = 0, forward = 0] = await freePorts(3);
    const root = tempRoot();
    const one = { ...server('http://127.0.0.1:1/mcp'), port };
    layOutVolume(join(root, one.dir), { '+/h0': 'token' });
    const text = encodeProxyConfig({
      ...config([one]),
      admin,
      forward: { port: forward, others: 'refuse' },
    });
    const env = { [proxyEnv.config]: text, [proxyEnv.root]: root };
    // Whatever listens at the server's own port: the probe opens a connection and sends nothing.
    const listener = createServer().listen(port, '127.0.0.1');
    await once(listener, 'listening');
    expect(await check(env)).toEqual({
      code: 1,
      out: `port ${forward} does not respond yet (forward)\n`,
      err: '',
    });
    listener.close();
    await once(listener, 'close');
    await started(run('proxy', env).text);
    expect(await check(env)).toEqual({ code: 0, out: '', err: '' });
  });

  test('names a malformed value', async () => {
    const { env, dir } = await layOut('http://127.0.0.1:1/mcp');
    layOutVolume(dir, { '+/h0': 'a\nb' });
    expect(await check(env)).toMatchObject({
      code: 1,
      out: 'Secret gh-token key token contains a line break or another control character (server github)\n',
    });
  });

  test('does not wait for files where the pod is to start without them', async () => {
    const { env } = await layOut('http://127.0.0.1:1/mcp', 'serve');
    const { text } = run('proxy', env);
    await started(text);
    expect(await check(env)).toEqual({ code: 0, out: '', err: '' });
  });

  test('names what is wrong with the configuration', async () => {
    expect(await check({})).toMatchObject({ code: 1, out: 'SALLYPORT_PROXY_CONFIG is not set\n' });
  });
});
