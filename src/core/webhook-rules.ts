import type { KindDescription } from './kinds/description.ts';

/** What of these kinds the API server sends to the webhook: every version, and no wildcard. */
export function webhookRules(kinds: readonly KindDescription[]) {
  const same = new Map<string, KindDescription[]>();
  for (const kind of kinds) {
    const key = [kind.scope, kind.group, ...kind.versions].join();
    same.set(key, [...(same.get(key) ?? []), kind]);
  }
  return [...same.values()].map((several) => ({
    apiGroups: [several[0]?.group],
    apiVersions: several[0]?.versions,
    resources: several.map(({ plural }) => plural).toSorted(),
    operations: ['CREATE', 'UPDATE'],
    scope: several[0]?.scope,
  }));
}
