import { isAlwaysCovered } from './always-covered.ts';
import { describedKinds } from './index.ts';

/** A family that the chart covers where the cluster serves one of its kinds. */
export interface OptionalFamily {
  readonly name: string;
  /** Such as `dapr.io/v1alpha1/MCPServer`, as Helm names what a cluster serves. */
  readonly served: readonly string[];
}

export const optionalFamilies: readonly OptionalFamily[] = namesOf(
  describedKinds().filter((kind) => !isAlwaysCovered(kind)),
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
