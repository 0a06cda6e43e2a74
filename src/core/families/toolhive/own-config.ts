import type { OwnConfig } from '../../inject/config-step.ts';
import { fieldsAt, listAt, textAt } from '../../inject/pod.ts';
import { readTextDocument, type TextDocument } from '../../text-document.ts';
import { object, type Asking } from '../ask.ts';
import { left, type Workload } from '../family.ts';
import { unread, type Stopped } from '../made-by.ts';
import { mountedAt } from '../mounted-config.ts';

/** Where a program of ToolHive's reads its configuration, in a ConfigMap of the operator's. */
export interface Place extends Pick<OwnConfig, 'file' | 'format'> {
  readonly container: string;
  readonly mountPath: string;
}

export interface ReadConfig {
  readonly kind: 'config';
  readonly own: OwnConfig;
  readonly document: TextDocument;
}

/** What the pod's configuration says now; the step in the pod looks again. */
export function* ownConfig(
  { pod, namespace }: Workload,
  { container, mountPath, file, format }: Place,
): Asking<ReadConfig | Stopped> {
  const mounted = mountedAt(pod, container, mountPath);
  const configMap = fieldsAt(mounted?.source, 'configMap');
  const name = textAt(configMap, 'name');
  if (!mounted || name === '' || listAt(configMap, 'items').length > 0)
    return left(
      `container ${container} has not all of a ConfigMap at ${mountPath}, as ToolHive mounts it`,
      'take what changes it out of podTemplateSpec',
    );
  const wanted = { group: '', kind: 'ConfigMap', plural: 'configmaps', versions: ['v1'], namespace, name };
  const found = yield* object(wanted);
  if (found.state !== 'present') return unread(`ConfigMap ${name}`, found);
  const document = readTextDocument(textAt(fieldsAt(found.object, 'data'), file), format);
  if (!document)
    return left(
      `${file} of ConfigMap ${name} is not what ToolHive writes`,
      'report it with the version of ToolHive',
    );
  return { kind: 'config', own: { ...mounted, file, format, onMismatch: 'exit' }, document };
}
