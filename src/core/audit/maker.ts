import type { Asking } from '../families/ask.ts';
import { jobs, ownerOf, replicaSets } from '../families/owners.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../inject/pod.ts';

/** An object, as an event is about it. */
export interface About {
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
export function* makerOf(pod: Fields, namespace: string): Asking<About> {
  const step = yield* ownerOf(pod, namespace, [replicaSets, jobs]);
  const above = step.state === 'found' ? controllerOf(step.object, namespace) : undefined;
  return above ?? directMaker(pod, namespace);
}

/** Its controller, or the pod itself. */
export function directMaker(pod: Fields, namespace: string): About {
  const metadata = fieldsAt(pod, 'metadata');
  const itself = { apiVersion: 'v1', kind: 'Pod', namespace, name: textAt(metadata, 'name') };
  return controllerOf(pod, namespace) ?? { ...itself, uid: textAt(metadata, 'uid') };
}

function controllerOf(object: Fields, namespace: string): About | undefined {
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
