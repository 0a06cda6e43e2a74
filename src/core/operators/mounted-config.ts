import type { OwnConfig } from '../inject/config-step.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';

/** Where an operator's app reads its configuration: the volume, whatever it is of, and who mounts it. */
export interface Mounted extends Pick<OwnConfig, 'container' | 'mount' | 'volume'> {
  readonly source: Fields;
}

/** `undefined` where the operator would not mount it so: another container, a part of the volume, several mounts. */
export function mountedAt(pod: Fields, container: string, mountPath: string): Mounted | undefined {
  const own = containersOf(pod).find(({ list, name }) => list === 'containers' && name === container);
  if (!own) return undefined;
  const mounts = listAt(own.fields, 'volumeMounts');
  const there = [...mounts.entries()].filter(([, one]) => isWithin(textAt(one, 'mountPath'), mountPath));
  const [only, ...more] = there;
  if (!only || more.length > 0) return undefined;
  const [mount, fields] = only;
  if (textAt(fields, 'subPath') !== '' || textAt(fields, 'subPathExpr') !== '') return undefined;
  const volume = textAt(fields, 'name');
  const source = listAt(fieldsAt(pod, 'spec'), 'volumes').find((one) => textAt(one, 'name') === volume);
  return source && { container: own, mount, volume, source };
}

/** At it or below: a mount below would be hidden, or hide a file. */
const isWithin = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);
