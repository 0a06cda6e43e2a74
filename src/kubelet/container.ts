import path from 'node:path';
import { annotations } from '../core/annotations.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { valuesOf } from '../facts/observe.ts';
import type { KubernetesObject } from '../files/documents.ts';
import { namespaceOf } from '../files/file-cluster.ts';
import { layOutVolume } from './volume.ts';

/** What a kubelet does for a container before it starts it, for a machine that has none. */

/** The sources a pod's volumes are filled from: Secrets and ConfigMaps by kind and name. */
export type Sources = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

/** Those of one namespace; `fallback` is the one of objects that name none. */
export function sourcesAmong(
  objects: readonly KubernetesObject[],
  namespace: string,
  fallback = namespace,
): Sources {
  return new Map(
    objects.flatMap((object) =>
      (object.kind === 'Secret' || object.kind === 'ConfigMap') && namespaceOf(object, fallback) === namespace
        ? [[`${object.kind}/${String(object.metadata?.name)}`, valuesOf(object.kind, object)] as const]
        : [],
    ),
  );
}

/** What a container would see: its volumes below a folder that stands for its root. Called again, it rotates them. */
export function layOutContainer(
  pod: Fields,
  containerName: string,
  root: string,
  sources: Sources,
): string[] {
  const spec = fieldsAt(pod, 'spec');
  const container = containerOf(pod, containerName);
  return listAt(container, 'volumeMounts').map((mount) => {
    const volume = listAt(spec, 'volumes').find((one) => textAt(one, 'name') === textAt(mount, 'name')) ?? {};
    const folder = path.join(root, textAt(mount, 'mountPath'));
    layOutVolume(folder, contentOf(volume, pod, sources));
    return folder;
  });
}

export function containerOf(pod: Fields, name: string): Fields {
  const spec = fieldsAt(pod, 'spec');
  const found = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].find(
    (one) => textAt(one, 'name') === name,
  );
  if (!found) throw new Error(`the pod has no container ${name}`);
  return found;
}

function contentOf(volume: Fields, pod: Fields, sources: Sources): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const source of listAt(fieldsAt(volume, 'projected'), 'sources')) {
    const kind = source['secret'] === undefined ? 'configMap' : 'secret';
    const { [kind]: reference } = source;
    const values = sources.get(`${kind === 'secret' ? 'Secret' : 'ConfigMap'}/${textAt(reference, 'name')}`);
    const items = listAt(reference, 'items');
    for (const item of items) {
      const value = values?.get(textAt(item, 'key'));
      if (value) files[textAt(item, 'path')] = value;
    }
    if (items.length === 0) for (const [key, value] of values ?? []) files[key] = value;
  }
  for (const item of listAt(fieldsAt(volume, 'downwardAPI'), 'items')) {
    const key = /\['([^']+)'\]$/.exec(textAt(fieldsAt(item, 'fieldRef'), 'fieldPath'))?.[1] ?? '';
    files[textAt(item, 'path')] = Buffer.from(annotations(pod).get(key) ?? '');
  }
  return files;
}
