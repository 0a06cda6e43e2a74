import { readFileSync } from 'node:fs';
import path from 'node:path';
import ignoreLibrary from 'ignore';
import { unreadBecause } from './problem.ts';
import { InputError } from './source.ts';

/** Which files and folders are left out. */
export interface IgnoreRules {
  ignores(file: string, isFolder: boolean): boolean;
  /** The rules below a folder, with those of the ignore file in it. */
  within(folder: string): IgnoreRules;
}

export const ignoreFileName = '.sallyportignore';

export const ignoreNothing: IgnoreRules = { ignores: () => false, within: () => ignoreNothing };

interface Patterns {
  /** What they are relative to, as an absolute path. */
  readonly root: string;
  readonly matcher: ReturnType<typeof ignoreLibrary>;
}

/**
 * Patterns in gitignore's syntax: those of the `.sallyportignore` of the working folder and of each folder that is searched,
 * relative to their folder, then those of `--exclude`. As in Git, the last pattern that matches decides. Throws `InputError`
 * for an ignore file that cannot be read.
 */
export function ignoreRules(workingFolder: string, exclude: readonly string[]): IgnoreRules {
  const excluded = { root: workingFolder, matcher: ignoreLibrary().add([...exclude]) };
  return rules(patternsIn(workingFolder), excluded);
}

function rules(patterns: readonly Patterns[], excluded: Patterns): IgnoreRules {
  return {
    ignores(file, isFolder) {
      let ignored = false;
      for (const { root, matcher } of [...patterns, excluded]) {
        const relative = path.relative(root, path.resolve(file)).split(path.sep).join('/');
        if (relative === '' || relative === '..' || relative.startsWith('../')) continue;
        const found = matcher.test(isFolder ? `${relative}/` : relative);
        ignored = found.ignored || (ignored && !found.unignored);
      }
      return ignored;
    },
    within(folder) {
      const absolute = path.resolve(folder);
      const known = patterns.some(({ root }) => root === absolute);
      return known ? this : rules([...patterns, ...patternsIn(absolute)], excluded);
    },
  };
}

function patternsIn(folder: string): Patterns[] {
  const file = path.join(folder, ignoreFileName);
  try {
    return [{ root: folder, matcher: ignoreLibrary().add(readFileSync(file, 'utf8')) }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InputError(`${file}: ${unreadBecause(error).problem}`);
  }
}
