import type { Refusal } from './answers.ts';
import type { Dial } from './upstream-connection.ts';
import { pathFor, refusalOf } from './gate.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { Route } from './route.ts';

/** A request that may go on: by which route, and what to ask of its server. */
export interface Admitted {
  readonly route: Route;
  /** The path and query. */
  readonly asked: string;
}

/** A CONNECT that may: bytes that nobody reads. */
export interface AdmittedTunnel {
  readonly route: Route;
  readonly dial: Dial;
}

export interface Refused {
  readonly route: Route;
  readonly refusal: Refusal;
}

/** What a listener lets in. */
export interface Door {
  /** Counts what is not understood as a request at all. */
  readonly route: Route;
  admit(head: RequestHead): Admitted | AdmittedTunnel | Refused;
}

/** A server's own listener: only paths, and only those of its server. */
export function ownDoor(route: Route): Door {
  return {
    route,
    admit(head) {
      const refusal = refusalOf(head, route.hosts);
      if (refusal !== null) return { route, refusal };
      const asked = pathFor(head.target, head.method, route.target, route.learned);
      return asked === null ? { route, refusal: 'path' } : { route, asked };
    },
  };
}
