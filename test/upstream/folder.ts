import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadAll } from 'js-yaml';

/**
 * Manifests, CRDs and recorded reviews as upstream systems publish them. They are not part of this repository:
 * SALLYPORT_UPSTREAM names the folders, separated as in PATH. A CRD may be in several of them, one for each release.
 */
const folders = (process.env['SALLYPORT_UPSTREAM'] ?? '').split(path.delimiter).filter((one) => one !== '');

for (const folder of folders)
  if (!existsSync(folder))
    throw new Error(
      `${folder} does not exist. SALLYPORT_UPSTREAM names it; separate folders by ${path.delimiter}`,
    );

export const hasUpstream = folders.length > 0;

/** Each file with the folder that has it. */
const rootOf = new Map<string, string>();
for (const root of folders)
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    const other = rootOf.get(file);
    if (other !== undefined && file.includes('/'))
      throw new Error(
        `${file} is in ${other} and in ${root}: rename one of them, because tests name files by this path`,
      );
    rootOf.set(file, root);
  }

export function upstreamPath(file: string): string {
  const root = rootOf.get(file);
  if (root === undefined)
    throw new Error(`${file} is in no folder that SALLYPORT_UPSTREAM names: ${folders.join(', ')}`);
  return path.join(root, file);
}

export const upstreamText = (file: string): string => readFileSync(upstreamPath(file), 'utf8');

/** Files below a folder, by the path that is the same in each root; none when SALLYPORT_UPSTREAM is not set. */
export const upstreamFiles = (folder: string, extension: string): string[] =>
  [...rootOf.keys()].filter((file) => file.startsWith(`${folder}/`) && file.endsWith(extension)).toSorted();

/** Every custom resource definition, as parsed YAML, with its file. */
export const upstreamDefinitions = (): { readonly file: string; readonly definition: unknown }[] =>
  upstreamFiles('crds', '.yaml').flatMap((file) =>
    loadAll(upstreamText(file))
      .filter((one) => (one as { kind?: unknown } | null)?.kind === 'CustomResourceDefinition')
      .map((definition) => ({ file, definition })),
  );
