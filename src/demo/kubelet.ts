import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { listAt, fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { proxyEnv } from '../core/contracts/proxy-contract.ts';

/** The proxy image's own files, where its command expects them. */
export function layOutProxyImage(root: string, bundles: string): void {
  mkdirSync(path.join(root, 'sallyport'), { recursive: true });
  mkdirSync(path.join(root, 'dev'), { recursive: true });
  for (const file of ['proxy.mjs', 'check.mjs'])
    copyFileSync(path.join(bundles, file), path.join(root, 'sallyport', file));
}

/** Runs a container's command below its root: `node` is this node, an absolute path is the image's. */
function commandLine(command: readonly unknown[], root: string): string[] {
  return command
    .slice(1)
    .map((part) => (String(part).startsWith('/') ? path.join(root, String(part)) : String(part)));
}

function environmentOf(container: Fields, root: string): Record<string, string> {
  const own = listAt(container, 'env').map(
    (entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const,
  );
  return { ...Object.fromEntries(own), [proxyEnv.root]: root };
}

/** Starts a container from its own command and environment; `SALLYPORT_ROOT` is the only addition. */
export function startContainer(
  container: Fields,
  root: string,
  onOutput: (text: string) => void,
): ChildProcess {
  const child = spawn(process.execPath, commandLine(container['command'] as unknown[], root), {
    env: environmentOf(container, root),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  return child;
}

/** One try of the container's startup probe: whether it passed, and what it printed. */
export function runStartupProbe(
  container: Fields,
  root: string,
): { readonly passed: boolean; readonly output: string } {
  const command = fieldsAt(fieldsAt(container, 'startupProbe'), 'exec')['command'] as unknown[];
  const result = spawnSync(process.execPath, commandLine(command, root), {
    env: environmentOf(container, root),
    encoding: 'utf8',
  });
  return { passed: result.status === 0, output: `${result.stdout}${result.stderr}`.trim() };
}
