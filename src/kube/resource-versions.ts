import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import type { KubeConfig } from '@kubernetes/client-node';
import { fieldsAt, isFields, textAt, type Fields } from '../core/k8s/objects.ts';
import { inGroup } from '../core/model.ts';
import type { FollowedKind, StoredVersion } from '../engine/resource-memory.ts';
import { pagesOf } from './pages.ts';
import { rawRequests, type Raw } from './raw.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const metadataOf = (what: string) => `application/json;as=${what};g=meta.k8s.io;v=v1`;

/** About 200 bytes each: 4 MB. A cluster with more objects than that is asked for each of them, as before. */
const maxObjects = 20_000;
/** The API server ends a watch after about so long, and the next goes on from where it was. */
const watchSeconds = 300;
/** The API server sends a bookmark about once a minute. A watch without one for so long has lost its connection. */
const silenceMs = 90_000;
/** An API server may end a watch at once, again and again. */
const leastRoundMs = 1000;
/** After a list or watch that was refused or broke off. The objects are asked for one by one meanwhile. */
const pauseMs = 15_000;

export interface ResourceVersions {
  /**
   * Which version of an object is stored now, as far as a watch has reported it. The first question about a kind starts its
   * watch.
   */
  readonly of: StoredVersion;
  /** How many watches are open. */
  readonly open: () => number;
}

interface Followed {
  /** By namespace and name. */
  readonly objects: Map<string, string>;
  open: boolean;
}

const notWatched = { state: 'unknown' } as const;

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/**
 * Watches the metadata of MCP resources, of every kind that is asked about. Nothing else of them is sent, and Secrets are
 * never among them. What a watch reports is a few milliseconds old at most; while it is not open, nothing is known.
 */
export function resourceVersions(config: KubeConfig, stop: AbortSignal): ResourceVersions {
  const raw = rawRequests(config);
  const ended = AbortSignal.any([stop]);
  // Each watch listens, and there are as many as kinds.
  setMaxListeners(0, ended);
  const followed = new Map<string, Followed>();
  const total = () => [...followed.values()].reduce((sum, { objects }) => sum + objects.size, 0);
  const followedAs = (kind: FollowedKind): Followed => {
    const key = inGroup(kind.plural, kind.group);
    const before = followed.get(key);
    if (before) return before;
    const one = { objects: new Map<string, string>(), open: false };
    followed.set(key, one);
    void follow(raw, kind, one, () => total() < maxObjects, ended);
    return one;
  };
  return {
    of(kind, namespace, name) {
      const { open, objects } = followedAs(kind);
      if (!open) return notWatched;
      const resourceVersion = objects.get(keyOf(namespace, name));
      return resourceVersion === undefined ? { state: 'absent' } : { state: 'present', resourceVersion };
    },
    open: () => [...followed.values()].filter(({ open }) => open).length,
  };
}

/** Until it is told to stop. Never rejects: without a watch each object is asked for. */
async function follow(
  raw: Raw,
  { group, plural, versions }: FollowedKind,
  followed: Followed,
  room: () => boolean,
  stop: AbortSignal,
): Promise<void> {
  const paths = versions.map((version) => `/apis/${group}/${version}/${plural}`);
  let from: Point | undefined;
  while (!stop.aborted) {
    const began = performance.now();
    try {
      from ??= await listFirst(raw, paths, followed, room, stop);
      if (from) from = await watch(raw, from, followed, stop);
    } catch {
      from = undefined;
    }
    followed.open = false;
    const ms = !from ? pauseMs : leastRoundMs - (performance.now() - began);
    if (ms > 0) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Where a watch goes on from. */
interface Point {
  readonly path: string;
  readonly resourceVersion: string;
}

/** In the newest version that is served; `undefined` where none is, or there are too many objects. */
async function listFirst(
  raw: Raw,
  paths: readonly string[],
  followed: Followed,
  room: () => boolean,
  stop: AbortSignal,
): Promise<Point | undefined> {
  for (const path of paths) {
    const resourceVersion = await list(raw, path, followed, room, stop);
    if (resourceVersion !== undefined) return { path, resourceVersion };
  }
  return undefined;
}

async function list(
  raw: Raw,
  path: string,
  { objects }: Followed,
  room: () => boolean,
  stop: AbortSignal,
): Promise<string | undefined> {
  objects.clear();
  let version: string | undefined;
  for await (const page of pagesOf(raw, { path, accept: metadataOf('PartialObjectMetadataList') }, stop)) {
    for (const { key, resourceVersion } of page.items.map(versionOf)) objects.set(key, resourceVersion);
    version = page.resourceVersion;
    if (room()) continue;
    objects.clear();
    return undefined;
  }
  return version;
}

/** Gives where the next watch goes on from; `undefined` when all must be listed again. */
async function watch(
  raw: Raw,
  { path, resourceVersion: from }: Point,
  followed: Followed,
  stop: AbortSignal,
): Promise<Point | undefined> {
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: watchSeconds,
  };
  const answer = await raw.open(
    { path, query, accept: metadataOf('PartialObjectMetadata'), silenceMs },
    stop,
  );
  try {
    if (answer.statusCode !== 200) return undefined;
    followed.open = true;
    let version = from;
    for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
      const event: unknown = line === '' ? undefined : JSON.parse(line);
      if (!isFields(event)) continue;
      // Mostly 410: what the watch goes on from is no longer stored.
      if (event['type'] === 'ERROR') return undefined;
      const { key, resourceVersion } = versionOf(fieldsAt(event, 'object'));
      version = resourceVersion;
      if (event['type'] === 'DELETED') followed.objects.delete(key);
      else if (event['type'] !== 'BOOKMARK') followed.objects.set(key, resourceVersion);
      if (followed.objects.size > maxObjects) return undefined;
    }
    return { path, resourceVersion: version };
  } finally {
    followed.open = false;
    answer.destroy();
  }
}

function versionOf(object: Fields): { readonly key: string; readonly resourceVersion: string } {
  const metadata = fieldsAt(object, 'metadata');
  return {
    key: keyOf(textAt(metadata, 'namespace'), textAt(metadata, 'name')),
    resourceVersion: textAt(metadata, 'resourceVersion'),
  };
}
