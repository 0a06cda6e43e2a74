import { toPatch } from '../core/inject/edit.ts';
import { isFields } from '../core/k8s/objects.ts';
import { inGroup } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import { applyModes } from '../core/review/apply-modes.ts';
import { displayName, type AdmissionRequest } from '../core/review/admission.ts';
import { encodeAllowed, encodeDecision, encodePatch } from '../core/review/encode.ts';
import { subjectOf } from '../core/review/subject.ts';
import type { Engine } from './engine.ts';
import { leftAsItIs, quiet, type AdmissionOutcome } from './admission-handlers.ts';
import { namespaceMode } from './namespace-mode.ts';
import { preserveInjection, injectOperator } from './inject-operator.ts';

/** An operator's Job, StatefulSet or pod: rewritten, or admitted as it came. Never refused. */
export async function handleWorkload(
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<AdmissionOutcome> {
  const { uid, object, namespace, subResource } = request;
  if (subResource !== '' || !isFields(object)) return leftAsItIs(uid, 'not-created');
  const rewritten = await injectOperator(engine, { object, namespace }, deadline);
  if (rewritten.kind === 'skipped') return leftAsItIs(uid, rewritten.reason);
  const left = rewritten.kind === 'left' ? rewritten.finding : rewritten.partly;
  const answer = (audit?: Readonly<Record<string, string>>) =>
    rewritten.kind === 'left'
      ? encodeAllowed(uid, audit)
      : encodePatch(uid, toPatch(rewritten.edits), [], audit);
  const skipped = rewritten.kind === 'left' ? { skipped: 'rewrite-uncertain' as const } : {};
  const found = [...(left ? [left] : []), ...(rewritten.kind === 'left' ? [] : rewritten.audited)];
  if (found.length === 0) return quiet(answer());
  const subject = await subjectOfWorkload(engine, request, deadline);
  const audited = applyModes(found, { subject }, engine.configuration)
    .filter(({ mode }) => mode !== 'off')
    .map(({ finding }) => finding.code);
  // Operators do not show warnings to people, so everything goes to the log.
  if (!left || !audited.includes(left.code)) return { ...quiet(answer()), audited, ...skipped };
  return { ...quiet(answer({ 'left-alone': left.what })), audited, left: left.what, ...skipped };
}

/** An update of a workload that has our proxy: it keeps it, and nothing is written back into it. */
export async function handleWorkloadUpdate(
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<AdmissionOutcome> {
  const { uid, object, oldObject, namespace, subResource } = request;
  if (subResource !== '' || !isFields(object) || !isFields(oldObject)) return leftAsItIs(uid, 'not-created');
  const kept = await preserveInjection(engine, { object, oldObject, namespace }, deadline);
  if (kept.kind === 'planned') return quiet(encodePatch(uid, toPatch(kept.edits)));
  if (kept.kind === 'skipped') return leftAsItIs(uid, kept.reason);
  const reviewed = { uid, kind: request.kind, displayName: displayName(request) };
  const answer = encodeDecision(reviewed, { denied: kept.findings, warned: [], audited: [] });
  return { ...quiet(answer), codes: kept.findings.map(({ code }) => code) };
}

async function subjectOfWorkload(engine: Engine, request: AdmissionRequest, deadline: Deadline) {
  const { resource, group, namespace, name } = request;
  const chosen = await namespaceMode(engine, namespace, deadline);
  return subjectOf({ kind: inGroup(resource, group), namespace, name, ...chosen }, engine.now());
}
