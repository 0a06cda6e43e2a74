import { splitApiVersion } from '../core/k8s/api-version.ts';
import type { Path } from '../core/path.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import type { Inventory, OtherType, StoredObject } from '../core/cluster.ts';
import type { Position, SourceDocument } from './documents.ts';
import { namespaceOf } from './file-cluster.ts';

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
  const { file, object } = document;
  const name = typeof object.metadata?.name === 'string' ? object.metadata.name : '(no name)';
  const owner = { ...splitApiVersion(object.apiVersion), kind: object.kind, name };
  return {
    object,
    owner: { ...owner, namespace: namespaceOf(object, namespace) },
    placeOf: (at) => ({ file, position: document.position(at) }),
  };
}

/** What stands in files, as a cluster would list it. */
export function fileInventory(documents: readonly SourceDocument[], namespace: string): Inventory<Written> {
  const all = documents.map((document) => storedIn(document, namespace));
  const only = async function* (group: string, kind: string) {
    yield* all.filter(({ owner }) => owner.group === group && owner.kind === kind);
  };
  return {
    resources: ({ group, kind }) => only(group, kind),
    pods: () => only('', 'Pod'),
    async *others(type) {
      const kind = coreKinds[type];
      if (kind !== undefined) yield* only('', kind);
      else yield* all.filter(({ object }) => podIn(object) !== undefined && podIn(object) !== object);
    },
  };
}
