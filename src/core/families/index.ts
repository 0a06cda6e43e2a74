import type { Configuration } from '../configuration.ts';
import type { Family, Workload } from './family.ts';
import { kagent } from './kagent/kagent.ts';
import { kelos } from './kelos/kelos.ts';
import { toolhive } from './toolhive/toolhive.ts';

export const families: readonly Family[] = [kelos, toolhive, kagent];

/** The family a workload belongs to, where its switch is on. */
export const familyOf = (workload: Workload, { families: on }: Configuration['inject']): Family | undefined =>
  families.find((family) => on[family.name] && family.claims(workload));
