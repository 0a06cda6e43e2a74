import type { Fault } from './answers.ts';
import { Exchange, type Client } from './exchange.ts';
import { outgoingHead } from './headers.ts';
import type { RequestHead } from './http1/request-head.ts';
import { count } from './metrics.ts';
import type { AdmittedRequest, Refused } from './request-admission.ts';
import type { Route } from './route.ts';

/** A request that cannot be sent on, though the proxy would: the fault is the proxy's or the upstream's. */
export interface Failed {
  readonly kind: 'failed';
  readonly route: Route;
  readonly fault: Fault;
  readonly status: 502 | 503;
}

/** Why a request is not sent on. */
export type NotSent = Refused | Failed;

/** Sends one request of the app on, or returns why not. */
export function forward(
  { route, path }: AdmittedRequest,
  head: RequestHead,
  client: Client,
): Exchange | NotSent {
  const { target, counters } = route;
  // Taken once: this request uses no other credentials.
  const snapshot = route.store.current();
  if (typeof snapshot === 'string') return { kind: 'failed', route, fault: snapshot, status: 503 };
  if (target.forbidden) return { kind: 'failed', route, fault: 'forbidden-target', status: 502 };
  if (route.exposed) return { kind: 'failed', route, fault: 'plain-egress', status: 502 };
  if (counters.active >= route.maxActive) return { kind: 'failed', route, fault: 'connect', status: 503 };

  const identity = route.legacy && head.method === 'GET';
  const authority = route.passing ? head.host : target.authority;
  const shape = { path, authority, identity, passing: route.passing };
  const { text, conflict, rejected } = outgoingHead(head, snapshot.plan, shape);
  if (conflict) counters.conflicts += 1;
  if (rejected) return { kind: 'refused', route, refusal: 'header-conflict' };
  return new Exchange(route, snapshot, client, { head, path, text });
}

/** Counts and logs a request that was not sent on. */
export function recordNotSent(result: NotSent): void {
  const { counters, log, name } = result.route;
  if (result.kind === 'refused') {
    count(counters.requests, 'refused');
    count(counters.refusals, result.refusal);
    log.debug('request refused', { server: name, reason: result.refusal });
  } else {
    count(counters.requests, 'failed');
    count(counters.failures, result.fault);
    log.warn('request failed', { server: name, error: result.fault });
  }
}
