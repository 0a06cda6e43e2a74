import type { Refusal } from './answers.ts';
import type { RequestHead } from './http1/request-head.ts';
import {
  absoluteTarget,
  authorityOf,
  isBelow,
  isServer,
  serverPath,
  type AbsoluteTarget,
  type Authority,
} from './request-target.ts';
import type { Route } from './route.ts';
import type { Dial } from './upstream-connection.ts';

/** A request that the proxy sends on, and the path and query it sends. */
export interface AdmittedRequest {
  readonly kind: 'request';
  readonly route: Route;
  readonly path: string;
}

/** A CONNECT that the proxy opens. It does not read the bytes inside. */
export interface AdmittedTunnel {
  readonly kind: 'tunnel';
  readonly route: Route;
  readonly dial: Dial;
}

/** A request that is never sent on. */
export interface Refused {
  readonly kind: 'refused';
  readonly route: Route;
  readonly refusal: Refusal;
}

export type Admission = AdmittedRequest | AdmittedTunnel | Refused;

/** Which requests a listener sends on, and where. */
export interface RequestAdmission {
  /** Counts requests that cannot be parsed. */
  readonly route: Route;
  admit(head: RequestHead): Admission;
}

/** Requests for hosts that are no server of the pod. */
export interface Passthrough {
  readonly route: Route;
  admit(head: RequestHead, target: AbsoluteTarget): AdmittedRequest | Refused;
  connect(to: Authority): AdmittedTunnel | Refused;
}

/** The admission of a server's own listener: only paths of that server. */
export function serverAdmission(route: Route): RequestAdmission {
  return {
    route,
    admit(head) {
      const refusal = refusalOf(head, route.hosts);
      if (refusal !== null) return { kind: 'refused', route, refusal };
      const path = serverPath(head.target, head.method, route.target, route.learned);
      return path === null ? { kind: 'refused', route, refusal: 'path' } : { kind: 'request', route, path };
    },
  };
}

/**
 * The admission of the forward listener, which clients use as their `HTTP_PROXY`, with a whole URL as the request target.
 * A request for a server of the pod takes that server's route, so it goes where the server is configured, whatever the
 * URL says. All other requests go to `passthrough`, which may refuse them.
 */
export function forwardAdmission(routes: readonly Route[], passthrough: Passthrough): RequestAdmission {
  // The longest path first, and http before https, so that the closest wins.
  const ordered = routes.toSorted(
    (a, b) =>
      b.target.pathname.length - a.target.pathname.length ||
      Number(a.target.secure) - Number(b.target.secure),
  );
  const { route } = passthrough;
  const refused = (refusal: Refusal): Refused => ({ kind: 'refused', route, refusal });
  return {
    route,
    admit(head) {
      if (head.method === 'CONNECT') return connect(head);
      const target = absoluteTarget(head.target);
      if (target === null) return refused(head.target.startsWith('/') ? 'host' : 'not-proxied');
      // A client must name the same in both (RFC 9112, section 3.2.2), so that no reader of the other one differs.
      if (head.host.toLowerCase() !== target.authority.toLowerCase()) return refused('host');
      return toServer(head, target) ?? passthrough.admit(head, target);
    },
  };

  function toServer(head: RequestHead, target: AbsoluteTarget): Admission | null {
    const { rest, authority } = target;
    // An app may send calls for the proxy's own listeners here too.
    const local = ordered.find(({ hosts }) => hosts.has(authority.toLowerCase()));
    const matching = local ? [local] : ordered.filter((one) => isServer(target, one.target));
    const [closest] = matching;
    if (!closest) return null;
    const refusal = refusalOf({ ...head, target: rest }, new Set([head.host]));
    if (refusal !== null) return { kind: 'refused', route: closest, refusal };
    for (const one of matching) {
      const path = serverPath(rest, head.method, one.target, one.learned);
      if (path !== null) return { kind: 'request', route: one, path };
      if (!local && isBelow(rest, one.target)) return { kind: 'request', route: one, path: rest };
    }
    return { kind: 'refused', route: closest, refusal: 'path' };
  }

  function connect(head: RequestHead): Admission {
    const authority = authorityOf(head.target, null);
    if (authority === null || head.framing === 'chunked' || Number(head.framing) > 0)
      return refused('malformed');
    return passthrough.connect(authority);
  }
}

/** Why a well-formed request is not sent on, or null. */
function refusalOf(head: RequestHead, hosts: ReadonlySet<string>): Refusal | null {
  const { method, target, host } = head;
  if (method === 'CONNECT' || method === 'TRACE' || target === '*') return 'not-proxied';
  if (!target.startsWith('/')) return 'host';
  if (!hosts.has(host) && !hosts.has(host.toLowerCase())) return 'host';
  if (head.foreignPage) return 'origin';
  return head.upgrades || head.connection.upgrade ? 'not-proxied' : null;
}
