import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolderOf, repository } from '../cluster/cache.ts';
import type { MoreImage } from '../cluster/images.ts';
import { run } from '../cluster/processes.ts';

/** The release before this one: who upgrades comes from there. The one place that says which it is. */
const commit = 'f37d4f41d304df6526e0757564f6364aafe2dd7a';

const folder = path.join(cacheFolderOf('releases'), commit);

/** Its files as they were, its manifests among them, with what was built of them; made on first use. */
export async function previousRelease(say: (line: string) => void): Promise<string> {
  if (existsSync(folder)) return folder;
  say(`building the release before this one, ${commit}`);
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const archive = `${unfinished}.tar`;
  await run('git', ['archive', `--output=${archive}`, commit], { cwd: repository });
  await run('tar', ['-xf', archive], { cwd: unfinished });
  await rm(archive);
  await run('npm', ['ci', '--silent'], { cwd: unfinished });
  await run('npm', ['run', 'build'], { cwd: unfinished });
  await rm(path.join(unfinished, 'node_modules'), { recursive: true });
  await rename(unfinished, folder);
  return folder;
}

/** By its own Dockerfile, under the names that docs/install.md gives them. */
export async function previousImages(say: (line: string) => void): Promise<readonly MoreImage[]> {
  const context = await previousRelease(say);
  return (['server', 'proxy'] as const).map((target) => ({
    name: previousImage(target),
    context: () => Promise.resolve(context),
    target,
  }));
}

export const previousImage = (what: 'server' | 'proxy'): string =>
  `registry.example.com/sallyport${what === 'proxy' ? '-proxy' : ''}:0.1.0`;
