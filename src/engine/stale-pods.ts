import { stalePodsFinding } from '../core/audit/outdated.ts';
import { changedServers } from '../core/audit/proxy-config-diff.ts';
import { isRenewed } from '../core/operators/claim.ts';
import type { Finding } from '../core/finding.ts';
import { statusRefs } from '../core/inject/injected-state.ts';
import type { Reading } from '../core/kinds/reader.ts';
import type { Deadline } from '../core/cluster.ts';
import type { Engine } from './engine.ts';

/** Information must not hold up an update: what is not known by then is not said. */
const patienceMs = 500;
/** A pod's metadata is a few KB; that many are read in a moment, and who has more does not need the number. */
const maxCounted = 200;

/**
 * How many running pods keep what a resource said before this change. For whoever changes it and never a reason to
 * refuse, so nothing is said where they are not known in time.
 */
export async function countStalePods(
  { cluster }: Pick<Engine, 'cluster'>,
  namespace: string,
  { before, after }: { readonly before: Reading; readonly after: Reading },
  deadline: Deadline,
): Promise<Finding | undefined> {
  const changed = new Set(changedServers(before, after));
  // No pod can name an object without a namespace.
  if (changed.size === 0 || namespace === '') return undefined;
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(patienceMs)]);
  const found = await cluster.injectedPods(namespace, maxCounted, { signal });
  if (found.state !== 'present') return undefined;
  const { pods } = found;
  const keeps = (pod: unknown) => statusRefs(pod).some((ref) => changed.has(ref)) && !isRenewed(pod);
  const count = pods.filter(keeps).length;
  return count === 0 ? undefined : stalePodsFinding(count, pods.length >= maxCounted);
}
