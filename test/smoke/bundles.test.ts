import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attempt } from '../cluster/processes.ts';
import { asYaml, labelledPod, remoteProxy, reviewOf, secret } from '../support/webhook.ts';

/** The built files as a user runs them: plain node, nothing of the sources. */
const dist = fileURLToPath(new URL('../../dist', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env, cwd: folder(), timeout: 600_000, killSignal: 'SIGKILL' as const };
    const child = execFile(process.execPath, [path.join(dist, file), ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'sallyport-smoke-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function written(...objects: object[]): string {
  const file = path.join(folder(), 'objects.yaml');
  writeFileSync(file, asYaml(objects));
  return file;
}

/** What `serve` answers to a review, as a process of its own. */
async function answerOf(review: string): Promise<string> {
  const args = [path.join(dist, 'cli.mjs'), 'serve', '--cluster', folder(), '--port', '0'];
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  const port = await new Promise<string>((resolve) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const found = /listening on https:\/\/[\d.]+:(\d+)/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(review) };
    const options = { host: '127.0.0.1', port, path: '/validate?timeout=30s', method: 'POST', headers };
    request({ ...options, rejectUnauthorized: false }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end(review);
  });
}

describe('dist/cli.mjs', () => {
  it('lists its commands', async () => {
    const { code, out, err } = await run('cli.mjs', ['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Usage: sallyport COMMAND \[options\]\n/);
    for (const name of ['serve', 'proxy', 'lint', 'inject', 'review']) expect(out).toContain(`\n  ${name} `);
  });

  it('lints a good and a bad file', async () => {
    const good = await run('cli.mjs', [
      'lint',
      '--complete',
      written(remoteProxy(), secret('github-token', { token: 'x' })),
    ]);
    expect(good).toEqual({
      code: 0,
      out: '1 MCP resource of 2 objects checked; 0 errors, 0 warnings, 0 notes.\n',
      err: '',
    });
    const bad = await run('cli.mjs', ['lint', '--complete', written(remoteProxy())]);
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/objects\.yaml:\d+:\d+: error MCP201 /);
  });

  it('answers a review', async () => {
    const file = path.join(folder(), 'review.json');
    writeFileSync(file, JSON.stringify(reviewOf(remoteProxy())));
    const { code, out } = await run('cli.mjs', ['review', file, '--cluster', folder()]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ response: { allowed: false, status: { reason: 'Forbidden' } } });
  });

  it('judges a large review in a worker thread', async () => {
    const annotations = { note: 'x'.repeat(200_000) };
    const proxy = { ...remoteProxy(), metadata: { name: 'github', namespace: 'team-a', annotations } };
    const text = await answerOf(JSON.stringify(reviewOf(proxy)));
    expect(JSON.parse(text)).toMatchObject({ response: { allowed: false, status: { code: 403 } } });
    expect(text).toContain('[MCP201]');
  });

  it('injects a pod', async () => {
    const { code, out } = await run('cli.mjs', [
      'inject',
      written(remoteProxy(), labelledPod('mcpremoteproxy/github')),
    ]);
    expect(code).toBe(0);
    expect(out).toContain('name: sallyport-proxy');
  });
});

describe('the files of the proxy image', () => {
  const config = { version: 1, admin: 14700, onMissing: 'wait', servers: [], secret: 'hunter2-hunter2' };
  it.each<[string, Record<string, string>, RegExp]>([
    ['no configuration', {}, /SALLYPORT_PROXY_CONFIG is not set/],
    ['a configuration that is not JSON', { SALLYPORT_PROXY_CONFIG: '{' }, /is not JSON/],
    [
      'an unknown key',
      { SALLYPORT_PROXY_CONFIG: JSON.stringify(config) },
      /secret is not a key of contract version 1/,
    ],
    ['an unknown version', { SALLYPORT_PROXY_CONFIG: '{"version":9}' }, /version 9 is not known/],
  ])('proxy.mjs ends with 1 and one line for %s', async (_what, env, message) => {
    const { code, out, err } = await run('proxy.mjs', [], env);
    expect(code).toBe(1);
    expect(out + err).toMatch(/^sallyport proxy: [^\n]+\n$/);
    expect(err).toMatch(message);
    expect(out + err).not.toContain('hunter2');
  });

  it("config.mjs writes an operator's configuration anew", async () => {
    const root = folder();
    for (const name of ['from', 'to']) mkdirSync(path.join(root, name));
    writeFileSync(path.join(root, 'from/config.yaml'), 'url: https://mcp.example.com\nport: 1.0\n');
    const at = ['url'];
    const entry = { server: 'a', seen: [], set: [{ at, value: 'http://127.0.0.1:14701' }], remove: [] };
    const step = {
      version: 1,
      from: '/from',
      to: '/to',
      file: 'config.yaml',
      format: 'yaml',
      onMismatch: 'exit',
    };
    const env = {
      SALLYPORT_ROOT: root,
      SALLYPORT_CONFIG_STEP: JSON.stringify({ ...step, entries: [entry] }),
    };
    expect(await run('config.mjs', [], env)).toEqual({
      code: 0,
      out: 'sallyport config: config.yaml calls a through the proxy\n',
      err: '',
    });
    expect(readFileSync(path.join(root, 'to/config.yaml'), 'utf8')).toBe(
      'url: "http://127.0.0.1:14701"\nport: 1.0\n',
    );
  });

  it('import node alone and are small', () => {
    const files = ['proxy.mjs', 'check.mjs'].map((name) => path.join(dist, name));
    for (const file of [...files, path.join(dist, 'config.mjs')]) {
      const text = readFileSync(file, 'utf8');
      const imported = [
        ...text.matchAll(/\b(?:import|export)\b[^'"();]*?\bfrom\s*["']([^"']+)["']/g),
        ...text.matchAll(/(?:^|;)import\s*["']([^"']+)["']/gm),
        ...text.matchAll(/\b(?:import|require)\(\s*["']([^"']+)["']/g),
      ].map(([, name = '']) => name);
      expect(imported.length).toBeGreaterThan(0);
      expect(imported.filter((name) => !name.startsWith('node:'))).toEqual([]);
    }
    expect(files.map((file) => statSync(file).size).reduce((a, b) => a + b)).toBeLessThan(100 * 1024);
  });
});

describe('dist/demo.mjs --once', () => {
  it('shows all six steps with real parts, and leaves nothing behind', async () => {
    const temp = folder();
    const { code, out, err } = await run('demo.mjs', ['--once'], { TMPDIR: temp });
    expect(err).toBe('');
    expect(code).toBe(0);

    const steps = [...out.matchAll(/^(\d)\. /gm)].map(([, number]) => number);
    expect(steps).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(out.match(/Error from server \(Forbidden\)/g)).toHaveLength(2);
    expect(out).toMatch(/\[MCP201\] .*Secret team-a\/weather-token does not exist/);
    expect(out).toMatch(/\[MCP101\] .*\[Authorization\]: a credential is written in plain text/);
    expect(out).toContain('mcpserverentry.toolhive.stacklok.dev/orders created');
    expect(out).toMatch(/the patch has \d+ operations, all of them "add"/);
    expect(out).toContain('+ container sallyport-proxy (native sidecar, first)');
    expect(out).toMatch(
      /the agent's own mcp\.json: \{"mcpServers":\{"orders":\{"type":"http","url":"http:\/\/127\.0\.0\.1:\d+\/mcp"\}\}\}/,
    );
    expect(out).toContain('the server saw token number 1 and client certificate agent-1\n');
    expect(out).toMatch(/the server saw token number 2 and client certificate agent-2; still process \d+/);

    const pids = new Set([...out.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid)));
    expect(pids.size).toBe(1);
    for (const pid of pids) await gone(() => !isRunning(pid));
    await gone(() => processesNaming(temp).length === 0);
    expect(readdirSync(temp)).toEqual([]);
  }, 600_000);
});

describe('README.md', () => {
  const repository = path.dirname(dist);
  const commands = [
    ...readFileSync(path.join(repository, 'README.md'), 'utf8').matchAll(/^node dist\/cli\.mjs (.*?) +# /gm),
  ].map(([, command = '']) => command.split(' '));
  it.each([
    ['lint', 1, /^ *(?:examples\/servers\/tickets\.yaml)?.*14:7.*MCP101/m],
    ['inject', 0, /container sallyport-proxy/],
    ['why', 0, /mcpserverentry\.toolhive\.stacklok\.dev\/github/],
    ['review', 1, /"allowed": ?false/],
  ])('shows a command %s that works in a clone of the repository', async (name, code, message) => {
    const args = commands.find(([first]) => first === name) ?? [];
    const ran = await attempt(process.execPath, [path.join(dist, 'cli.mjs'), ...args], { cwd: repository });
    expect(ran.stdout).toMatch(message);
    expect(ran).toMatchObject({ code, stderr: '' });
  });
});

describe('dist/demo.mjs', () => {
  it('ends quietly when nobody reads its output any more, and leaves nothing behind', async () => {
    const temp = folder();
    const child = spawn(process.execPath, [path.join(dist, 'demo.mjs')], {
      env: { TMPDIR: temp },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    expect({ code, errors }).toEqual({ code: 141, errors: '' });
    await gone(() => processesNaming(temp).length === 0);
    expect(readdirSync(temp)).toEqual([]);
  });

  it('starts nothing for an option that it does not have', async () => {
    expect(await run('demo.mjs', ['--onec'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^usage: npm start/),
    });
    expect(await run('demo.mjs', ['--help'])).toMatchObject({ code: 0, err: '' });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Every process with this folder on its command line; known where there is a /proc. */
function processesNaming(text: string): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

/** A killed process takes a moment to go. */
async function gone(check: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !check(); i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(check()).toBe(true);
}
