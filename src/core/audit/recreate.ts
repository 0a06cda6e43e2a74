import { fieldsAt, textAt, type Fields } from '../k8s/objects.ts';
import { shownName } from '../printable.ts';
import { shellName } from '../shell.ts';
import { directOwnerOf } from './top-owner.ts';

/** How to replace a pod, with the command: a running pod is never changed. */
export function recreate(pod: Fields): string {
  const metadata = fieldsAt(pod, 'metadata');
  const namespace = textAt(metadata, 'namespace');
  const { kind } = directOwnerOf(pod, namespace);
  const command = `kubectl${namespace === '' ? '' : ` -n ${shellName(namespace)}`} delete pod ${shellName(textAt(metadata, 'name'))}`;
  return kind === 'Pod'
    ? `delete the pod and create it again: ${command}`
    : `delete the pod, and its ${shownName(kind)} creates a new one: ${command}`;
}
