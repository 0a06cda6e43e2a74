import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { goBuild, ownBinary } from '../cluster/build.ts';
import { cacheFolderOf, repository } from '../cluster/cache.ts';
import { moduleFolder, moduleOf } from '../cluster/definitions.ts';
import { images as everywhere, programContext, type MoreImage } from '../cluster/images.ts';

/** The operators' own programs, built from their modules, and a real MCP server for them to call. */

export const images = {
  operator: 'docker.io/library/toolhive-operator:test',
  runner: 'docker.io/library/toolhive-proxyrunner:test',
  vmcp: 'docker.io/library/toolhive-vmcp:test',
  kmcp: 'docker.io/library/kmcp-controller:test',
  server: 'docker.io/library/mcp-server:test',
  discovery: 'docker.io/library/discovery:test',
} as const;

const programs = [
  { image: images.operator, of: 'toolhive', what: './cmd/thv-operator' },
  { image: images.runner, of: 'toolhive', what: './cmd/thv-proxyrunner' },
  { image: images.vmcp, of: 'toolhive', what: './cmd/vmcp' },
  { image: images.kmcp, of: 'kmcp', what: './cmd' },
] as const;

/** Minutes on first use, one after the other; then a look into the cache. */
export async function operatorImages(say: (line: string) => void): Promise<readonly MoreImage[]> {
  const found: MoreImage[] = [];
  for (const { image, of, what } of programs) {
    const release = moduleOf(of);
    const { module, version } = release;
    const name = `${of}-${version}-${path.basename(what)}`;
    const binary = path.join(cacheFolderOf('operators'), name);
    if (!existsSync(binary)) {
      say(`building ${module}@${version} ${what} from source; this takes some minutes, once`);
      await goBuild({ sources: await moduleFolder(release), what, ldflags: '-s -w', binary, say });
    }
    found.push({ name: image, context: (folder) => programContext(path.join(folder, name), binary) });
  }
  const discovery = await ownBinary({
    folder: 'test/operators/programs/discovery',
    of: 'github.com/modelcontextprotocol/go-sdk',
    say,
  });
  return [
    ...found,
    { name: images.server, context: serverContext },
    {
      name: images.discovery,
      context: (folder) => discoveryContext(path.join(folder, 'discovery'), discovery),
    },
  ];
}

/** Beside a shell, so that it can be run when a test wants it to. */
async function discoveryContext(folder: string, binary: string): Promise<string> {
  await mkdir(folder);
  await copyFile(binary, path.join(folder, 'discovery'));
  await writeFile(path.join(folder, 'Dockerfile'), `FROM ${everywhere.app}\nCOPY discovery /bin/\n`);
  return folder;
}

async function serverContext(work: string): Promise<string> {
  const folder = path.join(work, 'mcp-server');
  await build({
    entryPoints: [path.join(repository, 'test/operators/programs/mcp-server.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    outfile: path.join(folder, 'mcp-server.mjs'),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await writeFile(
    path.join(folder, 'Dockerfile'),
    'ARG BASE\nFROM ${BASE}\nCOPY mcp-server.mjs /\nUSER 65532:65532\nENTRYPOINT ["node", "/mcp-server.mjs"]\n',
  );
  return folder;
}
