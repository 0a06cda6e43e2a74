import { undescribedIn, type Unchecked, type UndescribedKind } from '../core/audit/undescribed.ts';
import { NotListed } from '../core/cluster.ts';
import type { KindDescription } from '../core/kinds/description.ts';
import { inGroup } from '../core/model.ts';
import type { SourceDocument } from '../files/source.ts';

/** Where `audit` finds definitions and counts objects of kinds that no description reads. */
export interface Definitions {
  readonly pages: () => AsyncIterable<readonly unknown[]>;
  readonly count: (kind: UndescribedKind) => Promise<number>;
}

export type Counted =
  | { readonly state: 'counted'; readonly unchecked: readonly Unchecked[] }
  /** The definitions or the objects could not be listed. */
  | { readonly state: 'unknown'; readonly why: string };

export async function countUndescribed(
  { pages, count }: Definitions,
  descriptions: readonly KindDescription[],
): Promise<Counted> {
  const unchecked: Unchecked[] = [];
  let what = 'the custom resource definitions';
  try {
    const found: UndescribedKind[] = [];
    for await (const page of pages()) found.push(...undescribedIn(page, descriptions));
    for (const kind of found) {
      what = inGroup(kind.plural, kind.group);
      const objects = await count(kind);
      if (objects > 0) unchecked.push({ group: kind.group, kind: kind.kind, objects });
    }
  } catch (error) {
    if (!(error instanceof NotListed)) throw error;
    return { state: 'unknown', why: `${what} could not be listed: ${error.message}` };
  }
  return { state: 'counted', unchecked };
}

/** Definitions that are among the files. */
export function definitionsInFiles(documents: readonly SourceDocument[]): Definitions {
  const isDefinition = ({ identity }: SourceDocument) => identity.kind === 'CustomResourceDefinition';
  return {
    async *pages() {
      for (const document of documents) if (isDefinition(document)) yield [document.object];
    },
    count: ({ group, kind }) =>
      Promise.resolve(
        documents.filter(({ identity }) => identity.group === group && identity.kind === kind).length,
      ),
  };
}
