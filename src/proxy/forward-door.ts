import type { Door } from './door.ts';
import { refusalOf, pathFor } from './gate.ts';
import type { RequestHead } from './http1/request-head.ts';
import { askedOf, authorityOf, isBelow, names, type Asked } from './origins.ts';
import type { OtherOrigins } from './other-origins.ts';
import type { Route } from './route.ts';

/**
 * The listener that clients come to through `HTTP_PROXY`, with a whole URL as the target. What is for a server of the pod takes that
 * server's route, so it goes where the server is configured to be, whatever was asked; what is for anybody else takes the way of the
 * others, or ends here.
 */
export function forwardDoor(routes: readonly Route[], others: OtherOrigins): Door {
  // The longest path first, and http before https, so that the closest wins.
  const ordered = routes.toSorted(
    (a, b) =>
      b.target.pathname.length - a.target.pathname.length ||
      Number(a.target.secure) - Number(b.target.secure),
  );
  const { route } = others;
  return {
    route,
    admit(head) {
      if (head.method === 'CONNECT') return connect(head);
      const asked = askedOf(head.target);
      if (asked === null) return { route, refusal: head.target.startsWith('/') ? 'host' : 'not-proxied' };
      // A client must name the same in both (RFC 9112, section 3.2.2): whoever reads the other one must not differ.
      if (head.host.toLowerCase() !== asked.authority.toLowerCase()) return { route, refusal: 'host' };
      return toServer(head, asked) ?? others.admit(head, asked);
    },
  };

  function toServer(
    head: RequestHead,
    { host, port, rest, authority }: Asked,
  ): ReturnType<Door['admit']> | null {
    // An app that sends its calls for our own listeners here too has reached us all the same.
    const local = ordered.find(({ hosts }) => hosts.has(authority.toLowerCase()));
    const found = local ? [local] : ordered.filter(({ target }) => names({ host, port }, target));
    const [closest] = found;
    if (!closest) return null;
    const refusal = refusalOf({ ...head, target: rest }, new Set([head.host]));
    if (refusal !== null) return { route: closest, refusal };
    for (const one of found) {
      const own = pathFor(rest, head.method, one.target, one.learned);
      if (own !== null) return { route: one, asked: own };
      if (!local && isBelow(rest, one.target)) return { route: one, asked: rest };
    }
    return { route: closest, refusal: 'path' };
  }

  function connect(head: RequestHead): ReturnType<Door['admit']> {
    const named = authorityOf(head.target, null);
    if (named === null || head.framing === 'chunked' || Number(head.framing) > 0)
      return { route, refusal: 'malformed' };
    return others.connect(named);
  }
}
