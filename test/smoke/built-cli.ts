import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built program. */
export const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

/** An empty folder that the end of the test removes. */
export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'sallyport-smoke-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Many resources with an error each, in one file. */
export function manyResources(count: number): string {
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

/** Starts the built program. */
export function start(args: readonly string[]) {
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
export function bash(line: string): Promise<{ code: number | null; out: string; err: string }> {
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
