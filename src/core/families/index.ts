import { isFields, type Fields } from '../inject/pod.ts';
import { asksItself } from '../inject/select.ts';
import type { Configuration } from '../configuration.ts';
import type { Family, Workload } from './family.ts';
import { kagent } from './kagent/kagent.ts';
import { kelos } from './kelos/kelos.ts';
import { toolhive } from './toolhive/toolhive.ts';

export const families: readonly Family[] = [kelos, toolhive, kagent];

/** Whether an operator sees to it that this pod is never older than its resources. */
export const isRenewed = (pod: unknown): boolean =>
  isFields(pod) && families.some((family) => family.renewsPods === true && family.claims(aPod(pod)));

/**
 * The family a workload belongs to, where its switch is on. Each pod is planned by one handler: one that is labelled and
 * names its servers has said what it wants, and is no family's.
 */
export const familyOf = (
  workload: Workload,
  { families: on }: Configuration['inject'],
): Family | undefined =>
  asksItself(workload.pod)
    ? undefined
    : families.find((family) => on[family.name] && family.claims(workload));

/** The same for a pod, or for what would be one. */
export const familyOfPod = (pod: Fields, platform: Configuration['inject']): Family | undefined =>
  familyOf(aPod(pod), platform);

const aPod = (pod: Fields): Workload => ({ kind: 'Pod', namespace: '', object: pod, pod });
