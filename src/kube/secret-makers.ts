import { ApiException, type CustomObjectsApi } from '@kubernetes/client-node';
import type { SourceRef } from '../core/model.ts';
import { madeSecret, secretMakers } from '../core/pending.ts';
import { asked, isObjectName } from './asked.ts';

/** A kind that is not there or not ours to list is not asked for again for so long: most clusters have none of them. */
const forgetMs = 5 * 60_000;

/**
 * What is about to make a Secret, where the platform grants `list` on the kinds that do. Not being allowed to, or not
 * having them, is as good as nothing being there.
 */
export function secretMakersIn(custom: CustomObjectsApi) {
  const refused = new Map<string, number>();

  const list = async (
    group: string,
    version: string,
    plural: string,
    namespace: string,
    signal: AbortSignal,
  ) => {
    const kind = `${plural}.${group}/${version}`;
    if ((refused.get(kind) ?? 0) > performance.now()) return [];
    const shun = () => refused.set(kind, performance.now() + forgetMs);
    try {
      const answer = await asked(
        () => custom.listNamespacedCustomObject({ group, version, namespace, plural }),
        signal,
      );
      if (answer === undefined) shun();
      const { items = [] } = (answer ?? {}) as { items?: readonly { metadata?: { name?: string } }[] };
      return items;
    } catch (error) {
      if (error instanceof ApiException && error.code === 403) shun();
      return [];
    }
  };

  return {
    /** `Kind/name` of what makes this Secret. Never rejects. */
    async of({ kind, namespace, name }: SourceRef, signal: AbortSignal): Promise<string | undefined> {
      if (kind !== 'Secret' || !isObjectName(name)) return undefined;
      const found = await Promise.all(
        secretMakers.map(async (maker) => {
          for (const version of maker.versions) {
            const items = await list(maker.group, version, maker.plural, namespace, signal);
            const one = items.find((item) => madeSecret(maker, item) === name);
            if (one) return `${maker.kind}/${one.metadata?.name ?? ''}`;
          }
          return undefined;
        }),
      );
      return found.find((one) => one !== undefined);
    },
  };
}
