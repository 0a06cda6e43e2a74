import { originOf, type OriginNow } from '../core/audit/outdated.ts';
import { notLookedUp } from '../core/facts.ts';
import { isBeingDeleted } from '../core/k8s/objects.ts';
import { objectKey } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import type { ProxyServer } from '../core/contracts/proxy-contract.ts';
import type { Engine } from './engine.ts';

/** A reading is a few KB. Past that many, what was read first is asked for again. */
const maxKept = 5000;

export type Origins = (server: ProxyServer, namespace: string) => Promise<OriginNow>;

/** The resources that running proxies were told of, each asked for once, however many pods name it. */
export function originsIn({ kinds, cluster }: Engine, deadline: Deadline): Origins {
  const known = new Map<string, Promise<OriginNow>>();
  return (server, namespace) => {
    const origin = originOf(server, kinds);
    if (!origin) return Promise.resolve(notLookedUp);
    const { kind, name } = origin;
    const key = objectKey({ group: kind.group, kind: kind.kind, namespace, name });
    const before = known.get(key);
    if (before) return before;
    const asked = cluster.get({ ...kind, namespace, name }, deadline).then((found): OriginNow => {
      if (found.state !== 'present') return found;
      if (isBeingDeleted(found.object)) return { state: 'absent' };
      return { state: 'present', reading: kind.read(found.object, found.ref) };
    });
    known.set(key, asked);
    for (const oldest of known.keys()) {
      if (known.size <= maxKept) break;
      known.delete(oldest);
    }
    return asked;
  };
}
