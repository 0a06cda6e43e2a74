import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeReview } from '../core/review/admission.ts';
import { encodeError } from '../core/review/encode.ts';
import type { ReviewHeader } from '../core/review/header.ts';
import type { DecisionRecord, Log } from '../telemetry/log.ts';
import { largeReviewBytes, readBody, type Body, type BodyProblem } from './body.ts';
import type { Capacity } from './capacity.ts';
import { decidedOf, judgeRequest, type Decided, type Judge } from './judge-request.ts';
import { deadlineMarginMs } from './review-deadline.ts';
import type { ReadingTurns } from './reading-turns.ts';
import type { RefusedRequests } from './refused-requests.ts';
import { parseJson, sendBytes, sendJson, status } from './json.ts';
import type { LargeReviews } from './workers/large-reviews.ts';

/** Our webhook entries say 3 s; a caller that names no timeout gets the same. */
const defaultTimeoutMs = 3000;
/** A caller may ask for at most what Kubernetes allows a webhook. */
export const maxTimeoutMs = 30_000;

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

interface HandlerOptions {
  readonly webhook: DecisionRecord['webhook'];
  readonly judge: Judge;
  readonly log: Log;
  readonly now: () => number;
  /** Shared by all endpoints of a server, as are the next two and `large`. */
  readonly capacity: Capacity;
  readonly turns: ReadingTurns;
  readonly refused: RefusedRequests;
  readonly large: Pick<LargeReviews, 'judge'>;
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** When its first byte came, in milliseconds. */
  readonly started: number;
}

/** An API server that is told so asks again, once in so many seconds, until its own timeout. */
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
      const message = 'send an AdmissionReview as application/json';
      refuse(options, { req, res, started }, { code: 415, reason: 'UnsupportedMediaType', message });
      return;
    }
    const place = options.capacity.enter();
    res.once('close', () => place?.leave());
    readBody(req, place, options.turns, (problem, body) => {
      if (problem) refuse(options, { req, res, started }, problem, body.header);
      else
        answer(options, { req, res, started }, body).catch((error: unknown) =>
          options.log.error('a response could not be sent', error),
        );
    });
  };
}

/** The answer to a request that is not judged. */
function refuse(
  options: HandlerOptions,
  exchange: Exchange,
  { code, reason, message }: BodyProblem,
  header?: ReviewHeader,
): void {
  const { req, res } = exchange;
  options.refused.add(code, message);
  if (!header) {
    if (code === 429) res.setHeader('retry-after', retryAfterSeconds);
    return sendFailure(req, res, code, reason, message);
  }
  // A failure policy may admit what gets no answer; a large review must not choose that.
  note(options, exchange, { ...header, decision: 'error', codes: [], warned: [], audited: [] });
  if (!req.complete) res.setHeader('connection', 'close');
  return sendJson(res, 200, encodeError(header.uid, code, reason, message));
}

async function answer(
  options: HandlerOptions,
  exchange: Exchange,
  { bytes, header, username }: Body,
): Promise<void> {
  const { req, res } = exchange;
  const timeoutMs = timeoutOf(req.url ?? '');
  if (bytes.length > largeReviewBytes) {
    const judged = await options.large.judge({
      route: options.webhook,
      body: bytes,
      timeoutMs,
      header,
      username,
    });
    if (judged.decided) note(options, exchange, judged.decided);
    return sendBytes(res, judged.status, judged.body);
  }
  const review = parseJson(bytes);
  const bad = (message: string) => refuse(options, exchange, { code: 400, reason: 'BadRequest', message });
  if (review === undefined) return bad('the body is not JSON');
  const decoded = decodeReview(review);
  if (decoded.kind === 'invalid') {
    if (decoded.uid === undefined) return bad(decoded.problem);
    return sendJson(res, 200, encodeError(decoded.uid, 400, 'BadRequest', decoded.problem));
  }
  const { request } = decoded;
  const judged = await judgeRequest(options.judge, request, timeoutMs, options.log);
  note(options, exchange, decidedOf(request, judged));
  return sendJson(res, 200, judged.answer);
}

function note(options: HandlerOptions, { started }: Exchange, decided: Decided): void {
  options.log.decision({ webhook: options.webhook, ...decided, ms: options.now() - started });
}

/** `?timeout=3s` is what is left of the API server's timeout, rounded up. */
function timeoutOf(url: string): number {
  const match = /[?&]timeout=(\d+)(ms|s)?(&|$)/.exec(url);
  if (!match) return defaultTimeoutMs;
  const ms = Number(match[1]) * (match[2] === 'ms' ? 1 : 1000);
  return Math.min(Math.max(ms, deadlineMarginMs + 1), maxTimeoutMs);
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
