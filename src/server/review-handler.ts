import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeReview, displayName, type AdmissionRequest } from '../core/review/admission.ts';
import { encodeRefusal } from '../core/review/encode.ts';
import type { Deadline } from '../core/ports.ts';
import { quiet, type Judged } from '../engine/judges.ts';
import { readBody } from './body.ts';
import type { Capacity } from './capacity.ts';
import { sendJson, status } from './json.ts';
import type { DecisionRecord, Log } from '../telemetry/log.ts';

/** Lookups stop this long before the API server's patience ends; what is not known by then is unknown. */
const deadlineMarginMs = 500;
/** And this long before it an answer leaves, whatever the lookups do. */
const answerMarginMs = 300;
/** Our webhook entries say 3 s; a caller that names no timeout gets the same. */
const defaultTimeoutMs = 3000;
/** A caller may ask for at most what Kubernetes allows a webhook. */
export const maxTimeoutMs = 30_000;

export type Judge = (request: AdmissionRequest, deadline: Deadline) => Promise<Judged>;

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

interface HandlerOptions {
  readonly webhook: DecisionRecord['webhook'];
  readonly judge: Judge;
  readonly log: Log;
  readonly now: () => number;
  /** Shared by all endpoints of a server. */
  readonly capacity: Capacity;
}

/** An API server that is told so asks again, once in so many seconds, until its own patience ends. */
const retryAfterSeconds = 1;

/**
 * One webhook endpoint. It reads the body itself, so that the size cap and the deadline hold from the first byte.
 * Whatever goes wrong, the answer is a refusal the API server can show: never an empty body, never "allowed".
 */
export function reviewHandler(options: HandlerOptions): Handler {
  return (req, res) => {
    const started = options.now();
    const type = req.headers['content-type'] ?? '';
    if (!/^application\/json\s*(;|$)/i.test(type)) {
      sendFailure(req, res, 415, 'UnsupportedMediaType', 'send an AdmissionReview as application/json');
      return;
    }
    const place = options.capacity.enter();
    res.once('close', () => place?.leave());
    readBody(req, place, (problem, body) => {
      if (problem?.code === 429) res.setHeader('retry-after', retryAfterSeconds);
      if (problem) sendFailure(req, res, problem.code, problem.reason, problem.message);
      else
        answer(options, req, res, body, started).catch((error: unknown) =>
          options.log.error('an answer was not sent', error),
        );
    });
  };
}

async function answer(
  options: HandlerOptions,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  started: number,
) {
  const review = parseJson(body);
  if (review === undefined) return sendFailure(req, res, 400, 'BadRequest', 'the body is not JSON');
  const request = decodeReview(review);
  if ('problem' in request) {
    if (request.uid === undefined) return sendFailure(req, res, 400, 'BadRequest', request.problem);
    return sendJson(res, 200, encodeRefusal(request.uid, 400, 'BadRequest', request.problem));
  }
  const patience = new Patience(timeoutOf(req.url ?? ''));
  const judged = await Promise.race([options.judge(request, patience), patience.ended])
    .catch((error: unknown) => failed(options, request, error))
    .finally(() => patience.clear());
  options.log.decision(record(options, request, judged, started));
  return sendJson(res, 200, judged.answer);
}

/** The caller's, in two steps: lookups are aborted first, then what does not even heed that is given up on. */
class Patience implements Deadline {
  /** Rejects when an answer would soon come too late. */
  readonly ended: Promise<never>;
  readonly #endsAt: number;
  readonly #end: NodeJS.Timeout;
  #lookups: { readonly controller: AbortController; readonly timer: NodeJS.Timeout } | undefined;

  constructor(timeoutMs: number) {
    const { promise, reject } = rejectable();
    this.ended = promise;
    this.#endsAt = performance.now() + timeoutMs;
    this.#end = setTimeout(() => reject(new TooLate()), timeoutMs - answerMarginMs);
  }

  get signal(): AbortSignal {
    this.#lookups ??= abortAfter(this.#endsAt - deadlineMarginMs - performance.now());
    return this.#lookups.controller.signal;
  }

  clear(): void {
    clearTimeout(this.#end);
    clearTimeout(this.#lookups?.timer);
  }
}

function rejectable() {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  return { promise, reject };
}

function abortAfter(ms: number) {
  const controller = new AbortController();
  return { controller, timer: setTimeout(() => controller.abort(), ms) };
}

class TooLate extends Error {}

function failed(options: HandlerOptions, { uid }: AdmissionRequest, error: unknown): Judged {
  if (error instanceof TooLate)
    return quiet(
      encodeRefusal(uid, 504, 'Timeout', 'the cluster did not answer Sallyport in time; try again'),
    );
  const text = `Sallyport failed on request ${uid}; its log says where`;
  options.log.error(text, error);
  return quiet(encodeRefusal(uid, 500, 'InternalError', text));
}

function record(
  options: HandlerOptions,
  request: AdmissionRequest,
  judged: Judged,
  started: number,
): DecisionRecord {
  const { response } = judged.answer;
  // A finding denies; what could not be judged at all is refused.
  const no = response.status?.code === 403 ? 'deny' : 'refuse';
  const decision = response.patch ? 'patch' : response.allowed ? 'allow' : no;
  const shown = displayName(request);
  return {
    webhook: options.webhook,
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
    ms: options.now() - started,
  };
}

/** `?timeout=3s` is what is left of the API server's patience, rounded up. */
function timeoutOf(url: string): number {
  const match = /[?&]timeout=(\d+)(ms|s)?(&|$)/.exec(url);
  if (!match) return defaultTimeoutMs;
  const ms = Number(match[1]) * (match[2] === 'ms' ? 1 : 1000);
  return Math.min(Math.max(ms, deadlineMarginMs + 1), maxTimeoutMs);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function sendFailure(
  req: IncomingMessage,
  res: ServerResponse,
  code: number,
  reason: string,
  message: string,
): void {
  // What is left of the body is not worth reading, and the connection cannot be used before it is read.
  if (!req.complete) res.setHeader('connection', 'close');
  sendJson(res, code, status(code, reason, message));
}
