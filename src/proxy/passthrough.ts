import type { Refusal } from './answers.ts';
import { otherOrigins, type OtherOrigins } from '../core/contracts/proxy-contract.ts';
import { egressFor, noEgress, type Egress } from '../core/egress-proxy.ts';
import type { Timeouts } from './credential-snapshot.ts';
import { headerPlan } from './headers.ts';
import { connectTimeoutMs, maxActiveRequests, tlsTimeoutMs } from './limits.ts';
import type { Log } from './log.ts';
import { createCounters } from './metrics.ts';
import type { Passthrough, Refused } from './request-admission.ts';
import { noLearnedPaths } from './request-target.ts';
import type { Route } from './route.ts';
import { targetOf, type Target } from './target.ts';
import type { Dial } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';
import { parseUrl } from '../core/url.ts';

/** The name in logs and metrics of all hosts that are no server of the pod. */
const otherHosts = '*';

export interface PassthroughOptions extends Timeouts {
  readonly others: OtherOrigins;
  readonly egress?: Egress | undefined;
  readonly log: Log;
  readonly maxActive?: number | undefined;
}

/** Sends such requests on without adding or reading anything, or refuses them, as configured. */
export function createPassthrough(options: PassthroughOptions): Passthrough {
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
    name: otherHosts,
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
  const noServer = routeTo(targetOf('http://0.0.0.0/'));
  const refused = (refusal: Refusal): Refused => ({ kind: 'refused', route: noServer, refusal });
  return {
    route: noServer,
    admit({ upgrades, connection, method }, { host, port, rest }) {
      if (!passes) return refused('other-origin');
      if (upgrades || connection.upgrade || method === 'TRACE') return refused('not-proxied');
      const target = targetAt('http', host, port);
      return target ? { kind: 'request', route: routeTo(target), path: rest } : refused('malformed');
    },
    connect({ host, port }) {
      if (!passes) return refused('other-origin');
      const target = targetAt('https', host, port);
      return target ? { kind: 'tunnel', route: noServer, dial: dialOf(target) } : refused('malformed');
    },
  };
}

/** A host of digits and dots may be no address. */
function targetAt(scheme: 'http' | 'https', host: string, port: number): Target | undefined {
  const url = `${scheme}://${host}:${port}/`;
  return parseUrl(url) && targetOf(url);
}

const nothingAdded = headerPlan({ headers: [], secrets: [] });

/** No credentials, and a connection that is used once, because the number of origins has no limit. */
function once(dial: Dial) {
  const upstreams = new UpstreamPool(dial);
  upstreams.retire();
  return { id: 0, loadedAt: Date.now(), plan: nothingAdded, upstreams, notAfter: null };
}
