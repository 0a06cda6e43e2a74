import { listAt } from '../core/k8s/objects.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import { controlledSecret, secretControllers } from '../core/secret-controllers.ts';
import { textAt, fieldsAt } from '../core/k8s/objects.ts';
import type { Lookups } from './lookups.ts';

/** A kind that is not there or not ours to list is not asked for again for so long: most clusters have none of them. */
const forgetMs = 5 * 60_000;
/** One page. A namespace with more of one kind than that only loses the hint that a missing Secret is about to be made. */
const pageSize = 500;

/**
 * What is about to make a Secret, where the platform grants `list` on the kinds that do. Not being allowed to, or not
 * having them, is as good as nothing being there.
 */
export function secretMakersIn(lookups: Lookups) {
  const refused = new Map<string, number>();

  const list = async (
    group: string,
    version: string,
    plural: string,
    namespace: string,
    signal: AbortSignal,
  ) => {
    const kind = `${plural}.${group}/${version}`;
    if ((refused.get(kind) ?? 0) > performance.now()) return undefined;
    const shun = () => refused.set(kind, performance.now() + forgetMs);
    const path = `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
    const right = { verb: 'list', group, resource: plural, namespace };
    const ask = { path, query: { limit: pageSize }, right };
    const items = await lookups.read(ask, { namespace, signal }, (found) => listAt(found, 'items'));
    if (items.state === 'present') return items.value;
    if (items.state === 'absent' || items.cause === 'forbidden') shun();
    return undefined;
  };

  /** `Kind/name` of what makes each Secret of a namespace, by the Secret's name. */
  const makersIn = async (namespace: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const each = await Promise.all(
      secretControllers.map(async (maker) => {
        for (const version of maker.versions) {
          const items = await list(maker.group, version, maker.plural, namespace, signal);
          // Every version that is served shows the same objects.
          if (!items) continue;
          return items.flatMap((item): [string, string][] => {
            const made = controlledSecret(maker, item);
            const name = textAt(fieldsAt(item, 'metadata'), 'name');
            return made === undefined ? [] : [[made, `${maker.kind}/${name}`]];
          });
        }
        return [];
      }),
    );
    return new Map(each.flat());
  };

  return {
    /** What makes these Secrets, by `sourceKey`; each namespace is listed once. Never rejects. */
    async of(absent: readonly SourceRef[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
      const namespaces = [...new Set(absent.map(({ namespace }) => namespace))];
      const listed = new Map(
        await Promise.all(
          namespaces.map(async (namespace) => [namespace, await makersIn(namespace, signal)] as const),
        ),
      );
      return new Map(
        absent.flatMap((source): [string, string][] => {
          const maker = listed.get(source.namespace)?.get(source.name);
          return maker === undefined ? [] : [[sourceKey(source), maker]];
        }),
      );
    },
  };
}
