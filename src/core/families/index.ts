import { isFields } from '../inject/pod.ts';
import type { Configuration } from '../configuration.ts';
import type { Family, Workload } from './family.ts';
import { kagent } from './kagent/kagent.ts';
import { kelos } from './kelos/kelos.ts';
import { toolhive } from './toolhive/toolhive.ts';

export const families: readonly Family[] = [kelos, toolhive, kagent];

/** Whether an operator sees to it that this pod is never older than its resources. */
export const isRenewed = (pod: unknown): boolean =>
  isFields(pod) &&
  families.some(
    (family) => family.renewsPods === true && family.claims({ kind: 'Pod', namespace: '', object: pod, pod }),
  );

/** The family a workload belongs to, where its switch is on. */
export const familyOf = (workload: Workload, { families: on }: Configuration['inject']): Family | undefined =>
  families.find((family) => on[family.name] && family.claims(workload));
