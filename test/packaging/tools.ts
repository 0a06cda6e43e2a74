import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolderOf } from '../cluster/cache.ts';
import { run } from '../cluster/processes.ts';
import { isThere } from '../cluster/requirements.ts';

const cache = cacheFolderOf('packaging');

/** A program that a test needs: its path, or why this machine cannot have it. */
export type Tool = { readonly path: string } | { readonly missing: string };

/** A program built from its Go module, once. */
export async function goTool(module: string, version: string): Promise<Tool> {
  const name = path.basename(module);
  const folder = path.join(cache, `${name}-${version}`);
  const binary = path.join(folder, name);
  if (existsSync(binary)) return { path: binary };
  if (!isThere('go'))
    return missing(`${name} is not built, because Go is missing: see https://go.dev/doc/install`);
  await mkdir(folder, { recursive: true });
  await run('go', ['install', '-trimpath', `${module}@${version}`], {
    cwd: folder,
    env: { GOBIN: folder, CGO_ENABLED: '0' },
  });
  return { path: binary };
}

/** A Python program in a virtual environment of its own, once. */
export async function pythonTool(name: string, version: string): Promise<Tool> {
  const folder = path.join(cache, `${name}-${version}`);
  const binary = path.join(folder, 'bin', name);
  if (existsSync(binary)) return { path: binary };
  if (!isThere('python3')) return missing(`${name} is not installed, because Python is missing`);
  await run('python3', ['-m', 'venv', folder]);
  await run(path.join(folder, 'bin/pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `${name}==${version}`,
  ]);
  return { path: binary };
}

/** In CI a missing tool is a failure; elsewhere the run says what it did not prove. */
function missing(reason: string): Tool {
  if (process.env['CI']) throw new Error(reason);
  console.log(`packaging: SKIPPED, NOT PROVED: ${reason}`);
  return { missing: reason };
}
