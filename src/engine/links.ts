import type { LinkFact, LinkFacts } from '../core/facts.ts';
import type { Kinds } from '../core/kinds/index.ts';
import { objectKey, type McpServer, type ObjectName } from '../core/model.ts';
import type { Cluster, Deadline } from '../core/cluster.ts';
import type { Work } from '../core/work.ts';

interface Known {
  readonly kinds: Kinds;
  readonly cluster: Pick<Cluster, 'get'>;
}

const none: LinkFacts = new Map();

interface Wanted extends ObjectName {
  /** As for the lookup. */
  readonly eventual?: true;
}

/** Looks up each object of a known kind once. If an object is listed twice, the last entry counts. */
export async function lookUpLinks(
  { kinds, cluster }: Known,
  targets: readonly Wanted[],
  deadline: Deadline,
  work?: Work,
): Promise<LinkFacts> {
  if (targets.length === 0) return none;
  const each = new Map(targets.map((target) => [objectKey(target), target]));
  const found = await Promise.all(
    [...each.values()].map(async (target) => {
      const kind = kinds.find(target.group, target.kind);
      if (!kind) return [];
      const { namespace, name, eventual } = target;
      const found = await cluster.get({ ...kind, namespace, name, ...(eventual && { eventual }) }, deadline);
      const fact: LinkFact =
        found.state === 'present'
          ? { state: 'present', object: found.object, reading: kind.read(found.object, found.ref, work) }
          : found;
      return [[objectKey(target), fact] as const];
    }),
  );
  return new Map(found.flat());
}

/** What the objects that are named describe: their Secrets matter as well. */
export const serversOf = (targets: readonly ObjectName[], found: LinkFacts): McpServer[] =>
  targets.flatMap((target) => {
    const fact = found.get(objectKey(target));
    return fact?.state === 'present' ? fact.reading.servers : [];
  });
