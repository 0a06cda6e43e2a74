import type { KubeConfig } from '@kubernetes/client-node';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import type { Inventory, OtherType, StoredObject } from '../core/cluster.ts';
import { pagesOf } from './pages.ts';
import { rawRequests } from './raw.ts';

/** Everything a live cluster holds that matters here, or one namespace of it, with the rights of whoever asks. */
export function kubeInventory(config: KubeConfig, namespace: string | undefined): Inventory {
  const raw = rawRequests(config);
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return {
    async *resources({ group, kind, plural, versions, label }, { signal }) {
      const labelSelector = label === undefined ? undefined : `${label}=true`;
      for (const version of versions) {
        const root = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
        const pages = pagesOf(raw, { path: `${root}${within}/${plural}`, labelSelector }, signal);
        for (;;) {
          const page = await pages.next();
          if (page.done) {
            // Installed, and that was all of it; else an older version may be served.
            if (page.value) return;
            break;
          }
          for (const object of page.value.items) yield stored(object, { group, version, kind });
        }
      }
    },
    async *copies({ group, version, plural, kind, metadataOnly }, { signal }) {
      const root = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
      const accept = metadataOnly ? metadataAlone : undefined;
      for await (const { items } of pagesOf(raw, { path: `${root}${within}/${plural}`, accept }, signal))
        for (const object of items) yield stored(object, { group, version, kind });
    },
    async *pods({ signal }) {
      for await (const { items } of pagesOf(raw, { path: `/api/v1${within}/pods` }, signal))
        for (const object of items) yield stored(object, { group: '', version: 'v1', kind: 'Pod' });
    },
    async *others(type, { signal }) {
      // A workload's template is no metadata; its pods are checked, and one namespace is no list.
      const kind = metadataKinds[type];
      if (kind === undefined || (type === 'namespaces' && namespace !== undefined)) return;
      const path = `/api/v1${type === 'namespaces' ? '' : within}/${type}`;
      for await (const { items } of pagesOf(raw, { path, accept: metadataAlone }, signal))
        for (const { metadata } of items)
          yield stored({ apiVersion: 'v1', metadata }, { group: '', version: 'v1', kind });
    },
  };
}

/** The custom resource definitions of a cluster, page by page. Rejects with `NotListed`. */
export async function* definitionPages(
  config: KubeConfig,
  signal: AbortSignal,
): AsyncGenerator<readonly Fields[]> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  // The API server leaves the kind out of the items of a list.
  for await (const { items } of pagesOf(rawRequests(config), { path }, signal))
    yield items.map((item) => ({ ...item, kind: 'CustomResourceDefinition' }));
}

/** How many objects of a kind there are, in the cluster or in one namespace. Rejects with `NotListed`. */
export async function countObjects(
  config: KubeConfig,
  { group, version, plural }: { readonly group: string; readonly version: string; readonly plural: string },
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `/apis/${group}/${version}${within}/${plural}`;
  let count = 0;
  for await (const { items } of pagesOf(rawRequests(config), { path, accept: metadataAlone }, signal))
    count += items.length;
  return count;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches: no value of a Secret is sent. */
const metadataAlone = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const metadataKinds: Readonly<Record<OtherType, string | undefined>> = {
  namespaces: 'Namespace',
  configmaps: 'ConfigMap',
  secrets: 'Secret',
  workloads: undefined,
};

type Type = Pick<StoredObject['owner'], 'group' | 'version' | 'kind'>;

function stored(object: Fields, type: Type): StoredObject {
  const metadata = fieldsAt(object, 'metadata');
  return {
    // The items of a list leave out what they are.
    object: { ...object, kind: type.kind },
    owner: { ...type, namespace: textAt(metadata, 'namespace'), name: textAt(metadata, 'name') },
  };
}
