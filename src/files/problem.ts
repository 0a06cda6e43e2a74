import type { UnreadFile } from './source.ts';

/** Why the system does not read a file or folder, and what to do. */
export function unreadBecause(error: unknown): Pick<UnreadFile, 'problem' | 'fix'> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return { problem: 'no such file or folder', fix: 'correct the name, or leave it out' };
  if (code === 'EACCES')
    return { problem: 'permission denied', fix: 'give the user that runs this command the right to read it' };
  return { problem: `cannot be read (${code ?? 'unknown'})`, fix: 'make sure that it is a readable file' };
}
