import type { KubeConfig } from '@kubernetes/client-node';
import { fieldsAt, isFields, type Fields } from '../core/k8s/objects.ts';
import type { PodFeed } from '../engine/watch.ts';
import { pagesOf } from './pages.ts';
import { rawRequests } from './raw.ts';

const path = '/api/v1/pods';

/** Pods of a live cluster, listed and watched. */
export function podFeed(config: KubeConfig): PodFeed {
  const raw = rawRequests(config);
  return {
    async *pages(labelSelector, signal) {
      for await (const { items, resourceVersion } of pagesOf(raw, { path, labelSelector }, signal))
        yield { items: items.map(asPod), resourceVersion };
    },
    async *added(labelSelector, { resourceVersion, seconds }, signal) {
      const query = { watch: 'true', resourceVersion, labelSelector, timeoutSeconds: seconds };
      for await (const event of raw.lines({ path, query }, signal)) {
        if (!isFields(event)) continue;
        // What it was to go on from is too old: the next list says where to.
        if (event['type'] === 'ERROR') return;
        if (event['type'] === 'ADDED') yield asPod(fieldsAt(event, 'object'));
      }
    },
  };
}

/** The items of a list leave out what they are. */
const asPod = (pod: Fields): Fields => ({ ...pod, kind: 'Pod' });
