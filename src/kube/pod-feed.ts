import type { KubeConfig } from '@kubernetes/client-node';
import { fieldsAt, isFields, type Fields } from '../core/k8s/objects.ts';
import { WatchFailed, type PodFeed } from '../engine/watch.ts';
import { pagesOf } from './pages.ts';
import { RawRefusal, rawRequests } from './raw.ts';

const path = '/api/v1/pods';
/** The API server sends a bookmark about once a minute. A watch without one for so long has lost its connection. */
const silenceMs = 5 * 60_000;
/** The version that the watch continues from is no longer stored; the next list returns a newer one. */
const gone = 410;

/** Pods of a live cluster, listed and watched. */
export function podFeed(config: KubeConfig): PodFeed {
  const raw = rawRequests(config);
  return {
    async *pages(labelSelector, signal) {
      for await (const { items, resourceVersion } of pagesOf(raw, { path, labelSelector }, signal))
        yield { items: items.map(asPod), resourceVersion };
    },
    async *added(labelSelector, { resourceVersion, seconds }, signal) {
      const query = {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        labelSelector,
        timeoutSeconds: seconds,
      };
      const events = raw.lines({ path, query, silenceMs }, signal);
      for (;;) {
        const next = await events.next().catch((error: unknown) => endOf(error, signal));
        if (next.done) return;
        const event = next.value;
        if (!isFields(event)) continue;
        if (event['type'] === 'ERROR') return failUnlessGone(fieldsAt(event, 'object')['code']);
        if (event['type'] === 'ADDED') yield asPod(fieldsAt(event, 'object'));
      }
    },
  };
}

/** A closed connection is an end like any other: the list that follows fails if the API server does not respond. */
function endOf(error: unknown, signal: AbortSignal): { readonly done: true } {
  signal.throwIfAborted();
  if (error instanceof RawRefusal) failUnlessGone(error.code);
  return { done: true };
}

function failUnlessGone(code: unknown): void {
  if (code !== gone) throw new WatchFailed(typeof code === 'number' ? code : undefined);
}

/** The items of a list leave out what they are. */
const asPod = (pod: Fields): Fields => ({ ...pod, kind: 'Pod' });
