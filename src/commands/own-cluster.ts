import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, OwnObjects } from '../certs/own-objects.ts';
import { InputError } from '../files/documents.ts';
import type { Terminal } from './command.ts';

/** The cluster a program of ours runs in, and the pod it is there. */

/** The Kubernetes client would go on without and call a host named "undefined". */
export function requirePod({ env }: Terminal): void {
  if (env['KUBERNETES_SERVICE_HOST'] === undefined)
    throw new InputError('--in-cluster works only in a pod, where KUBERNETES_SERVICE_HOST is set');
}

/** A pod's name is its host name; the environment says both where a manifest of ours started it. */
export const podName = ({ env }: Terminal): string => env['POD_NAME'] ?? os.hostname();

export async function ownObjectsOf(terminal: Terminal): Promise<OwnObjects> {
  const { inCluster } = await import('../kube/kube-cluster.ts');
  const { ownObjects } = await import('../kube/own-objects.ts');
  return ownObjects(inCluster(), { pod: podName(terminal), uid: terminal.env['POD_UID'] });
}

export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, stop) => sleep(ms, undefined, { signal: stop }).catch(() => undefined),
};
