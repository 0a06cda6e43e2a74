import { oursOf, routeOf, type InstalledWebhooks } from './installed-webhooks.ts';
import type { InstalledEntry, OwnObjects } from './own-objects.ts';

interface Publication {
  /** PEM, every CA that is trusted now. */
  readonly caBundle: string;
  readonly prefix: string;
}

/**
 * Writes CA bundle and path where they differ, and gives the entries it wrote as `Kind/entry`. Manifests leave both
 * fields out, so that applying them again changes nothing; an entry that is not ours is never touched.
 */
export async function publish(
  objects: OwnObjects,
  installed: InstalledWebhooks,
  { caBundle, prefix }: Publication,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [kind, found] of installed) {
    const wrong = oursOf(found)
      .map((entry) => ({ entry, wanted: { name: entry.name, caBundle, path: pathOf(entry, prefix) } }))
      .filter(({ entry, wanted }) => entry.path !== wanted.path || entry.caBundle?.trim() !== caBundle.trim())
      .map(({ wanted }) => wanted);
    if (!found || (wrong.length === 0 && found.claimedBy === objects.namespace)) continue;
    await objects.publish(kind, wrong);
    written.push(...wrong.map(({ name }) => `${kind}/${name}`));
  }
  return written;
}

const pathOf = ({ name }: InstalledEntry, prefix: string) => `${prefix}${routeOf(name)}`;
