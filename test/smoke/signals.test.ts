import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The built command line as a process: signals, pipes that break, and the name it is called by. */

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'sallyport-signals-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Many resources with an error each, in one file. */
function manyResources(count: number): string {
  const file = path.join(folder(), 'many.yaml');
  const one = (i: number) => `---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata: { name: server-${i}, namespace: team-a }
spec:
  remoteUrl: https://example.com/mcp
  headerForward:
    addPlaintextHeaders: { Authorization: hunter2-hunter2 }
`;
  writeFileSync(file, Array.from({ length: count }, (_, i) => one(i)).join(''));
  return file;
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, ended, out: () => out, err: () => err };
}

/** Runs a line of bash, in which `sallyport` is the built program. */
function bash(line: string): Promise<{ code: number | null; out: string; err: string }> {
  const bin = folder();
  symlinkSync(cli, path.join(bin, 'sallyport'));
  const env = { PATH: `${bin}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const child = spawn('bash', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

// A shell shows the ends of a process by these signals as 130 and 143.
describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('ends lint at once, in the middle of its work, without a word', async () => {
    const { child, ended, out, err } = start(['lint', manyResources(20_000)]);
    // Node itself is up after a fraction of this; parsing alone takes several times as long.
    await sleep(3000);
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    expect(await ended).toEqual({ code: null, signal });
    expect([out(), err()]).toEqual(['', '']);
  });

  it('lets a server end its connections, with exit code 0', async () => {
    const { child, ended, out } = start(['serve', '--cluster', folder(), '--port', '0']);
    while (!out().includes('listening on')) await sleep(50);
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

it('the first signal ends a server gracefully, and the second one at once', async () => {
  const { child, ended, out } = start(['serve', '--cluster', folder(), '--port', '0']);
  while (!out().includes('listening on')) await sleep(50);
  const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(out()) ?? [];
  const { connect } = await import('node:tls');
  // A connection in use keeps the server from ending.
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(
    'POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  await sleep(200);
  child.kill('SIGTERM');
  await sleep(500);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: null, signal: 'SIGTERM' });
  socket.destroy();
});

describe('a pipe whose reader ends first', () => {
  it.each(['head -1', 'true'])(
    '%s: sallyport ends quietly, with the exit code of SIGPIPE',
    async (reader) => {
      const line = `sallyport lint ${manyResources(2000)} | ${reader} >/dev/null; echo "\${PIPESTATUS[0]}"`;
      expect(await bash(line)).toEqual({ code: 0, out: '141\n', err: '' });
    },
  );

  it('explain and inject end the same way', async () => {
    const file = manyResources(500);
    for (const command of ['explain', `inject ${file}`]) {
      const { out, err } = await bash(`sallyport ${command} | true; echo "\${PIPESTATUS[0]}"`);
      // A short text may be written whole before the reader is gone.
      expect([out, err]).toEqual([expect.stringMatching(/^(?:141|0)\n$/), '']);
    }
  });

  it.runIf(existsSync('/dev/full'))('a full disk is one line, and exit code 2', async () => {
    const { code, err } = await bash('sallyport kinds > /dev/full');
    expect({ code, err }).toEqual({
      code: 2,
      err: 'sallyport: standard output cannot be written (ENOSPC); free the space or choose another file\n',
    });
  });
});

it('through a link named kubectl-sallyport it calls itself kubectl sallyport', async () => {
  const bin = folder();
  symlinkSync(cli, path.join(bin, 'kubectl-sallyport'));
  const { out } = await bash(`${path.join(bin, 'kubectl-sallyport')} lint --help`);
  expect(out).toContain('Usage: kubectl sallyport lint FILES... [options]\n');
});
