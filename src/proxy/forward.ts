import type { Fault } from './answers.ts';
import type { Admitted, Refused } from './door.ts';
import { Exchange, type Client } from './exchange.ts';
import { outgoingHead } from './headers.ts';
import type { RequestHead } from './http1/request-head.ts';
import { count } from './metrics.ts';
import type { Route } from './route.ts';

/** Why a request goes no further. */
export type Stop = Refused | { readonly route: Route; readonly fault: Fault; readonly status: 502 | 503 };

/** Sends one request of the app on, or says why not. */
export function forward({ route, asked }: Admitted, head: RequestHead, client: Client): Exchange | Stop {
  const { target, counters } = route;
  // Taken once: from here on this request knows no other credentials.
  const generation = route.store.current();
  if (typeof generation === 'string') return { route, fault: generation, status: 503 };
  if (target.forbidden) return { route, fault: 'forbidden-target', status: 502 };
  if (route.exposed) return { route, fault: 'plain-egress', status: 502 };
  if (counters.active >= route.maxActive) return { route, fault: 'connect', status: 503 };

  const identity = route.legacy && head.method === 'GET';
  const authority = route.passing ? head.host : target.authority;
  const shape = { asked, authority, identity, passing: route.passing };
  const { text, conflict, rejected } = outgoingHead(head, generation.plan, shape);
  if (conflict) counters.conflicts += 1;
  if (rejected) return { route, refusal: 'header-conflict' };
  return new Exchange(route, generation, client, { head, asked, text });
}

/** Counts and logs a request that was not sent on. */
export function noteStop(stop: Stop): void {
  const { counters, log, name } = stop.route;
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
