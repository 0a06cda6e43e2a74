import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { cacheFolderOf, repository } from '../cluster/cache.ts';
import { attempt, run } from '../cluster/processes.ts';
import { isThere } from '../cluster/requirements.ts';
import type { SdkName } from './matrix.ts';
import type { Program } from './peer.ts';

/** How to start the client and the server of each SDK, or why that cannot be done on this machine. */
export interface Programs {
  readonly client: Program;
  readonly server: Program;
}
export type Toolchains = Readonly<Record<SdkName, Programs | { readonly missing: string }>>;

const sources = path.join(repository, 'test/clients');
const cache = cacheFolderOf('clients');

/** Languages are made ready once and kept under a hash of what goes in; TypeScript is bundled anew, in a blink. */
export async function toolchains(folder: string, say: (line: string) => void): Promise<Toolchains> {
  const typescript = await bundles(folder);
  return {
    'typescript-1': typescript('1'),
    'typescript-2': typescript('2'),
    python: (await pythonIsThere())
      ? await python(say)
      : {
          missing:
            'Python 3.11 or newer with venv is missing: apt-get install -y python3 python3-venv (on Debian or Ubuntu)',
        },
    go: isThere('go') ? await go(say) : { missing: 'Go is missing: see https://go.dev/doc/install' },
  };
}

async function bundles(folder: string): Promise<(major: string) => Programs> {
  const names = ['client-1', 'client-2', 'server-1', 'server-2'];
  await build({
    entryPoints: names.map((name) => path.join(sources, 'typescript', `${name}.ts`)),
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const program = (name: string) => ({ command: process.execPath, args: [path.join(folder, `${name}.mjs`)] });
  return (major) => ({ client: program(`client-${major}`), server: program(`server-${major}`) });
}

/** Debian has the part that makes environments in a package of its own. */
async function pythonIsThere(): Promise<boolean> {
  if (!isThere('python3')) return false;
  const code = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))';
  return (await attempt('python3', ['-c', code])).code === 0;
}

async function python(say: (line: string) => void): Promise<Programs> {
  const program = await environment('python', 'requirements.txt', 'the Python SDK', say);
  return { client: program('client'), server: program('server') };
}

/** What runs in an agent's pod. It pins another line of the SDK, so it has an environment of its own. */
export async function kagentRuntime(say: (line: string) => void): Promise<Program> {
  const program = await environment('kagent', 'kagent-requirements.txt', "kagent's Python runtime", say);
  return program('kagent_agent');
}

/** Programs of ours, run where exactly these packages are. */
async function environment(
  name: string,
  requirements: string,
  what: string,
  say: (line: string) => void,
): Promise<(program: string) => Program> {
  const lock = path.join(sources, 'python', requirements);
  // An environment is of one Python; a newer one makes its own.
  const version = await run('python3', ['--version']);
  const venv = await kept(`${name}-${version.replaceAll(/[^\d.]/g, '')}`, [lock], async (unfinished) => {
    say(`installing ${what}, once`);
    await run('python3', ['-m', 'venv', unfinished]);
    const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', lock];
    await run(path.join(unfinished, 'bin/python'), ['-m', 'pip', 'install', ...quietly]);
  });
  return (program) => ({
    command: path.join(venv, 'bin/python'),
    // -B: nothing is written beside the sources.
    args: ['-B', path.join(sources, 'python', `${program}.py`)],
  });
}

async function go(say: (line: string) => void): Promise<Programs> {
  const folder = path.join(sources, 'go');
  const inputs = (await readdir(folder)).toSorted().map((name) => path.join(folder, name));
  const made = await kept('go', inputs, async (unfinished) => {
    say('building with the Go SDK, once');
    await mkdir(unfinished, { recursive: true });
    await run('go', ['build', '-trimpath', '-o', path.join(unfinished, 'mcp'), '.'], {
      cwd: folder,
      env: { CGO_ENABLED: '0' },
    });
  });
  const command = path.join(made, 'mcp');
  return { client: { command, args: ['client'] }, server: { command, args: ['server'] } };
}

/** A folder of the cache, made if it is not there. */
async function kept(
  name: string,
  inputs: readonly string[],
  make: (unfinished: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(await readFile(input));
  const folder = path.join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  // Under another name first: one that was interrupted must not be found as a finished one.
  const unfinished = `${folder}.${process.pid}`;
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
