import { carriedServers } from '../core/audit/outdated.ts';
import { asItCame, isRunning, neverRewritten, notChecked, podFindings } from '../core/audit/pod.ts';
import { notLookedUp } from '../core/facts.ts';
import { sortFindings, type Finding } from '../core/finding.ts';
import { proxiesOf } from '../core/inject/injected-state.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { constraintsIn, noConstraints } from '../core/inject/resources.ts';
import type { Deadline } from '../core/cluster.ts';
import { podNames } from '../core/review/object-names.ts';
import type { Engine } from './engine.ts';
import { weigher, type Weighed } from './inspect-stored.ts';
import { podNameOf } from './pod-resource-findings.ts';
import { injectOperator } from './inject-operator.ts';
import type { Origins } from './origin-cache.ts';

/** What is wrong with one pod that is stored, with the modes applied. Nothing of one that ended. */
export async function auditPod(
  engine: Engine,
  pod: Fields,
  namespace: string,
  origins: Origins,
  deadline: Deadline,
): Promise<Weighed[]> {
  const found = [
    ...(await findingsOf(engine, pod, namespace, origins, deadline)),
    ...(isRunning(pod) ? podNames(pod) : []),
  ];
  if (found.length === 0) return [];
  const weigh = await weigher(engine, { kind: 'pods', namespace, name: podNameOf(pod) }, deadline);
  return weigh(sortFindings(found));
}

async function findingsOf(
  engine: Engine,
  pod: Fields,
  namespace: string,
  origins: Origins,
  deadline: Deadline,
): Promise<Finding[]> {
  if (!isRunning(pod)) return [];
  const { configuration, cluster } = engine;
  const servers = carriedServers(pod);
  const now = new Map(
    await Promise.all(servers.map(async (server) => [server.ref, await origins(server, namespace)] as const)),
  );
  const { ownUids } =
    servers.length === 0
      ? noConstraints
      : constraintsIn(await cluster.namespaceConstraints(namespace, deadline));
  const found = podFindings(pod, configuration.inject, ({ ref }) => now.get(ref) ?? notLookedUp, ownUids);
  return found.length > 0 || proxiesOf(pod).length > 0 ? found : leftAlone(engine, pod, namespace, deadline);
}

/** Plans an operator's pod again: a plan now means that the pod was missed at admission. */
async function leftAlone(
  engine: Engine,
  object: Fields,
  namespace: string,
  deadline: Deadline,
): Promise<Finding[]> {
  const rewritten = await injectOperator(engine, { object, namespace }, deadline);
  if (rewritten.kind === 'skipped') return [];
  if (rewritten.kind !== 'left') return [neverRewritten()];
  const { undecided, finding } = rewritten;
  if (!undecided) return [finding];
  // What this program may not read is no reason of the webhook's.
  return [undecided.holdsCredential ? asItCame(object, namespace) : notChecked(undecided.unknown)];
}
