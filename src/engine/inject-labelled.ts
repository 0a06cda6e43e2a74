import { neededSources, type Unknown } from '../core/facts.ts';
import { claimOfPod, notRewritten } from '../core/operators/claim.ts';
import { sortFindings, type Finding } from '../core/finding.ts';
import { throughEnvironment } from '../core/inject/environment.ts';
import { plainInPod } from '../core/inject/plain-in-pod.ts';
import { planInjection, type Plan } from '../core/inject/plan.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { annotationPath, isBeingDeleted, type Fields } from '../core/k8s/objects.ts';
import { constraintsIn } from '../core/inject/resources.ts';
import { resolve, type Candidate, type ChosenServer } from '../core/inject/resolve.ts';
import { select, type Selection, type WantedServer } from '../core/inject/select.ts';
import { skipped, type Skipped } from '../core/inject/skip-reasons.ts';
import { excessOf } from '../core/measure.ts';
import { allowDirect, podAnnotations } from '../core/annotations.ts';
import { neededByProxy, serverRef } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import { applyModes, inMode } from '../core/review/apply-modes.ts';
import { podNames } from '../core/review/object-names.ts';
import { overLimit } from '../core/review/over-limit.ts';
import { subjectOf } from '../core/review/subject.ts';
import { grantOf } from '../core/rights.ts';
import { OverLimit, Work } from '../core/work.ts';
import { namespaceMode } from './namespace-mode.ts';
import type { Engine } from './engine.ts';
import { withIdentity } from './object-identity.ts';
import { podNameOf, podResourceFindings, unverified, type PodResource } from './pod-resource-findings.ts';

export type Injection =
  | (Extract<Plan, { kind: 'planned' }> & {
      /** For the log alone. */
      readonly audited: readonly Finding[];
    })
  | Exclude<Plan, { kind: 'planned' }>
  | Skipped;

/** Decides about one pod: what it asks for, what those servers are, what it gets. The namespace is the request's. */
export async function injectLabelled(
  engine: Engine,
  pod: Fields,
  namespace: string,
  deadline: Deadline,
): Promise<Injection> {
  const claim = claimOfPod(pod, engine.configuration.inject);
  if (claim.kind === 'operator') return skipped('made-by-operator', claim.adapter.name);
  if (claim.kind === 'none') return notRewritten(claim);
  const selected = select(pod);
  if (selected.kind === 'skipped') return selected;
  const work = new Work();
  const excess = excessOf(pod, work);
  if (excess) return { kind: 'denied', findings: [overLimit(excess, pod)] };
  if (selected.kind === 'denied') return selected;
  try {
    return await injectSelected(engine, pod, selected.selection, namespace, deadline, work);
  } catch (error) {
    if (error instanceof OverLimit) return { kind: 'denied', findings: [overLimit(error, pod)] };
    throw error;
  }
}

async function injectSelected(
  engine: Engine,
  pod: Fields,
  selection: Selection,
  namespace: string,
  deadline: Deadline,
  work: Work,
): Promise<Injection> {
  const [looked, constraints] = await Promise.all([
    Promise.all(selection.wanted.map((wanted) => lookUp(engine, wanted, namespace, deadline, work))),
    engine.cluster.namespaceConstraints(namespace, deadline),
  ]);
  const failed = looked.flatMap(({ wanted, unknown }) => (unknown ? [unreachable(wanted, unknown)] : []));
  const { chosen, findings } = resolve(
    looked.filter(({ unknown }) => !unknown),
    engine.kinds,
  );
  const chosenMode = await namespaceMode(engine, namespace, deadline);
  const sources = neededSources(chosen.map(({ server }) => neededByProxy(server)));
  const facts =
    sources.length === 0 ? new Map<string, never>() : await engine.cluster.facts(sources, deadline);
  const open = looked.flatMap(({ wanted, candidates }) =>
    candidates.map((candidate) =>
      podResourceFindings(
        engine,
        podResource(wanted, candidate, namespace, chosen, work),
        facts,
        chosenMode,
        true,
      ),
    ),
  );
  const problems = [
    ...failed,
    ...findings,
    ...open.flatMap(({ enforced }) => enforced),
    ...chosen.flatMap((one) => unverified(engine, one)),
  ];
  if (problems.length > 0) return { kind: 'denied', findings: sortFindings(problems) };

  const platform = engine.configuration.inject;
  const delivery = throughEnvironment(pod, selection);
  const order = { chosen, settings: selection, onMissing: platform.onMissing, delivery };
  const plan = planInjection(pod, order, platform, { facts, constraints: constraintsIn(constraints) });
  if (plan.kind === 'denied') return plan;
  const subject = subjectOf({ kind: 'pods', namespace, name: podNameOf(pod), ...chosenMode }, engine.now());
  const inPlainText = plainInPod(pod, engine.configuration.credentials.headers);
  const about = [...chosen.flatMap(aroundGateway), ...plan.warnings, ...inPlainText, ...podNames(pod)];
  const outcomes = applyModes(about, { subject }, engine.configuration);
  const denied = inMode('enforce', outcomes);
  if (denied.length > 0) return { kind: 'denied', findings: sortFindings(denied) };
  const warned = open.flatMap((one) => one.warned);
  return {
    ...plan,
    warnings: sortFindings([...warned, ...inMode('warn', outcomes)]),
    audited: inMode('audit', outcomes),
  };
}

function podResource(
  wanted: WantedServer,
  { kind, reading, version }: LookedCandidate,
  namespace: string,
  chosen: readonly ChosenServer[],
  work: Work,
): PodResource {
  const got = new Set(chosen.map(({ server }) => server));
  return {
    text: wanted.text,
    kind,
    reading:
      wanted.server === undefined
        ? reading
        : { ...reading, servers: reading.servers.filter(({ name }) => name === wanted.server) },
    owner: { namespace, name: wanted.name },
    served: reading.servers.filter((server) => got.has(server)).map(neededByProxy),
    stored: version && { version, server: wanted.server ?? '', work },
  };
}

interface LookedCandidate extends Candidate {
  /** As of the object that was found. */
  readonly version: object | undefined;
}

interface Looked {
  readonly wanted: WantedServer;
  readonly candidates: readonly LookedCandidate[];
  /** Why not all of them are known. */
  readonly unknown?: Unknown;
}

async function lookUp(
  engine: Engine,
  wanted: WantedServer,
  namespace: string,
  deadline: Deadline,
  work: Work,
): Promise<Looked> {
  const found = await Promise.all(
    engine.kinds.called(wanted.kindWord, wanted.group).map(async (kind) => ({
      kind,
      fact: await engine.cluster.get({ ...kind, namespace, name: wanted.name }, deadline),
    })),
  );
  const candidates: LookedCandidate[] = [];
  for (const { kind, fact } of found) {
    if (fact.state === 'unknown') return { wanted, candidates: [], unknown: fact };
    if (fact.state === 'absent' || isBeingDeleted(fact.object)) continue;
    const reading = kind.read(fact.object, withIdentity(fact).ref, work);
    candidates.push({ kind, reading, selected: kind.selects(fact.object), version: fact.version });
  }
  return { wanted, candidates };
}

function unreachable(wanted: WantedServer, unknown: Unknown): Finding {
  const finding = podFinding(
    'MCP504',
    annotationPath(podAnnotations.servers),
    `Sallyport cannot look up ${wanted.text}: ${unknown.why}`,
    'it may not exist',
    unknown.missing ? grantOf(unknown.missing) : howToLookUp(unknown),
  );
  return { ...finding, undecided: unknown.cause };
}

const howToLookUp = ({ cause }: Unknown): string =>
  cause === 'not-asked'
    ? 'pass the file of that resource too, or name a cluster with --context NAME'
    : 'try again; if the error remains, ask your platform team to check the metric sallyport_lookups_total';

/** The pod would hold the credential and call the upstream itself: whoever may not use the gateway could use the pod. */
function aroundGateway({ server }: ChosenServer): Finding[] {
  if (!server.gateway) return [];
  return [
    podFinding(
      'MCP507',
      annotationPath(podAnnotations.servers),
      `the gateway of ${serverRef(server)} authenticates its callers (${String(server.gateway.guardedAt)}), and this pod would call the upstream directly`,
      'the pod could send requests that the gateway forbids',
      `let the app call ${server.gateway.instead}, or ask the owner of the resource to add the annotation ${allowDirect}: "true"`,
    ),
  ];
}
