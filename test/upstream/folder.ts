import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Manifests, CRDs and recorded reviews of the systems we guard, as they ship them: the folder named in
 * SALLYPORT_UPSTREAM. It is not part of this repository.
 */
const root = process.env['SALLYPORT_UPSTREAM'] ?? '';

export const hasUpstream = root !== '';
if (hasUpstream && !existsSync(root)) throw new Error('SALLYPORT_UPSTREAM names a folder that is not there');

export const upstreamPath = (file: string): string => path.join(root, file);
export const upstreamText = (file: string): string => readFileSync(upstreamPath(file), 'utf8');

/** Files below one of its folders, relative to the root; none when it is not set. */
export function upstreamFiles(folder: string, extension: string): string[] {
  if (!hasUpstream) return [];
  return readdirSync(upstreamPath(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .toSorted();
}
