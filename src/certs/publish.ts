import { webhookEntries } from '../core/webhook-entries.ts';
import type { InstalledEntry, OwnObjects, PublishedEntry, SharedIdentity, WebhookKind } from './ports.ts';

const kinds: readonly WebhookKind[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

export interface Published {
  /** Why the API server cannot call us yet, in one line; `undefined` when it can. */
  readonly missing: string | undefined;
  /** Entries that did not say what they should and do now, as `Kind/entry`. */
  readonly written: readonly string[];
}

/**
 * Looks at what is installed and writes our CA bundle and path where they differ. Manifests leave both fields out, so
 * that applying them again changes nothing; an entry that is not ours is never touched.
 */
export async function publish(objects: OwnObjects, identity: SharedIdentity): Promise<Published> {
  const missing: string[] = [];
  const written: string[] = [];
  for (const kind of kinds) {
    const installed = await objects.entries(kind);
    if (!installed) {
      missing.push(`the ${kind} is not installed`);
      continue;
    }
    const wrong = installed.flatMap((entry) => {
      const wanted = wantedOf(entry.name, identity);
      return wanted && !same(entry, wanted) ? [wanted] : [];
    });
    if (wrong.length === 0) continue;
    await objects.publish(kind, wrong);
    written.push(...wrong.map(({ name }) => `${kind}/${name}`));
  }
  return { missing: missing.length === 0 ? undefined : missing.join('; '), written };
}

function wantedOf(name: string, { authority, prefix }: SharedIdentity): PublishedEntry | undefined {
  const route = webhookEntries[name];
  return route && { name, caBundle: authority.certificate, path: `${prefix}/${route}` };
}

const same = (a: InstalledEntry, b: InstalledEntry): boolean =>
  a.path === b.path && a.caBundle?.trim() === b.caBundle?.trim();
