import type { Queries } from '../operators/queries.ts';
import { jobs, ownerOf, replicaSets } from '../operators/owner-kinds.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';

/** An object, as an event is about it. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What people look at when a pod stands out: its controller, and where that is a ReplicaSet or Job, what that was made for,
 * such as a Deployment, a CronJob or an operator's Task; the pod itself when nobody made it.
 */
export function* topOwnerOf(pod: Fields, namespace: string): Queries<EventSubject> {
  const step = yield* ownerOf(pod, namespace, [replicaSets, jobs]);
  const above = step.state === 'found' ? controllerOf(step.object, namespace) : undefined;
  return above ?? directOwnerOf(pod, namespace);
}

/** Its controller, or the pod itself. */
export function directOwnerOf(pod: Fields, namespace: string): EventSubject {
  const metadata = fieldsAt(pod, 'metadata');
  const itself = { apiVersion: 'v1', kind: 'Pod', namespace, name: textAt(metadata, 'name') };
  return controllerOf(pod, namespace) ?? { ...itself, uid: textAt(metadata, 'uid') };
}

function controllerOf(object: Fields, namespace: string): EventSubject | undefined {
  const references = listAt(fieldsAt(object, 'metadata'), 'ownerReferences');
  const controller = references.find((one) => one['controller'] === true);
  return (
    controller && {
      apiVersion: textAt(controller, 'apiVersion'),
      kind: textAt(controller, 'kind'),
      namespace,
      name: textAt(controller, 'name'),
      uid: textAt(controller, 'uid'),
    }
  );
}
