import type { OwnConfig } from '../../inject/config-step.ts';
import { fieldsAt, listAt, textAt } from '../../k8s/objects.ts';
import { readTextDocument, type TextDocument } from '../../text-document.ts';
import { object, type Queries } from '../queries.ts';
import { leaveAlone, type Workload } from '../operator-adapter.ts';
import { unread, type NoExtraction } from '../owner-chain.ts';
import { mountedAt } from '../mounted-config.ts';

/** Where a program of ToolHive's reads its configuration, in a ConfigMap of the operator's. */
export interface ConfigLocation extends Pick<OwnConfig, 'file' | 'format'> {
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
  { container, mountPath, file, format }: ConfigLocation,
): Queries<ReadConfig | NoExtraction> {
  const mounted = mountedAt(pod, container, mountPath);
  const configMap = fieldsAt(mounted?.source, 'configMap');
  const name = textAt(configMap, 'name');
  if (!mounted || name === '' || listAt(configMap, 'items').length > 0)
    return leaveAlone(
      `container ${container} does not mount a whole ConfigMap at ${mountPath}, as ToolHive does`,
      'remove the change of this volume or mount from spec.podTemplateSpec',
    );
  const wanted = { group: '', kind: 'ConfigMap', plural: 'configmaps', versions: ['v1'], namespace, name };
  const found = yield* object(wanted);
  if (found.state !== 'present') return unread(`ConfigMap ${name}`, found);
  const document = readTextDocument(textAt(fieldsAt(found.object, 'data'), file), format);
  if (!document)
    return leaveAlone(
      `${file} in ConfigMap ${name} does not have the form that ToolHive writes`,
      'report this to Sallyport, with the version of ToolHive',
    );
  return { kind: 'config', own: { ...mounted, file, format, onMismatch: 'exit' }, document };
}
