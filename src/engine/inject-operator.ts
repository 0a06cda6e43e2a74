import type { Finding } from '../core/finding.ts';
import { neededSources } from '../core/facts.ts';
import type { Queries, LookupResult, Query } from '../core/operators/queries.ts';
import type { OperatorAdapter, Extraction, Undecided, Workload } from '../core/operators/operator-adapter.ts';
import { claimOfObject, notRewritten } from '../core/operators/claim.ts';
import { changedInSubstance, proxyOf, restoreWorkload } from '../core/operators/preserve-template.ts';
import { prefixed } from '../core/inject/edit.ts';
import { hasProxy } from '../core/inject/injected-state.ts';
import { egressOf } from '../core/inject/egress.ts';
import { plainInPod } from '../core/inject/plain-in-pod.ts';
import { planInjection, type Plan } from '../core/inject/plan.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { podIn, templatePath } from '../core/k8s/pod-template.ts';
import { applyEdits } from '../core/inject/apply.ts';
import { isBeingDeleted, type Fields } from '../core/k8s/objects.ts';
import { regenerate } from '../core/inject/regenerate.ts';
import { constraintsIn } from '../core/inject/resources.ts';
import { asksItself, sharedNamespaces } from '../core/inject/select.ts';
import { skipped } from '../core/inject/skip-reasons.ts';
import { excessOf, measure } from '../core/measure.ts';
import { neededByProxy } from '../core/model.ts';
import { Path } from '../core/path.ts';
import type { Deadline } from '../core/cluster.ts';
import { clausesOf, overLimit } from '../core/review/over-limit.ts';
import { OverLimit, Work } from '../core/work.ts';
import type { Engine } from './engine.ts';
import { withIdentity } from './object-identity.ts';
import type { Injection } from './inject-labelled.ts';
import { namespaceMode } from './namespace-mode.ts';
import { podResourceFindings, unverified } from './pod-resource-findings.ts';

/** What becomes of an operator's workload. It is never refused on its way in. */
export type OperatorInjection =
  | Exclude<Injection, { kind: 'denied' | 'planned' }>
  /** Perhaps with some of its servers as they came, for that reason. */
  | (Extract<Injection, { kind: 'planned' }> & { readonly partly?: Finding })
  /** Admitted as it came: MCP511, with the reason. */
  | { readonly kind: 'left'; readonly finding: Finding; readonly undecided?: Undecided };

export interface OperatorRequest {
  readonly object: Fields;
  readonly namespace: string;
}

/** Takes the credentials out of what an operator made, where its operator is switched on and the rewrite certain to be right. */
export async function injectOperator(
  engine: Engine,
  { object, namespace }: OperatorRequest,
  deadline: Deadline,
  ports: ReadonlyMap<string, number> = new Map(),
): Promise<OperatorInjection> {
  if (object['kind'] === 'Pod' && hasProxy(object) && !asksItself(object))
    return replaceOurs(engine, { pod: object, namespace }, deadline);
  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind !== 'operator') return notRewritten(claim);
  const { adapter, workload } = claim;
  if (hasProxy(workload.pod)) return skipped('already-injected');
  try {
    measure(object, new Work());
    const taken = await runQueries(engine, adapter.extract(workload, engine.kinds), deadline);
    if (taken.kind === 'skipped') return taken;
    if (taken.kind === 'left') return leave(adapter, taken.reason, taken.fix, taken.undecided);
    return await fit(engine, adapter, workload, taken, deadline, ports);
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    const { what, fix } = clausesOf(error);
    return leave(adapter, what, fix);
  }
}

/** A pod that brings a proxy, from the template it is made of: whatever its operator's switch says, the proxy is today's. */
async function replaceOurs(
  engine: Engine,
  { pod, namespace }: Pick<Workload, 'pod' | 'namespace'>,
  deadline: Deadline,
): Promise<OperatorInjection> {
  const constraints = await engine.cluster.namespaceConstraints(namespace, deadline);
  const edits = regenerate(pod, engine.configuration.inject, constraintsIn(constraints));
  if (!edits) return skipped('proxy-unreadable');
  if (edits.length === 0) return skipped('already-injected');
  return { kind: 'planned', edits, servers: [], warnings: [], audited: [] };
}

async function fit(
  engine: Engine,
  adapter: OperatorAdapter,
  { namespace, pod, kind: workloadKind }: Workload,
  { servers, declaredServers, delivery, skippedReasons = [] }: Extract<Extraction, { kind: 'servers' }>,
  deadline: Deadline,
  pinnedPorts: ReadonlyMap<string, number>,
): Promise<OperatorInjection> {
  const [shared] = sharedNamespaces(pod);
  if (shared)
    return leave(
      adapter,
      `${shared.what} (${shared.code}): ${shared.why}`,
      'remove that field from the resource that creates the pod',
    );
  const { unusable } = egressOf(pod);
  if (unusable !== undefined)
    return leave(
      adapter,
      `container ${unusable} uses an HTTP proxy that sallyport-proxy cannot use: its variables are not plain values, contain a password, or are ALL_PROXY`,
      `set HTTPS_PROXY, HTTP_PROXY and NO_PROXY of container ${unusable} to plain values without a password`,
    );
  const [facts, constraints, mode] = await Promise.all([
    engine.cluster.facts(neededSources(declaredServers.map(neededByProxy)), deadline),
    engine.cluster.namespaceConstraints(namespace, deadline),
    namespaceMode(engine, namespace, deadline),
  ]);
  const open = declaredServers.flatMap((server) => {
    const kind = engine.kinds.find(server.owner.group, server.owner.kind);
    if (!kind) return [];
    const served = [neededByProxy(server)];
    const reading = { servers: served, mismatches: [], ineffective: [], manual: '' };
    const asked = { text: `${kind.kind} ${server.owner.name}`, kind, reading, owner: server.owner, served };
    // Nobody waits for a Secret here: what a rule of facts forbids would be a server that answers 503. What could not be
    // decided is no reason to leave a workload alone: that would leave the credential where its operator wrote it.
    return podResourceFindings(engine, asked, facts, mode, false).enforced.filter(
      ({ undecided }) => undecided === undefined,
    );
  });
  const platform = engine.configuration.inject;
  const problems = [...open, ...servers.flatMap((one) => unverified(engine, one))];
  const settings = { pinnedPorts, logLevel: 'info', memoryLimit: undefined, forward: undefined } as const;
  const order = { chosen: servers, settings, onMissing: 'serve', delivery, left: skippedReasons } as const;
  const plan: Plan =
    problems.length > 0
      ? { kind: 'denied', findings: problems }
      : planInjection(pod, order, platform, { facts, constraints: constraintsIn(constraints) });
  if (plan.kind === 'denied') {
    const [first] = plan.findings;
    return leave(adapter, `${first?.what} (${first?.code})`, first?.fix ?? '');
  }
  const partly =
    skippedReasons.length === 0
      ? {}
      : { partly: leave(adapter, skippedReasons.join('; '), tryAgain).finding };
  // The pod after the rewrite: a credential that the operator removed is not reported.
  const audited = plainInPod(applyEdits(pod, plan.edits), engine.configuration.credentials.headers);
  return { ...plan, edits: prefixed(templatePath(workloadKind), plan.edits), audited, ...partly };
}

/** An update of a workload that carries our proxy: the same again, or a new plan, but never the credential back. */
export async function preserveInjection(
  engine: Engine,
  { object, oldObject, namespace }: OperatorRequest & { readonly oldObject: Fields },
  deadline: Deadline,
): Promise<Injection> {
  const before = podIn(oldObject);
  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind !== 'operator') return notRewritten(claim);
  const { adapter, workload } = claim;
  if (!before || !hasProxy(before) || hasProxy(workload.pod)) return skipped('nothing-to-keep');
  const excess = excessOf(object, new Work()) ?? excessOf(oldObject, new Work());
  if (excess) return { kind: 'denied', findings: [overLimit(excess, object)] };
  // Another release's may say what this one cannot read. Then nothing can be kept, and all is planned anew.
  const proxy = proxyOf(before);
  const restored = proxy && restoreWorkload(adapter, before, workload.pod, proxy);
  const ports = new Map(proxy?.servers.map(({ name, port }) => [name, port]));
  const anew = await injectOperator(engine, { object, namespace }, deadline, restored ? ports : undefined);
  const at = templatePath(workload.kind);
  if (
    restored &&
    (anew.kind === 'left' ||
      (anew.kind === 'planned' && !changedInSubstance(before, podIn(applyEdits(object, anew.edits)) ?? {})))
  )
    return { kind: 'planned', edits: prefixed(at, restored), servers: [], warnings: [], audited: [] };
  if (anew.kind === 'left') return { kind: 'denied', findings: [writtenBack(anew.finding)] };
  return anew;
}

const writtenBack = ({ what, fix }: Finding): Finding =>
  podFinding(
    'MCP511',
    Path.fields('spec', 'template'),
    what,
    'its pods have the proxy, and this update would write the credential into them again',
    fix,
  );

export const tryAgain =
  'if a resource of the pod changed a moment ago, wait for the next pod; otherwise compare the pod with its resources';

function leave(
  adapter: OperatorAdapter,
  reason: string,
  fix: string,
  undecided?: Undecided,
): Extract<OperatorInjection, { kind: 'left' }> {
  const what = `${adapter.name}: ${reason}`;
  const why =
    'the rewrite is not certain to be right, so Sallyport leaves it alone, with its credentials in plain text';
  const finding = podFinding('MCP511', Path.root, what, why, fix);
  return { kind: 'left', finding, ...(undecided === undefined ? {} : { undecided }) };
}

/** Runs what asks step by step to its end, with the cluster's answers to its questions. */
export async function runQueries<Result>(
  { cluster }: Engine,
  asking: Queries<Result>,
  deadline: Deadline,
): Promise<Result> {
  let step = asking.next();
  while (!step.done) step = asking.next(await answerTo(step.value));
  return step.value;

  function answerTo(question: Query): Promise<unknown> {
    if (question.kind === 'facts') return cluster.facts(question.sources, deadline);
    if (question.kind === 'agentConfig') return cluster.agentConfig(question.secret, deadline);
    return Promise.all(
      question.wanted.map(async (wanted): Promise<LookupResult> => {
        const found = await cluster.get(wanted, deadline);
        if (found.state !== 'present') return found;
        return isBeingDeleted(found.object) ? { state: 'absent' } : { ...found, ...withIdentity(found) };
      }),
    );
  }
}
