import { annotations } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import { podIn } from '../k8s/pod-template.ts';
import { isFields, type Fields } from '../k8s/objects.ts';
import { asksItself, whyUnlabelled } from '../inject/select.ts';
import { skipped, type Skipped, type SkipReason } from '../inject/skip-reasons.ts';
import type { OperatorAdapter, Workload } from './operator-adapter.ts';
import { operatorAdapters } from './index.ts';
import { selects, workloadKinds } from './selector.ts';

/** Who handles a workload. */
export type Claim =
  /** The pod asks for servers with the label. */
  | { readonly kind: 'label' }
  /** An operator made it, and the platform switched that operator on. */
  | { readonly kind: 'operator'; readonly adapter: OperatorAdapter; readonly workload: Workload }
  | {
      readonly kind: 'none';
      readonly reason: SkipReason;
      /** The operator that made it all the same. */
      readonly adapter?: OperatorAdapter;
    };

/** The kubelet sets it on the object that shows a static pod; a change of that object changes nothing on the node. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * Decides who handles a workload. Each pod is planned by one handler: a pod that is labelled and names its servers says
 * what it gets, whoever made it. Without servers the label is right on the pods of an operator alone.
 */
export function claimOf(workload: Workload, { families: on }: Configuration['inject']): Claim {
  const { kind, object, pod } = workload;
  if (kind === 'Pod' && annotations(object).has(mirrorAnnotation))
    return { kind: 'none', reason: 'static-pod' };
  if (asksItself(pod)) return { kind: 'label' };
  const makers = operatorAdapters.filter(
    (one) => selects(one.selector, workload) && one.hasServers?.(pod) !== false,
  );
  const adapter = makers.find(({ name }) => on[name]);
  if (adapter) return { kind: 'operator', adapter, workload };
  const unlabelled = whyUnlabelled(pod);
  if (unlabelled === undefined) return { kind: 'label' };
  const [maker] = makers;
  return maker
    ? { kind: 'none', reason: 'operator-off', adapter: maker }
    : { kind: 'none', reason: unlabelled };
}

/** The same for a pod, or for what would be one. */
export const claimOfPod = (pod: Fields, platform: Configuration['inject']): Claim =>
  claimOf(aPod(pod), platform);

/** The same for any object, whether it is a pod, makes pods, or neither. */
export function claimOfObject(object: Fields, namespace: string, platform: Configuration['inject']): Claim {
  const workload = workloadOf(object, namespace);
  if (workload) return claimOf(workload, platform);
  const pod = podIn(object);
  if (!pod) return { kind: 'none', reason: 'no-pod' };
  const claim = claimOfPod(pod, platform);
  return claim.kind === 'operator'
    ? { kind: 'none', reason: 'rewritten-as-pods', adapter: claim.adapter }
    : claim;
}

/** Why an operator's adapter has nothing to do with a workload. */
export function notRewritten(claim: Exclude<Claim, { kind: 'operator' }>): Skipped {
  if (claim.kind === 'label') return skipped('labelled');
  return skipped(claim.reason, claim.adapter && `inject.families.${claim.adapter.name}`);
}

/** What an operator's adapter may rewrite; of other workloads only the pods. */
function workloadOf(object: Fields, namespace: string): Workload | undefined {
  const kind = workloadKinds.find((one) => one === object['kind']);
  const pod = podIn(object);
  return kind && pod ? { kind, namespace, object, pod } : undefined;
}

/** Whether an operator sees to it that this pod is never older than its resources. */
export const isRenewed = (pod: unknown): boolean =>
  isFields(pod) &&
  operatorAdapters.some(({ renewsPods, selector }) => renewsPods === true && selects(selector, aPod(pod)));

const aPod = (pod: Fields): Workload => ({ kind: 'Pod', namespace: '', object: pod, pod });
