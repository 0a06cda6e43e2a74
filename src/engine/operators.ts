import type { Finding } from '../core/finding.ts';
import { neededSources } from '../core/facts.ts';
import type { Asking, Looked, Question } from '../core/families/ask.ts';
import type { Family, Taken, Workload } from '../core/families/family.ts';
import { claimOfObject, notRewritten } from '../core/families/claim.ts';
import { changedInSubstance, proxyOf, restoreWorkload } from '../core/families/sticky.ts';
import { prefixed } from '../core/inject/edit.ts';
import { hasProxy } from '../core/inject/carried.ts';
import { egressOf } from '../core/inject/egress.ts';
import { plainInPod } from '../core/inject/plain-in-pod.ts';
import { planInjection, type Plan } from '../core/inject/plan.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { podIn, templatePath } from '../core/inject/pod-template.ts';
import { applyEdits } from '../core/inject/apply.ts';
import { isBeingDeleted, type Fields } from '../core/inject/pod.ts';
import { regenerate } from '../core/inject/regenerate.ts';
import { demandsIn } from '../core/inject/resources.ts';
import { asksItself, sharedNamespaces } from '../core/inject/select.ts';
import { skipped } from '../core/inject/skip-reasons.ts';
import { excessOf, measure } from '../core/measure.ts';
import { neededByProxy } from '../core/model.ts';
import { Path } from '../core/path.ts';
import type { Deadline } from '../core/ports.ts';
import { clausesOf, overLimit } from '../core/review/over-limit.ts';
import { OverLimit, Work } from '../core/work.ts';
import type { Engine } from './engine.ts';
import { withIdentity } from './found.ts';
import type { Injection } from './mutate.ts';
import { namespaceMode } from './namespace-mode.ts';
import { openFindings, unverified } from './open-findings.ts';

/** What becomes of an operator's workload. It is never refused on its way in. */
export type Rewritten =
  | Exclude<Injection, { kind: 'denied' | 'planned' }>
  /** Perhaps with some of its servers as they came, for that reason. */
  | (Extract<Injection, { kind: 'planned' }> & { readonly partly?: Finding })
  /** Admitted as it came: MCP511, with the reason. */
  | { readonly kind: 'left'; readonly finding: Finding };

export interface OperatorRequest {
  readonly object: Fields;
  readonly namespace: string;
}

/** Takes the credentials out of what an operator made, where its family is switched on and the rewrite certain to be right. */
export async function rewrite(
  engine: Engine,
  { object, namespace }: OperatorRequest,
  deadline: Deadline,
  ports: ReadonlyMap<string, number> = new Map(),
): Promise<Rewritten> {
  if (object['kind'] === 'Pod' && hasProxy(object) && !asksItself(object))
    return replaceOurs(engine, { pod: object, namespace }, deadline);
  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind !== 'operator') return notRewritten(claim);
  const { family, workload } = claim;
  if (hasProxy(workload.pod)) return skipped('already-injected');
  try {
    measure(object, new Work());
    const taken = await answered(engine, family.take(workload, engine.kinds), deadline);
    if (taken.kind === 'skipped') return taken;
    if (taken.kind === 'left') return leave(family, taken.reason, taken.fix);
    return await fit(engine, family, workload, taken, deadline, ports);
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    const { what, fix } = clausesOf(error);
    return leave(family, what, fix);
  }
}

/** A pod that brings a proxy, from the template it is made of: whatever its family's switch says, the proxy is today's. */
async function replaceOurs(
  engine: Engine,
  { pod, namespace }: Pick<Workload, 'pod' | 'namespace'>,
  deadline: Deadline,
): Promise<Rewritten> {
  const demands = await engine.cluster.demands(namespace, deadline);
  const edits = regenerate(pod, engine.configuration.inject, demandsIn(demands));
  if (!edits) return skipped('proxy-unreadable');
  if (edits.length === 0) return skipped('already-injected');
  return { kind: 'planned', edits, servers: [], warnings: [], audited: [] };
}

async function fit(
  engine: Engine,
  family: Family,
  { namespace, pod, kind: workloadKind }: Workload,
  { servers, described, delivery, left = [] }: Extract<Taken, { kind: 'servers' }>,
  deadline: Deadline,
  pinnedPorts: ReadonlyMap<string, number>,
): Promise<Rewritten> {
  const [shared] = sharedNamespaces(pod);
  if (shared)
    return leave(family, `${shared.what} (${shared.code}): ${shared.why}`, 'take that out of what makes it');
  const { unusable } = egressOf(pod);
  if (unusable !== undefined)
    return leave(
      family,
      `container ${unusable} goes out through an HTTP proxy that ours could not use: its variables are not plain text, hold a password, or are ALL_PROXY`,
      'write HTTPS_PROXY, HTTP_PROXY and NO_PROXY as plain values without a password',
    );
  const [facts, demands, mode] = await Promise.all([
    engine.cluster.facts(neededSources(described.map(neededByProxy)), deadline),
    engine.cluster.demands(namespace, deadline),
    namespaceMode(engine, namespace, deadline),
  ]);
  const open = described.flatMap((server) => {
    const kind = engine.kinds.find(server.owner.group, server.owner.kind);
    if (!kind) return [];
    const served = [neededByProxy(server)];
    const reading = { servers: served, mismatches: [], ineffective: [], manual: '' };
    const asked = { text: `${kind.kind} ${server.owner.name}`, kind, reading, owner: server.owner, served };
    // Nobody waits for a Secret here: what a rule of facts forbids would be a server that answers 503. What could not be
    // decided is no reason to leave a workload alone: that would leave the credential where its operator wrote it.
    return openFindings(engine, asked, facts, mode, false).enforced.filter(
      ({ undecided }) => undecided === undefined,
    );
  });
  const platform = engine.configuration.inject;
  const problems = [...open, ...servers.flatMap((one) => unverified(engine, one))];
  const settings = { pinnedPorts, logLevel: 'info', memoryLimit: undefined, forward: undefined } as const;
  const order = { chosen: servers, settings, onMissing: 'serve', delivery, left } as const;
  const plan: Plan =
    problems.length > 0
      ? { kind: 'denied', findings: problems }
      : planInjection(pod, order, platform, { facts, demands: demandsIn(demands) });
  if (plan.kind === 'denied') {
    const [first] = plan.findings;
    return leave(family, `${first?.what} (${first?.code})`, first?.fix ?? '');
  }
  const partly = left.length === 0 ? {} : { partly: leave(family, left.join('; '), tryAgain).finding };
  // The pod after the rewrite: a credential that the family removed is not reported.
  const audited = plainInPod(applyEdits(pod, plan.edits), engine.configuration.credentials.headers);
  return { ...plan, edits: prefixed(templatePath(workloadKind), plan.edits), audited, ...partly };
}

/** An update of a workload that carries our proxy: the same again, or a new plan, but never the credential back. */
export async function keep(
  engine: Engine,
  { object, oldObject, namespace }: OperatorRequest & { readonly oldObject: Fields },
  deadline: Deadline,
): Promise<Injection> {
  const before = podIn(oldObject);
  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind !== 'operator') return notRewritten(claim);
  const { family, workload } = claim;
  if (!before || !hasProxy(before) || hasProxy(workload.pod)) return skipped('nothing-to-keep');
  const excess = excessOf(object, new Work()) ?? excessOf(oldObject, new Work());
  if (excess) return { kind: 'denied', findings: [overLimit(excess, object)] };
  // Another release's may say what this one cannot read. Then nothing can be kept, and all is planned anew.
  const proxy = proxyOf(before);
  const restored = proxy && restoreWorkload(family, before, workload.pod, proxy);
  const ports = new Map(proxy?.servers.map(({ name, port }) => [name, port]));
  const anew = await rewrite(engine, { object, namespace }, deadline, restored ? ports : undefined);
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
    'its pods have a proxy, and this update would write the credential back into them',
    fix,
  );

export const tryAgain = 'if something of it was changed just now, the next pod is right';

function leave(family: Family, reason: string, fix: string): Extract<Rewritten, { kind: 'left' }> {
  const what = `${family.name}: ${reason}`;
  const why = 'a rewrite would not be certain to be right, so it was admitted as it came';
  return { kind: 'left', finding: podFinding('MCP511', Path.root, what, why, fix) };
}

/** Runs what asks step by step to its end, with the cluster's answers to its questions. */
export async function answered<Result>(
  { cluster }: Engine,
  asking: Asking<Result>,
  deadline: Deadline,
): Promise<Result> {
  let step = asking.next();
  while (!step.done) step = asking.next(await answerTo(step.value));
  return step.value;

  function answerTo(question: Question): Promise<unknown> {
    if (question.kind === 'facts') return cluster.facts(question.sources, deadline);
    if (question.kind === 'agentConfig') return cluster.agentConfig(question.secret, deadline);
    return Promise.all(
      question.wanted.map(async (wanted): Promise<Looked> => {
        const found = await cluster.get(wanted, deadline);
        if (found.state !== 'present') return found;
        return isBeingDeleted(found.object) ? { state: 'absent' } : { ...found, ...withIdentity(found) };
      }),
    );
  }
}
