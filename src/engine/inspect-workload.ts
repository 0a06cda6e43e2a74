import type { Cluster, Deadline, StoredObject } from '../core/cluster.ts';
import type { Finding } from '../core/finding.ts';
import { checkPod } from '../core/inject/final-check.ts';
import { foreignMounts } from '../core/inject/foreign-mounts.ts';
import { misplaced } from '../core/inject/misplaced.ts';
import { plainInPod } from '../core/inject/plain-in-pod.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { podIn, podPath } from '../core/k8s/pod-template.ts';
import { claimOfObject } from '../core/operators/claim.ts';
import type { Engine } from './engine.ts';
import { injectLabelled } from './inject-labelled.ts';
import { injectOperator } from './inject-operator.ts';
import { weigher, type Weighed } from './inspect-stored.ts';

/** Decisions about the pods of a workload in a file, as admission would make them, with places in the workload. */

type Weigh = Awaited<ReturnType<typeof weigher>>;

interface Pods {
  readonly object: Fields;
  readonly pod: Fields;
  readonly namespace: string;
  readonly weigh: Weigh;
}

/** What is wrong with a workload besides its names. `partial`: what is not in the files may exist all the same. */
export async function inspectWorkload(
  engine: Engine,
  { object, owner: { namespace, name } }: StoredObject,
  deadline: Deadline,
  partial: boolean,
): Promise<Weighed[]> {
  const pod = podIn(object);
  if (!pod) return [];
  const weigh = await weigher(engine, { kind: 'pods', namespace, name }, deadline);
  const pods = { object, pod, namespace, weigh };
  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind === 'label') return ofLabelled(engine, pods, deadline, partial);
  // An operator makes its workloads in a cluster, from objects that files rarely have.
  if (claim.kind === 'operator') return partial ? [] : ofOperator(engine, pods, deadline);
  const found = inWorkload(pods, checkPod(pod, engine.configuration.inject));
  return weigh([...ofUnlabelled(pods), ...found]);
}

const inWorkload = ({ object }: Pods, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, at: finding.at.below(podPath(object)) }));

function ofUnlabelled({ object, pod }: Pods): Finding[] {
  const mistake = misplaced(object, pod);
  if (!mistake) return [];
  const why = 'Sallyport does not inject its pods, so their app calls its servers without credentials';
  return [podFinding('MCP506', mistake.at, mistake.what, why, mistake.fix)];
}

async function ofLabelled(
  engine: Engine,
  pods: Pods,
  deadline: Deadline,
  partial: boolean,
): Promise<Weighed[]> {
  const { pod, namespace, weigh } = pods;
  const cluster = partial ? mayBeElsewhere(engine.cluster) : engine.cluster;
  const injection = await injectLabelled({ ...engine, cluster }, pod, namespace, deadline);
  const all = (mode: Weighed['mode'], findings: readonly Finding[]): Weighed[] =>
    inWorkload(pods, findings).map((finding) => ({ finding, mode }));
  switch (injection.kind) {
    case 'skipped':
      return [];
    case 'planned':
      return [...all('warn', injection.warnings), ...all('audit', injection.audited)];
    case 'denied': {
      const open = (finding: Finding) => partial && finding.undecided !== undefined;
      const said = new Set(injection.findings.map(({ identity }) => identity));
      // A denial ends the decision before these are reached.
      const { headers } = engine.configuration.credentials;
      const others = [...plainInPod(pod, headers), ...foreignMounts(pod)];
      return [
        ...all(
          'enforce',
          injection.findings.filter((finding) => !open(finding)),
        ),
        ...all('audit', injection.findings.filter(open)),
        ...weigh(
          inWorkload(
            pods,
            others.filter(({ identity }) => !said.has(identity)),
          ),
        ),
      ];
    }
  }
}

async function ofOperator(engine: Engine, pods: Pods, deadline: Deadline): Promise<Weighed[]> {
  const { object, namespace, weigh } = pods;
  const rewritten = await injectOperator(engine, { object, namespace }, deadline);
  if (rewritten.kind === 'skipped') return [];
  if (rewritten.kind === 'left') return weigh([rewritten.finding]);
  const found = [...(rewritten.partly ? [rewritten.partly] : []), ...inWorkload(pods, rewritten.audited)];
  return weigh(found);
}

/** A resource that is not among the files may be in the cluster. */
const mayBeElsewhere = (files: Cluster): Cluster => ({
  ...files,
  async get(ref, deadline) {
    const found = await files.get(ref, deadline);
    if (found.state !== 'absent') return found;
    const why = 'it is not among these files (--complete treats it as missing)';
    return { state: 'unknown', cause: 'not-asked', why };
  },
});
