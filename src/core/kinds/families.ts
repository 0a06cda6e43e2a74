import { describedKinds } from './index.ts';

/**
 * Families whose webhook rules, rights and policies every installation has, so that an operator that is installed after
 * Sallyport is covered too. The others are installed where the cluster serves them (docs/adr/0038).
 */
const always: ReadonlySet<string> = new Set(['toolhive', 'kagent', 'kmcp', 'kelos']);

export const isAlwaysCovered = ({ family }: { readonly family: string }): boolean => always.has(family);

/** A family that the chart covers where the cluster serves one of its kinds. */
export interface OptionalFamily {
  readonly name: string;
  /** Such as `dapr.io/v1alpha1/MCPServer`, as Helm names what a cluster serves. */
  readonly served: readonly string[];
}

export const optionalFamilies: readonly OptionalFamily[] = namesOf(
  describedKinds().filter((kind) => kind.group !== '' && !isAlwaysCovered(kind)),
);

function namesOf(kinds: ReturnType<typeof describedKinds>): OptionalFamily[] {
  const names = [...new Set(kinds.map(({ family }) => family))].toSorted();
  return names.map((name) => ({
    name,
    served: kinds
      .filter(({ family }) => family === name)
      .flatMap(({ group, kind, versions }) => versions.map((version) => `${group}/${version}/${kind}`)),
  }));
}
