import type { Configuration } from '../core/configuration.ts';
import { listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { describedKinds } from '../core/kinds/index.ts';
import { optionalFamilies } from '../core/kinds/families.ts';
import { inGroup } from '../core/model.ts';
import { webhookEntries } from '../core/webhook-entries.ts';
import { servedGroups, servedResources } from './discovery.ts';
import type { Entries } from './entries.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';

/** The described kinds that the cluster serves: the validating webhook must be called for each. */
export async function coverage(
  client: Pick<DoctorClient, 'get'>,
  configuration: Configuration | undefined,
  { installed }: Pick<Entries, 'installed'>,
): Promise<Check[]> {
  const groups = await servedGroups(client);
  if (!groups) return [unknown('kinds', 'the API groups of the cluster could not be read')];
  const described = describedKinds(configuration?.kinds).filter(({ group }) => groups.has(group));
  const present = new Set<string>();
  for (const group of new Set(described.map((kind) => kind.group)))
    for (const version of groups.get(group) ?? [])
      for (const plural of await servedResources(client, group, version)) present.add(inGroup(plural, group));
  const served = described.filter(({ group, plural }) => present.has(inGroup(plural, group)));
  const isCovered = coveredBy(installed);
  const missing = served.filter(({ group, plural }) => !isCovered(group, plural));
  if (missing.length === 0)
    return [
      good('kinds', `the webhook is called for all ${served.length} known kinds that the cluster serves`),
    ];
  const names = missing.map(({ group, plural }) => inGroup(plural, group));
  return [
    bad(
      'kinds',
      `the cluster serves ${names.join(', ')}, but the webhook is not called for ${names.length === 1 ? 'it' : 'them'}`,
      fixFor(new Set(missing.map(({ family }) => family))),
    ),
  ];
}

/** Whether the validating webhook is called for a group and plural. */
export function coveredBy(installed: readonly Fields[]): (group: string, plural: string) => boolean {
  const rules = installed
    .filter((entry) => webhookEntries[textAt(entry, 'name')] === 'validate')
    .flatMap((entry) => listAt(entry, 'rules'));
  return (group, plural) => rules.some((rule) => covers(rule, group, plural));
}

const hasText = (list: unknown, text: string): boolean =>
  Array.isArray(list) && (list.includes(text) || list.includes('*'));

// The API server calls the webhook for every version of a resource, whichever of them the rule names.
const covers = (rule: Fields, group: string, plural: string): boolean =>
  hasText(rule['apiGroups'], group) && hasText(rule['resources'], plural);

function fixFor(families: ReadonlySet<string>): string {
  const optional = optionalFamilies.filter(({ name }) => families.has(name));
  const flags = optional.map(({ name }) => ` --set families.${name}=true`).join('');
  return `upgrade the release, which covers what the cluster serves: helm upgrade sallyport CHART --reuse-values${flags}`;
}
