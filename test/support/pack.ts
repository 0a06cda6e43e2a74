import path from 'node:path';
import { repository } from '../cluster/cache.ts';
import { run } from '../cluster/processes.ts';

/** Packs the built npm package into a folder and returns the path of the archive. */
export async function pack(folder: string): Promise<string> {
  // The build has just run; `prepare` would run it again, under the tests that use its result.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(await run('npm', args, { cwd: repository })) as [
    { readonly filename: string },
  ];
  return path.join(folder, filename);
}
