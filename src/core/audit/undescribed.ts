import type { KindDescription } from '../kinds/description.ts';
import { inGroup } from '../model.ts';
import { coverageOf } from '../schemas/coverage.ts';
import { definitionsIn } from '../schemas/definition.ts';

/** Kinds about MCP without a description: nothing of their objects is checked. */

export interface UndescribedKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** The first served one, in which its objects can be listed. */
  readonly version: string;
}

export function undescribedIn(
  objects: readonly unknown[],
  descriptions: readonly KindDescription[],
): UndescribedKind[] {
  const definitions = definitionsIn(objects);
  const versions = new Map(
    definitions.map(({ kind, group, versions: [first] }) => [inGroup(kind, group), first?.name]),
  );
  return coverageOf(definitions, descriptions)
    .kinds.filter(({ family }) => family === undefined)
    .flatMap(({ group, kind, plural }) => {
      const version = versions.get(inGroup(kind, group));
      return version === undefined ? [] : [{ group, kind, plural, version }];
    });
}

export interface Unchecked {
  readonly group: string;
  readonly kind: string;
  readonly objects: number;
}

/** `3 objects of 2 kinds`, each with its count. */
export function uncheckedText(unchecked: readonly Unchecked[]): string {
  const total = unchecked.reduce((sum, { objects }) => sum + objects, 0);
  const kinds = unchecked.map(({ kind, group, objects }) => `${inGroup(kind, group)} (${objects})`);
  return `${total} ${total === 1 ? 'object' : 'objects'} of kinds that no description reads ${total === 1 ? 'was' : 'were'} not checked: ${kinds.join(', ')}`;
}
