import { inGroup } from '../core/model.ts';
import type { Path } from '../core/path.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import type { Inventory, OtherType, StoredObject } from '../core/cluster.ts';
import type { Position } from './places.ts';
import type { SourceDocument } from './source.ts';

/** Workloads are of several kinds. */
const coreKinds: Readonly<Record<OtherType, string | undefined>> = {
  namespaces: 'Namespace',
  configmaps: 'ConfigMap',
  secrets: 'Secret',
  workloads: undefined,
};

interface Written extends StoredObject {
  readonly placeOf: (at: Path) => { readonly file: string; readonly position: Position };
}

/** An object of a file, with the places of its parts. */
export function storedIn(document: SourceDocument, namespace: string): Written {
  const { file, object, identity } = document;
  return {
    object,
    owner: {
      ...identity,
      name: identity.name || '(no name)',
      namespace: identity.namespace || namespace,
    },
    placeOf: (at) => ({ file, position: document.position(at) }),
  };
}

/** The objects of files, as a cluster would list them. */
export function fileInventory(documents: readonly SourceDocument[], namespace: string): Inventory<Written> {
  // Which document is of which kind is all that is kept: the objects are read again when their turn comes.
  const byKind = new Map<string, SourceDocument[]>();
  for (const document of documents) {
    const { group, kind } = document.identity;
    const key = inGroup(kind, group);
    const before = byKind.get(key);
    if (before) before.push(document);
    else byKind.set(key, [document]);
  }
  const only = async function* (group: string, kind: string) {
    for (const document of byKind.get(inGroup(kind, group)) ?? []) yield storedIn(document, namespace);
  };
  return {
    resources: ({ group, kind }) => only(group, kind),
    pods: () => only('', 'Pod'),
    async *others(type) {
      const kind = coreKinds[type];
      if (kind !== undefined) yield* only('', kind);
      else
        for (const document of documents) {
          const { object } = document;
          const pod = podIn(object);
          if (pod !== undefined && pod !== object) yield storedIn(document, namespace);
        }
    },
    copies: ({ group, kind }) => only(group, kind),
  };
}
