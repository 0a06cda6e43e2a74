import { clause, findingLine, shortened, type Finding } from '../finding.ts';
import { maxFindingsShown, maxMessageCharacters } from '../limits.ts';
import type { Decision, Warned } from './decide.ts';
import { printable } from '../printable.ts';

/** The API server cuts warnings at 256 characters once they are many, and drops any with a control character. */
const maxWarningCharacters = 256;
/** All warnings of one answer; what is over it the API server drops without a word. */
const maxWarningsCharacters = 4096;
/** Enough for the line that says how many are left out. */
const moreCharacters = 64;
/** An audit log is kept for long, and a name in a reason is its author's. */
const maxAnnotationCharacters = 1024;

interface Status {
  readonly status: 'Failure';
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: { readonly kind: string; readonly name: string; readonly causes: readonly Cause[] };
}

/** For machines: what each finding says is in the status' message, once. */
interface Cause {
  readonly reason: string;
  readonly field: string;
}

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: Status;
  readonly warnings?: readonly string[];
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
  /** For the API server's audit log alone; it puts the webhook's name before each key. */
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export interface ReviewAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: AdmissionResponse;
}

const answer = (response: AdmissionResponse): ReviewAnswer => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response,
});

export interface Reviewed {
  readonly uid: string;
  readonly kind: string;
  /** `namespace/name`. */
  readonly displayName: string;
}

/**
 * A denial is 403 Forbidden with everything in `message`. Not 422: kubectl would print only the causes, and
 * `kubectl apply --force` deletes and recreates an object the API calls Invalid.
 */
export function encodeDecision(reviewed: Reviewed, decision: Decision): ReviewAnswer {
  const shown = warningsOf(decision.warned);
  if (decision.denied.length === 0) return answer({ uid: reviewed.uid, allowed: true, ...shown });
  const count = decision.denied.length;
  const listed = shownOf(decision.denied);
  const title = printable(
    `${reviewed.kind} ${reviewed.displayName}: ${count} problem${count === 1 ? '' : 's'}.`,
  );
  const more = count - listed.length;
  const name = reviewed.displayName.slice(reviewed.displayName.indexOf('/') + 1);
  return answer({
    uid: reviewed.uid,
    allowed: false,
    status: {
      status: 'Failure',
      code: 403,
      reason: 'Forbidden',
      message: [
        title,
        ...listed.map(({ line }) => line),
        ...(more === 0 ? [] : [`And ${more} more: sallyport lint shows them.`]),
      ].join('\n'),
      details: {
        kind: reviewed.kind,
        name,
        causes: listed.map(({ cause }) => cause),
      },
    },
    ...shown,
  });
}

/** The first findings, as many as fit into one answer. One always does. */
function shownOf(denied: readonly Finding[]): { readonly line: string; readonly cause: Cause }[] {
  const shown: { readonly line: string; readonly cause: Cause }[] = [];
  let room = maxMessageCharacters;
  for (const finding of denied.slice(0, maxFindingsShown)) {
    const line = findingLine(finding);
    const cause = { reason: finding.code, field: clause(String(finding.at)) };
    room -= line.length + cause.field.length;
    if (room < 0) break;
    shown.push({ line, cause });
  }
  return shown;
}

export const encodeAllowed = (uid: string, audit?: Readonly<Record<string, string>>): ReviewAnswer =>
  answer({ uid, allowed: true, ...(audit ? { auditAnnotations: annotationsOf(audit) } : {}) });

const annotationsOf = (audit: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(audit).map(([key, value]) => [key, shortened(printable(value), maxAnnotationCharacters)]),
  );

/** RFC 6902 in base64, as the API server wants it. No change means neither field. */
export function encodePatch(
  uid: string,
  operations: readonly unknown[],
  warned: readonly Finding[] = [],
  audit?: Readonly<Record<string, string>>,
): ReviewAnswer {
  const shown = {
    ...warningsOf(warned.map((finding) => ({ finding }))),
    ...(audit ? { auditAnnotations: annotationsOf(audit) } : {}),
  };
  if (operations.length === 0) return answer({ uid, allowed: true, ...shown });
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return answer({ uid, allowed: true, ...shown, patchType: 'JSONPatch', patch });
}

/** A request that cannot be judged is refused in the shape the API server understands, never let through. */
export function encodeError(uid: string, code: number, reason: string, message: string): ReviewAnswer {
  return answer({
    uid,
    allowed: false,
    status: { status: 'Failure', code, reason, message: printable(message) },
  });
}

function warningLine({ finding, because }: Warned): string {
  const text = `[${finding.code}] ${finding.at.toString()}: ${finding.what}${because === undefined ? '' : ` (${because})`}`;
  return shortened(printable(text), maxWarningCharacters);
}

/** As many as the API server hands on, and how many there are besides. */
function warningsOf(warned: readonly Warned[]): Pick<AdmissionResponse, 'warnings'> {
  if (warned.length === 0) return {};
  const lines = warned.map(warningLine);
  if (lines.reduce((sum, line) => sum + line.length, 0) <= maxWarningsCharacters) return { warnings: lines };
  let room = maxWarningsCharacters - moreCharacters;
  const end = lines.findIndex((line) => (room -= line.length) < 0);
  const fit = end < 0 ? lines.length : end;
  const more = `and ${lines.length - fit} more: sallyport lint shows all`;
  return { warnings: [...lines.slice(0, fit), more] };
}
