import { inGroup, type ObjectRef } from '../model.ts';
import data from './upstream-fields.yaml';

/** The fields that released CRDs of upstream systems know, for the kinds whose CRD was at hand (docs/adr/0031). */

/** Steps below a value: a field's name, `[]` for items, `{}` for entries, `*` for anything. */
export interface SchemaNode {
  /** `undefined`: the step is known, and what is below it is not checked. */
  readonly steps: ReadonlyMap<string, SchemaNode | undefined>;
}

export interface KnownSchema {
  readonly root: SchemaNode;
  /** Such as `ToolHive v0.44.0`. */
  readonly releases: readonly string[];
}

interface Written {
  readonly releases: readonly string[];
  readonly kinds: Readonly<Record<string, { readonly root: number; readonly releases: readonly number[] }>>;
  /** One node a line, which names only nodes of earlier lines. */
  readonly nodes: string;
}

const written = data as Written;
let parsed: readonly SchemaNode[] | undefined;

/** `undefined` for a kind or version without a CRD at hand. */
export function knownSchema({ kind, group, version }: ObjectRef): KnownSchema | undefined {
  const name = `${inGroup(kind, group)}/${version}`;
  const found = Object.hasOwn(written.kinds, name) ? written.kinds[name] : undefined;
  const root = found && (parsed ??= parse(written.nodes))[found.root];
  return root && { root, releases: found.releases.map((i) => written.releases[i] ?? '') };
}

/** The kinds and versions with a list of fields, as `Kind.group/version`. */
export const checkedKinds: readonly string[] = Object.keys(written.kinds);

function parse(text: string): SchemaNode[] {
  const nodes: SchemaNode[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const steps = line === '-' ? [] : line.split(' ').map((step) => step.split(':'));
    nodes.push({
      steps: new Map(
        steps.map(([name = '', place]) => [name, place === undefined ? undefined : nodes[Number(place)]]),
      ),
    });
  }
  return nodes;
}
