import { createHash } from 'node:crypto';

/** Everything of ours in a pod begins with this; nothing else may. */
export const ownPrefix = 'sallyport-';

/** With prefix, dash and hash the name stays within a DNS label's 63 characters. */
const maxSlug = 40;
const hashLength = 12;

/** SHA-256 over parts written `<bytes>:<part>`, so that ("team", "github") and ("tea", "mgithub") differ. */
export function partsHash(parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest();
}

/**
 * A name for something in a pod: `sallyport-<slug>-<hash>`, at most 63 characters, a DNS-1123 label. The slug is for
 * people, the hash makes it unique; the same parts always give the same name.
 */
export function podName(slugSource: string, parts: readonly string[]): string {
  const slug = slugSource
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlug)
    .replaceAll(/^-+|-+$/g, '');
  const hash = partsHash(parts).toString('hex').slice(0, hashLength);
  return `${ownPrefix}${slug === '' ? '' : `${slug}-`}${hash}`;
}

/** A word as part of a variable's name: upper case, `_` for what is no letter or digit. */
export const asVariable = (word: string): string => word.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** Where a pod's forward listener is. */
export const forwardVariable = 'SALLYPORT_FORWARD_URL';

/** `SALLYPORT_URL_<NAME>`: upper case, any other character an underscore. */
export const urlVariable = (name: string): string => `SALLYPORT_URL_${asVariable(name)}`;
