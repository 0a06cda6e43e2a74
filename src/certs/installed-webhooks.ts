import type { X509Certificate } from 'node:crypto';
import { webhookEntries } from '../core/webhook-entries.ts';
import { certificatesIn, fingerprint } from './chain.ts';
import {
  webhookKinds,
  type InstalledConfiguration,
  type InstalledEntry,
  type OwnObjects,
  type WebhookKind,
} from './own-objects.ts';

/** Both webhook configurations as they are now. */
export type InstalledWebhooks = ReadonlyMap<WebhookKind, InstalledConfiguration | undefined>;

export async function readInstalled({
  configuration,
}: Pick<OwnObjects, 'configuration'>): Promise<InstalledWebhooks> {
  return new Map(
    await Promise.all(webhookKinds.map(async (kind) => [kind, await configuration(kind)] as const)),
  );
}

/** Entries of other owners are ignored. */
export const oursOf = (configuration: InstalledConfiguration | undefined): readonly InstalledEntry[] =>
  (configuration?.entries ?? []).filter(({ name }) => name in webhookEntries);

/** Where an entry is answered, below the path that cannot be guessed. */
export const routeOf = (name: string): string => `/${webhookEntries[name] ?? ''}`;

/** The configurations with the entries that the API server can call: those with a CA bundle. */
export function calledOf(installed: InstalledWebhooks): InstalledWebhooks {
  const called = [...installed].map(([kind, found]) => {
    const entries = oursOf(found).filter(({ caBundle }) => (caBundle ?? '').trim() !== '');
    return [kind, found && entries.length > 0 ? { ...found, entries } : undefined] as const;
  });
  return new Map(called.filter(([, found]) => found !== undefined));
}

export const missingOf = (installed: InstalledWebhooks): readonly string[] =>
  [...installed].flatMap(([kind, found]) => (found ? [] : [`the ${kind} is not installed`]));

/** Why these configurations are not this install's; `undefined` when they are, or may become so. */
export function claimedElsewhere(installed: InstalledWebhooks, namespace: string): string | undefined {
  for (const [kind, found] of installed) {
    if (found?.claimedBy !== undefined && found.claimedBy !== namespace)
      return (
        `the ${kind} belongs to the installation in namespace ${found.claimedBy}, and a ` +
        'cluster can have only one. Fix: uninstall this installation, or uninstall the other one first'
      );
    const called = oursOf(found).find((entry) => entry.namespace !== namespace);
    if (called?.namespace !== undefined)
      return (
        `the ${kind} calls the Service in namespace ${called.namespace}: another installation is there. ` +
        "Fix: apply this installation's webhook configurations again, or uninstall it"
      );
  }
  return undefined;
}

const all = (installed: InstalledWebhooks): readonly InstalledEntry[] =>
  [...installed.values()].flatMap(oursOf);

/** The CAs that every entry of ours carries: under these, and no other, every call finds us. */
export function anchorsOf(installed: InstalledWebhooks): readonly X509Certificate[] {
  const [first, ...others] = all(installed).map(({ caBundle }) => certificatesIn(caBundle ?? ''));
  const shared = others.map((anchors) => new Set(anchors.map(fingerprint)));
  return (first ?? []).filter((anchor) => shared.every((one) => one.has(fingerprint(anchor))));
}

/** Each folder that is called now, once; `undefined` stands for an entry that has none, or one that is not ours. */
export function prefixesOf(installed: InstalledWebhooks): ReadonlySet<string | undefined> {
  return new Set(all(installed).map(({ name, path }) => prefixOf(path, routeOf(name))));
}

function prefixOf(path: string | undefined, route: string): string | undefined {
  const prefix = path?.endsWith(route) === true ? path.slice(0, -route.length) : '';
  return isPrefix(prefix) ? prefix : undefined;
}

/** As the certificate controller makes them. Any pod can call a webhook whose path it knows, so the path is random. */
export const isPrefix = (text: string): boolean => /^\/[0-9a-f]{32}$/.test(text);
