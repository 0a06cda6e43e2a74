import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError, loadDocuments, unreadText, type SourceDocument } from './documents.ts';
import { unreadBecause } from './problem.ts';

/**
 * The documents of a folder, read again whenever a file in it changed, so that a folder used as a cluster answers
 * with what is on disk now. A half-written file keeps the last good reading.
 */
export function watchedFolder(
  folder: string,
  onError: (message: string) => void,
): () => Promise<readonly SourceDocument[]> {
  let signature = '';
  let documents: readonly SourceDocument[] = [];
  return async () => {
    const now = await signatureOf(folder);
    if (now === signature) return documents;
    const loaded = await loadDocuments([folder], () => Promise.resolve(''));
    const problem = loaded.unread.map(unreadText).join('\n');
    if (problem === '') {
      signature = now;
      ({ documents } = loaded);
      return documents;
    }
    if (signature === '') throw new InputError(problem);
    onError(problem);
    return documents;
  };
}

async function signatureOf(folder: string): Promise<string> {
  const names = (
    await readdir(folder, { recursive: true }).catch((error: unknown) => {
      throw new InputError(`${folder}: ${unreadBecause(error).problem}`);
    })
  ).toSorted();
  const stats = await Promise.all(
    names.map(async (name) => {
      const found = await stat(path.join(folder, name)).catch(() => undefined);
      return found?.isFile() ? `${name}:${found.mtimeMs}:${found.size}` : '';
    }),
  );
  return stats.join('\n') || '(empty)';
}
