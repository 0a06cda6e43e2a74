import { displayName, type AdmissionRequest } from '../core/review/admission.ts';
import { encodeError } from '../core/review/encode.ts';
import type { Deadline } from '../core/cluster.ts';
import { quiet, type AdmissionOutcome } from '../engine/admission-handlers.ts';
import type { DecisionRecord, Log } from '../telemetry/log.ts';
import { ReviewDeadline, DeadlineExceeded } from './review-deadline.ts';

export type Judge = (request: AdmissionRequest, deadline: Deadline) => Promise<AdmissionOutcome>;

/** Judges a request within the caller's timeout. Whatever goes wrong, the answer is a refusal the API server can show. */
export async function judgeRequest(
  judge: Judge,
  request: AdmissionRequest,
  timeoutMs: number,
  log: Pick<Log, 'error'>,
): Promise<AdmissionOutcome> {
  const deadline = new ReviewDeadline(timeoutMs);
  return Promise.race([judge(request, deadline), deadline.ended])
    .catch((error: unknown) => failed(request, error, log))
    .finally(() => deadline.clear());
}

function failed({ uid }: AdmissionRequest, error: unknown, log: Pick<Log, 'error'>): AdmissionOutcome {
  if (error instanceof DeadlineExceeded)
    return quiet(
      encodeError(
        uid,
        504,
        'Timeout',
        'the API server did not respond to the lookups of Sallyport before the timeout; try again',
      ),
    );
  const text = `Sallyport failed to judge request ${uid}; ask your platform team to read its log`;
  log.error(text, error);
  return quiet(encodeError(uid, 500, 'InternalError', text));
}

/** A decision's log line, without what only the server knows. */
export type Decided = Omit<DecisionRecord, 'webhook' | 'ms'>;

export function decidedOf(request: AdmissionRequest, judged: AdmissionOutcome): Decided {
  const { response } = judged.answer;
  // Findings are answered with 403; every other status says why the review could not be judged.
  const rejected = response.status?.code === 403 ? 'deny' : 'error';
  const decision = response.patch ? 'patch' : response.allowed ? 'allow' : rejected;
  const shown = displayName(request);
  return {
    uid: request.uid,
    operation: request.operation,
    kind: request.kind,
    namespace: request.namespace,
    name: shown.slice(shown.indexOf('/') + 1),
    decision,
    codes: judged.codes,
    warned: judged.warned,
    audited: judged.audited,
    ...(judged.undecided === undefined ? {} : { undecided: judged.undecided }),
    ...(judged.left === undefined ? {} : { left: judged.left }),
    ...(judged.skipped === undefined ? {} : { skipped: judged.skipped }),
    ...(judged.lookupMs === undefined ? {} : { lookupMs: Math.round(judged.lookupMs * 1000) / 1000 }),
  };
}
