import { displayName, type AdmissionRequest } from '../core/review/admission.ts';
import {
  encodeAllowed,
  encodeDecision,
  encodePatch,
  encodeError,
  type ReviewAnswer,
} from '../core/review/encode.ts';
import type { Code } from '../core/codes.ts';
import type { UnknownCause } from '../core/facts.ts';
import { sortFindings, type Finding } from '../core/finding.ts';
import { claimOfPod } from '../core/operators/claim.ts';
import { checkPod } from '../core/inject/final-check.ts';
import { toPatch } from '../core/inject/edit.ts';
import { constraintsIn } from '../core/inject/resources.ts';
import { isFields, type Fields } from '../core/k8s/objects.ts';
import type { SkipReason } from '../core/inject/skip-reasons.ts';
import { excessOf } from '../core/measure.ts';
import { inGroup } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import type { Warned } from '../core/review/decide.ts';
import { podNames } from '../core/review/object-names.ts';
import { overLimit } from '../core/review/over-limit.ts';
import { Work } from '../core/work.ts';
import { injectLabelled } from './inject-labelled.ts';
import type { Engine } from './engine.ts';
import { weigher } from './inspect-stored.ts';
import { podNameOf } from './pod-resource-findings.ts';
import { validate } from './validate.ts';

/** An answer for the API server and what the log may say about it. */
export interface AdmissionOutcome {
  readonly answer: ReviewAnswer;
  readonly codes: readonly string[];
  readonly warned: readonly string[];
  readonly audited: readonly string[];
  /** Rules that could not be decided, each with its cause once. */
  readonly undecided?: readonly Undecided[];
  /** Why an operator's workload was admitted as it came. */
  readonly left?: string;
  /** Why a pod or workload was left as it is. */
  readonly skipped?: SkipReason;
  /** Milliseconds in which the review waited for lookups. */
  readonly lookupMs?: number;
}

export interface Undecided {
  readonly code: Code;
  readonly cause: UnknownCause;
}

function undecidedAmong(findings: readonly Finding[]): Pick<AdmissionOutcome, 'undecided'> {
  const each = new Map<string, Undecided>();
  for (const { code, undecided: cause } of findings)
    if (cause !== undefined) each.set(`${code} ${cause}`, { code, cause });
  return each.size === 0 ? {} : { undecided: [...each.values()] };
}

export const quiet = (answer: ReviewAnswer): AdmissionOutcome => ({
  answer,
  codes: [],
  warned: [],
  audited: [],
});

/** Admitted as it came, and why nothing was done about it. */
export const leftAsItIs = (uid: string, reason: SkipReason): AdmissionOutcome => ({
  ...quiet(encodeAllowed(uid)),
  skipped: reason,
});

/** The validating webhook: a custom resource in, an answer out. */
export async function handleResource(
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<AdmissionOutcome> {
  const kind = engine.kinds.find(request.group, request.kind);
  if (!kind || kind.plural !== request.resource) {
    const what = `${inGroup(request.kind, request.group)} (resource ${request.resource})`;
    return quiet(
      encodeError(
        request.uid,
        400,
        'BadRequest',
        `Sallyport does not know ${what}; its webhook entry must list only the kinds of \`sallyport kinds\``,
      ),
    );
  }
  const decision = await validate(engine, kind, request, deadline);
  const reviewed = { uid: request.uid, kind: request.kind, displayName: displayName(request) };
  return {
    answer: encodeDecision(reviewed, decision),
    codes: decision.denied.map(({ code }) => code),
    warned: decision.warned.map(({ finding }) => finding.code),
    audited: decision.audited.map(({ code }) => code),
    ...undecidedAmong([
      ...decision.denied,
      ...decision.warned.map(({ finding }) => finding),
      ...decision.audited,
    ]),
  };
}

/** The mutating webhook: a pod in, a patch out. A pod that does not ask for anything is left exactly as it is. */
export async function handleLabelledPod(
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<AdmissionOutcome> {
  const refusal = notAPod(request);
  if (refusal) return refusal;
  const pod = createdPod(request);
  if (!pod) return leftAsItIs(request.uid, 'not-created');
  const injection = await injectLabelled(engine, pod, request.namespace, deadline);
  if (injection.kind === 'skipped') return leftAsItIs(request.uid, injection.reason);
  if (injection.kind === 'planned') {
    const { edits, warnings, audited } = injection;
    return {
      answer: encodePatch(request.uid, toPatch(edits), warnings),
      codes: [],
      warned: warnings.map(({ code }) => code),
      audited: audited.map(({ code }) => code),
      ...undecidedAmong([...warnings, ...audited]),
    };
  }
  return denied(request, injection.findings, await nameWarnings(engine, pod, request, deadline));
}

/** A misspelt name is often why a pod is denied. */
async function nameWarnings(
  engine: Engine,
  pod: Fields,
  { namespace }: AdmissionRequest,
  deadline: Deadline,
): Promise<Warned[]> {
  const weigh = await weigher(engine, { kind: 'pods', namespace, name: podNameOf(pod) }, deadline);
  return weigh(podNames(pod)).filter(({ mode }) => mode !== 'audit');
}

/** The final check of an injected pod: a pod in, admitted or denied. */
export async function handleInjectedPod(
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<AdmissionOutcome> {
  const refusal = notAPod(request);
  if (refusal) return refusal;
  const pod = createdPod(request);
  if (!pod) return quiet(encodeAllowed(request.uid));
  const { ownUids } = constraintsIn(await engine.cluster.namespaceConstraints(request.namespace, deadline));
  const platform = engine.configuration.inject;
  const ofOperator = claimOfPod(pod, platform).kind === 'operator';
  const excess = excessOf(pod, new Work());
  const findings = excess
    ? [overLimit(excess, pod)]
    : sortFindings(checkPod(pod, platform, { ownUids, ofOperator }));
  return findings.length === 0 ? quiet(encodeAllowed(request.uid)) : denied(request, findings);
}

/** The pod that a request creates; `undefined` for any other request. */
const createdPod = ({ operation, subResource, object }: AdmissionRequest): Fields | undefined =>
  operation === 'CREATE' && subResource === '' && isFields(object) ? object : undefined;

function denied(
  request: AdmissionRequest,
  findings: readonly Finding[],
  warned: readonly Warned[] = [],
): AdmissionOutcome {
  const reviewed = { uid: request.uid, kind: request.kind, displayName: displayName(request) };
  return {
    ...quiet(encodeDecision(reviewed, { denied: findings, warned, audited: [] })),
    codes: findings.map(({ code }) => code),
    warned: warned.map(({ finding }) => finding.code),
    ...undecidedAmong(findings),
  };
}

function notAPod(request: AdmissionRequest): AdmissionOutcome | undefined {
  if (request.resource !== 'pods' || request.kind !== 'Pod' || request.group !== '') {
    const what = `${request.kind} (resource ${request.resource})`;
    return quiet(
      encodeError(
        request.uid,
        400,
        'BadRequest',
        `Sallyport injects pods, not ${what}; its webhook entry must list only pods`,
      ),
    );
  }
  return undefined;
}
