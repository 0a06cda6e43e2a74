import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadDocuments, unreadable, type SourceDocument } from './documents.ts';

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
    try {
      ({ documents } = await loadDocuments([folder], () => Promise.resolve('')));
      signature = now;
    } catch (error) {
      if (signature === '') throw error;
      onError(error instanceof Error ? error.message : 'the folder cannot be read');
    }
    return documents;
  };
}

async function signatureOf(folder: string): Promise<string> {
  const names = (
    await readdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unreadable(folder, error);
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
