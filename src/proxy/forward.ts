import type { Fault, Refusal } from './answers.ts';
import { Exchange, type Client } from './exchange.ts';
import { pathFor, refusalOf } from './gate.ts';
import { outgoingHead } from './headers.ts';
import type { RequestHead } from './http1/request-head.ts';
import { count } from './metrics.ts';
import type { Route } from './route.ts';

/** Why a request goes no further. */
export type Stop = { readonly refusal: Refusal } | { readonly fault: Fault; readonly status: 502 | 503 };

/** Sends one request of the app on, or says why not. */
export function forward(route: Route, head: RequestHead, client: Client): Exchange | Stop {
  const { target, counters } = route;
  const refusal = refusalOf(head, route.hosts);
  if (refusal !== null) return { refusal };
  const asked = pathFor(head.target, head.method, target, route.learned);
  if (asked === null) return { refusal: 'path' };

  // Taken once: from here on this request knows no other credentials.
  const generation = route.store.current();
  if (typeof generation === 'string') return { fault: generation, status: 503 };
  if (target.forbidden) return { fault: 'forbidden-target', status: 502 };
  if (counters.active >= route.maxActive) return { fault: 'connect', status: 503 };

  const identity = route.legacy && head.method === 'GET';
  const shape = { asked, authority: target.authority, identity };
  const { text, conflict, rejected } = outgoingHead(head, generation.plan, shape);
  if (conflict) counters.conflicts += 1;
  if (rejected) return { refusal: 'header-conflict' };
  return new Exchange(route, generation, client, { head, asked, text });
}

/** Counts and logs a request that was not sent on. */
export function noteStop({ counters, log, name }: Route, stop: Stop): void {
  if ('refusal' in stop) {
    count(counters.requests, 'refused');
    count(counters.refusals, stop.refusal);
    log.debug('request refused', { server: name, reason: stop.refusal });
  } else {
    count(counters.requests, 'failed');
    count(counters.failures, stop.fault);
    log.warn('request failed', { server: name, error: stop.fault });
  }
}
