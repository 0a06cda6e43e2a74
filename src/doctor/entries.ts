import { X509Certificate } from 'node:crypto';
import manifest from '../../manifests/base/webhooks.yaml';
import { annotations, failOpenAnnotation } from '../core/annotations.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { shellName } from '../core/shell.ts';
import { webhookEntries, type WebhookRoute } from '../core/webhook-entries.ts';
import { certificateBlocks } from '../net/pem.ts';
import { bad, good, unreadable, type Check, type DoctorClient } from './examination.ts';

/** The webhook configurations: are all entries there, as the manifests have them, and can they be called. */

const configurations = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const;
const applyFix = 'install the release again: docs/install.md';

/** Each entry as the manifests have it. */
const wanted = new Map(
  (manifest as readonly Fields[]).flatMap((one) =>
    listAt(one, 'webhooks').map((entry) => [textAt(entry, 'name'), entry] as const),
  ),
);

/** Which of them the chart's `failurePolicy` is about, by its names. The others are as they must be. */
const choices: Readonly<Partial<Record<WebhookRoute, 'resources' | 'pods'>>> = {
  validate: 'resources',
  mutate: 'pods',
  check: 'pods',
};

export interface Entries {
  readonly installed: readonly Fields[];
  /** What whoever installed it chose to let through while nobody answers. */
  readonly failOpen: ReadonlySet<string>;
  /** The first thing that is wrong with them all; left out when they can be looked at. */
  readonly checks: readonly Check[];
}

export async function installedEntries({ get }: DoctorClient): Promise<Entries> {
  const installed: Fields[] = [];
  const failOpen = new Set<string>();
  for (const plural of configurations) {
    const answer = await get(`/apis/admissionregistration.k8s.io/v1/${plural}/sallyport`);
    if (answer.code !== 200 && answer.code !== 404)
      return { installed: [], failOpen, checks: [unreadable('entries', 'webhook configurations', answer)] };
    installed.push(...listAt(answer.body, 'webhooks'));
    for (const what of (annotations(answer.body).get(failOpenAnnotation) ?? '').split(/,\s*/))
      if (what !== '') failOpen.add(what);
  }
  return { installed, failOpen, checks: [] };
}

export function entries({ installed, failOpen }: Entries): Check[] {
  const names = new Set(installed.map((entry) => textAt(entry, 'name')));
  const missing = Object.keys(webhookEntries).filter((name) => !names.has(name));
  if (missing.length > 0)
    return [
      bad(
        'entries',
        `webhook entries are not installed, so the API server does not call them: ${missing.join(', ')}`,
        applyFix,
      ),
    ];
  const other = installed.flatMap((entry) => {
    const name = textAt(entry, 'name');
    const route = webhookEntries[name];
    const choice = route && choices[route];
    const chosen = choice !== undefined && failOpen.has(choice) ? 'Ignore' : undefined;
    const should = chosen ?? textAt(wanted.get(name), 'failurePolicy');
    const is = textAt(entry, 'failurePolicy');
    return should === '' || is === should ? [] : [`${name} has failurePolicy ${is} instead of ${should}`];
  });
  if (other.length > 0) return [bad('entries', other.join('; '), applyFix)];
  const open = [...failOpen].toSorted().join(' and ');
  const said = open === '' ? '' : `; as chosen, the API server admits ${open} while no webhook responds`;
  return [good('entries', `all ${names.size} are installed${said}`)];
}

/** PEM of an entry's bundle. */
export const bundleOf = (entry: Fields): string =>
  Buffer.from(textAt(fieldsAt(entry, 'clientConfig'), 'caBundle'), 'base64').toString('utf8');

/** What Sallyport writes itself: without both the API server cannot call it. */
export function written(
  { installed }: Entries,
  { now, namespace }: Pick<DoctorClient, 'now' | 'namespace'>,
): Check[] {
  const log = `Sallyport writes both within seconds; if it does not, read the log: kubectl -n ${shellName(namespace)} logs deployment/sallyport-certificates`;
  const wrong = installed.flatMap((entry) => {
    const name = textAt(entry, 'name');
    const route = webhookEntries[name];
    if (route === undefined) return [];
    const path = textAt(fieldsAt(fieldsAt(entry, 'clientConfig'), 'service'), 'path');
    const problem = problemOf(bundleOf(entry), now());
    if (problem !== undefined) return [`${name}: ${problem}`];
    return path.endsWith(`/${route}`) ? [] : [`${name}: no path is written that ends in /${route}`];
  });
  if (installed.length === 0) return [];
  if (wrong.length > 0) return [bad('bundle', wrong.join('; '), log)];
  return [good('bundle', 'CA bundle and path are written in every entry')];
}

function problemOf(bundle: string, now: number): string | undefined {
  if (bundle === '') return 'no CA bundle is written';
  const blocks = certificateBlocks(bundle);
  try {
    const certificates = blocks.map((block) => new X509Certificate(block));
    if (certificates.length === 0) return 'the CA bundle holds no certificate';
    return certificates.every(({ validTo }) => Date.parse(validTo) < now)
      ? 'the CA bundle has expired'
      : undefined;
  } catch {
    return 'the CA bundle cannot be read';
  }
}
