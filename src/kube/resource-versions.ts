import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import type { KubeConfig } from '@kubernetes/client-node';
import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { inGroup } from '../core/model.ts';
import type { FollowedKind, StoredVersion } from '../engine/resource-memory.ts';
import { AnswerBody } from './lookups.ts';
import { rawRequests, type Raw } from './raw.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const metadataOf = (what: string) => `application/json;as=${what};g=meta.k8s.io;v=v1`;

/** About 200 bytes each: 4 MB. A cluster with more objects than that is asked for each of them, as before. */
const maxObjects = 20_000;
/** Metadata of 2 to 8 kB is usual, most of it in annotations and managed fields. */
const pageSize = 50;
/** An author can write 256 KiB of annotations into each object. A parsed page takes several times its size. */
const maxPageBytes = 4 * 1024 * 1024;
/** The API server ends a watch after about so long, and the next goes on from where it was. */
const watchSeconds = 300;
/** The API server sends a bookmark about once a minute. A watch without one for so long has lost its connection. */
const silenceMs = 90_000;
/** An API server may end a watch at once, again and again. */
const leastRoundMs = 1000;
/** After a list or watch that was refused or broke off. The objects are asked for one by one meanwhile. */
const pauseMs = 15_000;
/** After a list that was too long: it costs the API server much, and it is rarely shorter soon. */
const tooLongPauseMs = 10 * 60_000;

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
  const kept = () => [...followed.values()].reduce((sum, { objects }) => sum + objects.size, 0);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(list: () => Promise<T>): Promise<T> => {
    const mine = last.then(list, list);
    last = mine;
    return mine;
  };
  const followedAs = (kind: FollowedKind): Followed => {
    const key = inGroup(kind.plural, kind.group);
    const before = followed.get(key);
    if (before) return before;
    const one = { objects: new Map<string, string>(), open: false };
    followed.set(key, one);
    void follow(raw, kind, one, { stop: ended, room: () => kept() <= maxObjects, inTurn });
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

/** There are too many objects, or their metadata is too large. */
class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** Runs until `stop` aborts. Never rejects: without a watch each object is looked up. */
async function follow(
  raw: Raw,
  { group, plural, versions }: FollowedKind,
  followed: Followed,
  { stop, room, inTurn }: Following,
): Promise<void> {
  const paths = versions.map((version) => `/apis/${group}/${version}/${plural}`);
  let from: Point | undefined;
  while (!stop.aborted) {
    const began = performance.now();
    let ms = pauseMs;
    try {
      from ??= await inTurn(() => listFirst(raw, paths, followed, room, stop));
      if (from) from = await watch(raw, from, followed, room, stop);
      if (from) ms = leastRoundMs - (performance.now() - began);
    } catch (error) {
      from = undefined;
      if (error instanceof TooLong) ms = tooLongPauseMs;
    }
    if (!from) followed.objects.clear();
    if (ms > 0) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }
}

interface Following {
  readonly stop: AbortSignal;
  /** Whether more objects can be kept. */
  readonly room: () => boolean;
  /** One list after the other, so that there is never more than one page in memory. */
  readonly inTurn: <T>(list: () => Promise<T>) => Promise<T>;
}

/** Where a watch goes on from. */
interface Point {
  readonly path: string;
  readonly resourceVersion: string;
}

/** In the newest version that is served; `undefined` where none is. */
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
  let next: string | undefined;
  for (;;) {
    const query = { limit: pageSize, continue: next };
    const answer = await raw.open({ path, query, accept: metadataOf('PartialObjectMetadataList') }, stop);
    let page: Fields;
    try {
      if (answer.statusCode !== 200) return undefined;
      const body = new AnswerBody(answer);
      if (!(await body.readTo(maxPageBytes))) throw new TooLong();
      page = body.object();
    } finally {
      if (!answer.readableEnded) answer.destroy();
    }
    for (const item of listAt(page, 'items')) {
      const { key, resourceVersion } = versionOf(item);
      objects.set(key, resourceVersion);
    }
    if (!room()) throw new TooLong();
    const metadata = fieldsAt(page, 'metadata');
    next = textAt(metadata, 'continue') || undefined;
    if (next === undefined) return textAt(metadata, 'resourceVersion');
  }
}

/** Gives where the next watch goes on from; `undefined` when all must be listed again. */
async function watch(
  raw: Raw,
  { path, resourceVersion: from }: Point,
  followed: Followed,
  room: () => boolean,
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
      if (line === '') continue;
      const { type, key, resourceVersion } = reportedIn(line);
      // Mostly 410: what the watch goes on from is no longer stored.
      if (type === 'ERROR') return undefined;
      version = resourceVersion;
      if (type === 'DELETED') followed.objects.delete(key);
      else if (type !== 'BOOKMARK') followed.objects.set(key, resourceVersion);
      if (!room()) throw new TooLong();
    }
    return { path, resourceVersion: version };
  } finally {
    followed.open = false;
    answer.destroy();
  }
}

interface Reported {
  readonly type: string;
  readonly key: string;
  readonly resourceVersion: string;
}

/**
 * The beginning of a line that an API server sends. Labels, annotations and managed fields follow it. Their size is the choice of
 * the object's author, so they are not parsed. Each part ends at a character that it cannot contain, so the match is linear.
 */
const beginning =
  /^\{"type":"([A-Z]+)","object":\{"kind":"PartialObjectMetadata","apiVersion":"[^"\\]+","metadata":\{"name":"([^"\\]+)",(?:"generateName":"[^"\\]*",)?"namespace":"([^"\\]+)",(?:"uid":"[^"\\]*",)?"resourceVersion":"([^"\\]+)"/;
/** The parts of the expression are at most so long together. */
const maxBeginning = 2048;

function reportedIn(line: string): Reported {
  const begun = beginning.exec(line.slice(0, maxBeginning));
  if (begun) {
    const [, type = '', name = '', namespace = '', resourceVersion = ''] = begun;
    return { type, key: keyOf(namespace, name), resourceVersion };
  }
  const event: unknown = JSON.parse(line);
  return { type: textAt(event, 'type'), ...versionOf(fieldsAt(event, 'object')) };
}

function versionOf(object: unknown): { readonly key: string; readonly resourceVersion: string } {
  const metadata = fieldsAt(object, 'metadata');
  return {
    key: keyOf(textAt(metadata, 'namespace'), textAt(metadata, 'name')),
    resourceVersion: textAt(metadata, 'resourceVersion'),
  };
}
