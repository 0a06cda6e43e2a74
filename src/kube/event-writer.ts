import type { KubeConfig } from '@kubernetes/client-node';
import type { PodEvent } from '../core/audit/event.ts';
import { rawRequests } from './raw.ts';

const component = 'sallyport-watcher';

/**
 * Writes events as core/v1, which `kubectl describe` reads. There is one an object and reason: written again, it is newer,
 * and the API server forgets it an hour after the last time.
 */
export function eventWriter(config: KubeConfig, now: () => number, signal: AbortSignal) {
  const raw = rawRequests(config);
  return async ({ name, namespace, reason, message, about }: PodEvent): Promise<number> => {
    const path = `/api/v1/namespaces/${namespace}/events`;
    const time = new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: about,
      type: 'Warning',
      reason,
      message,
      source: { component },
      reportingComponent: component,
      firstTimestamp: time,
      lastTimestamp: time,
    };
    const { code } = await raw.ask({ path, method: 'POST', body }, signal);
    if (code !== 409) return code;
    const again = { lastTimestamp: time, message };
    const contentType = 'application/merge-patch+json';
    const patched = await raw.ask(
      { path: `${path}/${name}`, method: 'PATCH', body: again, contentType },
      signal,
    );
    return patched.code;
  };
}
