import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the repository is, without a slash at the end. */
export const repository = path.resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** What is expensive to make and the same for every run. It is outside the work tree, so that cleaning that keeps it. */
export const cacheFolderOf = (project: string): string =>
  path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'sallyport', project);

export const cacheFolder = cacheFolderOf('cluster');
