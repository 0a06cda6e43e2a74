import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { answerFault, answerRefusal, type Fault, type Refusal } from './answers.ts';
import { pathFor, refusalOf } from './gate.ts';
import type { Route } from './exchange.ts';
import type { Generation } from './generation.ts';
import { outgoingHeaders } from './headers.ts';
import { maxActiveRequests, maxHeaderBytes } from './limits.ts';
import { count, type Outcome } from './metrics.ts';
import { relay } from './relay.ts';
import { watchConnecting } from './connecting.ts';

/** Takes one request of the app. Never throws: one bad request must not end the streams of the others. */
export function handle(route: Route, req: IncomingMessage, res: ServerResponse): void {
  res.sendDate = false;
  const refusal = refusalOf(req, route.hosts);
  if (refusal !== null) return refuse(route, res, refusal);
  const { method = 'GET', url = '/' } = req;
  const asked = pathFor(url, method, route.target, route.learned);
  if (asked === null) return refuse(route, res, 'path');

  // Taken once: from here on this request knows no other credentials.
  const generation = route.store.current();
  if (typeof generation === 'string') return fault(route, res, generation, 503);
  if (route.target.forbidden) return fault(route, res, 'forbidden-target', 502);
  if (route.counters.active >= (route.maxActive ?? maxActiveRequests))
    return fault(route, res, 'connect', 503);

  const { headers, conflict, rejected } = outgoingHeaders(req.rawHeaders, generation.plan, {
    authority: route.target.authority,
    method,
    identity: route.legacy && method === 'GET',
  });
  if (conflict) route.counters.conflicts += 1;
  if (rejected) return refuse(route, res, 'header-conflict');
  send(route, generation, { req, res, asked, headers });
}

export function refuse(route: Route, res: ServerResponse, refusal: Refusal): void {
  count(route.counters.requests, 'refused');
  count(route.counters.refusals, refusal);
  route.log.debug('request refused', { server: route.name, reason: refusal });
  answerRefusal(res, refusal);
}

function fault(route: Route, res: ServerResponse, code: Fault, status: 502 | 503 | 504): void {
  count(route.counters.requests, 'failed');
  noteFault(route, code);
  answerFault(res, code, status);
}

function noteFault(route: Route, code: Fault): void {
  count(route.counters.failures, code);
  route.log.warn('request failed', { server: route.name, error: code });
}

interface Request {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly asked: string;
  readonly headers: string[];
}

function send(route: Route, generation: Generation, { req, res, asked, headers }: Request): void {
  const { target, counters } = route;
  const { method = 'GET' } = req;
  let up: ClientRequest;
  try {
    up = (target.secure ? httpsRequest : httpRequest)({
      agent: generation.agent,
      method,
      host: target.host,
      port: target.port,
      path: asked,
      headers,
      maxHeaderSize: maxHeaderBytes,
    });
  } catch {
    // Node refuses characters that its parser let in.
    return refuse(route, res, 'malformed');
  }
  // Node would drop what passes this number without a word; the size is bounded anyway.
  up.maxHeadersCount = 0;

  let finished = false;
  counters.active += 1;
  const done = (outcome: Outcome) => {
    if (finished) return;
    finished = true;
    counters.active -= 1;
    count(counters.requests, outcome);
  };
  const fail = (code: Fault, status: 502 | 503 | 504 = 502) => {
    if (finished) return;
    done('failed');
    noteFault(route, code);
    req.unpipe(up);
    up.destroy();
    // With the head on its way, only a broken connection says that the rest is missing.
    if (res.headersSent) res.destroy();
    else answerFault(res, code, status);
  };
  const gone = () => {
    if (res.writableFinished) return;
    done('aborted');
    up.destroy();
  };
  res.on('close', gone);
  // A pipelined request that waits for the one before it has no socket yet, and would not hear it close.
  if (res.socket === null) {
    const { socket } = req;
    socket.once('close', gone);
    res.once('close', () => socket.off('close', gone));
  }

  const connecting = watchConnecting(up, target.secure, fail);
  // Once there is an answer, the answer itself says whether it ended well.
  let answered = false;
  up.on('error', (error) => answered || fail(connecting.faultOf(error)));
  up.on('close', () => answered || fail('upstream-closed'));
  up.on('response', (upRes) => {
    answered = true;
    relay({ route, generation, req, res, up, asked, fail, done }, upRes);
  });
  sendBody(req, up);
}

function sendBody(req: IncomingMessage, up: ClientRequest): void {
  const { headers } = req;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    up.end();
    return;
  }
  req.pipe(up);
  // A small body leaves together with the head; the head of a slow one does not wait for it.
  setImmediate(() => {
    if (!req.complete && !up.destroyed) up.flushHeaders();
  });
}
