import { labels } from '../annotations.ts';
import type { Fields } from '../k8s/objects.ts';

/** What an operator's adapter may be asked about. */
export const workloadKinds = ['Job', 'StatefulSet', 'Pod'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/**
 * Which objects an operator's adapter is asked about, by their kind and labels alone. The API server evaluates the same
 * in the match conditions of the webhook entry, which are generated from it.
 */
export interface WorkloadSelector {
  readonly kinds: readonly WorkloadKind[];
  /** All of them hold. */
  readonly labels: readonly LabelRequirement[];
}

export type LabelRequirement =
  | { readonly kind: 'exists'; readonly key: string }
  | { readonly kind: 'in'; readonly key: string; readonly values: readonly string[] }
  /** Some key begins with one of these. */
  | { readonly kind: 'prefix'; readonly prefixes: readonly string[] };

export function selects(
  { kinds, labels: required }: WorkloadSelector,
  { kind, object }: { readonly kind: WorkloadKind; readonly object: Fields },
): boolean {
  const own = labels(object);
  return (
    kinds.includes(kind) &&
    required.every((requirement) => {
      switch (requirement.kind) {
        case 'exists':
          return own.has(requirement.key);
        case 'in':
          return requirement.values.includes(own.get(requirement.key) ?? '');
        case 'prefix':
          return [...own.keys()].some((key) => requirement.prefixes.some((prefix) => key.startsWith(prefix)));
      }
    })
  );
}
