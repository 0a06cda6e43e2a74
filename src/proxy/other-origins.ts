import { otherOrigins, type OtherOrigins as Setting } from '../core/proxy-contract.ts';
import type { Admitted, AdmittedTunnel, Refused } from './door.ts';
import { egressFor, noEgress, type Egress } from '../core/egress-proxy.ts';
import { noLearnedPaths } from './gate.ts';
import type { Timeouts } from './generation.ts';
import { headerPlan } from './headers.ts';
import type { RequestHead } from './http1/request-head.ts';
import { connectTimeoutMs, maxActiveRequests, tlsTimeoutMs } from './limits.ts';
import type { Log } from './log.ts';
import { createCounters } from './metrics.ts';
import type { Asked } from './origins.ts';
import type { Route } from './route.ts';
import { targetOf, type Target } from './target.ts';
import type { Dial } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** What the log and the metrics call everybody who is no server of the pod. */
const everybodyElse = '*';

/** Whoever is no server of the pod. */
export interface OtherOrigins {
  readonly route: Route;
  admit(head: RequestHead, asked: Asked): Admitted | Refused;
  connect(to: Omit<Asked, 'rest'>): AdmittedTunnel | Refused;
}

export interface OtherOriginsOptions extends Timeouts {
  readonly others: Setting;
  readonly egress?: Egress | undefined;
  readonly log: Log;
  readonly maxActive?: number | undefined;
}

/** Passes on what is for them without adding or reading anything, or refuses it. */
export function createOtherOrigins(options: OtherOriginsOptions): OtherOrigins {
  const { others, egress = noEgress, log } = options;
  const passes = others === otherOrigins[0];
  const dialOf = (target: Target): Dial => ({
    target,
    egress: egressFor(target, egress),
    connectTimeoutMs: options.connectTimeoutMs ?? connectTimeoutMs,
    tlsTimeoutMs: options.tlsTimeoutMs ?? tlsTimeoutMs,
    tls: null,
  });
  const route = {
    name: everybodyElse,
    legacy: false,
    passing: true,
    exposed: false,
    counters: createCounters(),
    learned: noLearnedPaths(),
    hosts: new Set<string>(),
    log,
    maxActive: options.maxActive ?? maxActiveRequests,
  };
  const routeTo = (target: Target): Route => ({
    ...route,
    target,
    store: { current: () => once(dialOf(target)) },
  });
  const nobody = routeTo(targetOf('http://0.0.0.0/'));
  return {
    route: nobody,
    admit({ upgrades, connection, method }, { host, port, rest }) {
      if (!passes) return { route: nobody, refusal: 'other-origin' };
      if (upgrades || connection.upgrade || method === 'TRACE')
        return { route: nobody, refusal: 'not-proxied' };
      const target = targetAt('http', host, port);
      return target ? { route: routeTo(target), asked: rest } : { route: nobody, refusal: 'malformed' };
    },
    connect({ host, port }) {
      if (!passes) return { route: nobody, refusal: 'other-origin' };
      const target = targetAt('https', host, port);
      return target ? { route: nobody, dial: dialOf(target) } : { route: nobody, refusal: 'malformed' };
    },
  };
}

/** A host of digits and dots may be no address. */
function targetAt(scheme: 'http' | 'https', host: string, port: number): Target | undefined {
  const url = `${scheme}://${host}:${port}/`;
  return URL.canParse(url) ? targetOf(url) : undefined;
}

const nothingAdded = headerPlan({ headers: [], secrets: [] });

/** No credentials, and a connection that is used once: nobody knows how many origins there are. */
function once(dial: Dial) {
  const upstreams = new UpstreamPool(dial);
  upstreams.retire();
  return { id: 0, loadedAt: Date.now(), plan: nothingAdded, upstreams, notAfter: null };
}
