import { setTimeout as sleep } from 'node:timers/promises';
import { eventOf, reasonOf, reasons, type PodEvent, type Reason } from '../core/audit/event.ts';
import { directOwnerOf, topOwnerOf, type EventSubject } from '../core/audit/top-owner.ts';
import { injectedLabel, injectLabel } from '../core/annotations.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Finding } from '../core/finding.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { NotListed, type Deadline } from '../core/cluster.ts';
import type { WatchMetrics } from '../telemetry/watch-metrics.ts';
import { auditPod } from './audit-pod.ts';
import type { Engine } from './engine.ts';
import { runQueries } from './inject-operator.ts';
import { originsIn } from './origin-cache.ts';

/** One event an owner and reason in so long: people hear of it, and nobody is flooded. */
const quietMs = 10 * 60_000;
/** After a list that broke off, or a watch that was refused. */
const pauseMs = 15_000;
/** A watch may end at once, again and again; all pods are listed at most this often. */
const leastRoundMs = 5_000;
/** More controllers with pods that stand out are forgotten all at once, and asked for again. */
const maxMakers = 10_000;
/** As many pods are looked at side by side. */
const sideBySide = 8;

/** Pods as they are stored. `labelSelector` left out: all. */
export interface PodFeed {
  /** Each page of a list. Rejects with `NotListed`. */
  pages(
    labelSelector: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly items: readonly Fields[]; readonly resourceVersion: string }>;
  /**
   * Each pod that is stored from then on, for at most so many seconds: the API server may end a watch at any time. Rejects
   * with `WatchFailed` when the API server refuses it.
   */
  added(
    labelSelector: string | undefined,
    from: { readonly resourceVersion: string; readonly seconds: number },
    signal: AbortSignal,
  ): AsyncIterable<Fields>;
}

/** The API server refused a watch, or ended it with an error. */
export class WatchFailed extends Error {
  override readonly name = 'WatchFailed';
  /** The status of the error, if it has one. */
  readonly code: number | undefined;
  constructor(code: number | undefined) {
    super('the watch failed');
    this.code = code;
  }
}

export interface Watching {
  /** Anew for each look, so that a change of the configuration is used. */
  readonly engine: () => Engine;
  readonly feed: PodFeed;
  /** The status that the API server responded with: 200 or 201 if the event is written. */
  readonly write: (event: PodEvent) => Promise<number>;
  readonly metrics: WatchMetrics;
  readonly log: { info(message: string): void; warn(message: string): void };
  readonly now: () => number;
  /** All pods are looked at again after so long: resources change without a word to their pods. */
  readonly everySeconds: number;
  readonly stop: AbortSignal;
}

/** Looks at all pods, then at each that is stored, and after a while at all again. Ends when it is told to stop. */
export async function watchPods(watching: Watching): Promise<void> {
  const teller = new Teller(watching);
  const { feed, metrics, log, now, everySeconds, stop } = watching;
  while (!stop.aborted) {
    // One list or watch that breaks off ends the others: all begin anew together.
    const round = new AbortController();
    const signal = AbortSignal.any([stop, round.signal]);
    const began = now();
    try {
      const selectors = selectorsFor(watching.engine().configuration);
      const counts = new Map<string, number>();
      const versions = await Promise.all(
        selectors.map((selector) => sweep({ ...watching, stop: signal }, teller, selector, counts)),
      );
      metrics.pods([...counts].map(([key, count]) => ({ ...inWords(key), count })));
      metrics.swept(true, now());
      await Promise.all(
        selectors.map(async (selector, i) => {
          const from = { resourceVersion: versions[i] ?? '', seconds: everySeconds };
          for await (const pod of feed.added(selector, from, signal)) await look(watching, teller, pod);
        }),
      );
      const leastMs = Math.min(leastRoundMs, everySeconds * 1000);
      await pause(leastMs - (now() - began), stop);
    } catch (error) {
      round.abort();
      if (stop.aborted) return;
      if (error instanceof NotListed) {
        metrics.swept(false, now());
        log.warn(`pods could not be listed: ${responseText(error.code)}`);
      } else if (error instanceof WatchFailed)
        log.warn(`pods could not be watched: ${responseText(error.code)}`);
      else log.warn('pods could not be examined: unexpected error');
      await pause(pauseMs, stop);
    }
  }
}

/** Why a request failed, with the fix where the watcher has no right to send it. */
function responseText(code: number | undefined): string {
  if (code === undefined) return 'the API server did not respond';
  const text = `the API server responded with ${code}`;
  return code === 401 || code === 403
    ? `${text}. Fix: apply the ClusterRole sallyport-watcher of this release and its binding again`
    : text;
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}

/** An operator's pods need no label of Sallyport's, so where one is switched on, every pod is examined. */
function selectorsFor({ inject }: Configuration): readonly (string | undefined)[] {
  if (Object.values(inject.families).includes(true)) return [undefined];
  return [`${injectLabel}=true`, `${injectedLabel}=true,${injectLabel}!=true`];
}

/** Every pod of a list. Returns from where a watch goes on. */
async function sweep(
  watching: Watching,
  teller: Teller,
  selector: string | undefined,
  counts: Map<string, number>,
): Promise<string> {
  const { engine, feed, stop } = watching;
  const deadline = { signal: stop };
  const now = engine();
  const origins = originsIn(now, deadline);
  let version = '';
  for await (const { items, resourceVersion } of feed.pages(selector, stop)) {
    version = resourceVersion;
    for (let i = 0; i < items.length; i += sideBySide)
      await Promise.all(
        items.slice(i, i + sideBySide).map(async (pod) => {
          const found = await auditPod(now, pod, namespaceOf(pod), origins, deadline);
          if (found.length === 0) return;
          // What was read of a resource may be older than this pod by now.
          for (const reason of await look(watching, teller, pod)) {
            const key = `${namespaceOf(pod)}/${reason}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
        }),
      );
  }
  return version;
}

/** One pod, with what is known of its resources now. */
async function look({ engine, stop }: Watching, teller: Teller, pod: Fields): Promise<readonly Reason[]> {
  const deadline = { signal: stop };
  const now = engine();
  const found = await auditPod(now, pod, namespaceOf(pod), originsIn(now, deadline), deadline);
  const by = new Map<Reason, Finding[]>();
  for (const { finding } of found) {
    // An event is about the pod, and this is about what the watcher itself may read.
    if (finding.undecided !== undefined) {
      teller.notChecked(finding);
      continue;
    }
    const reason = reasonOf(finding, pod);
    by.set(reason, [...(by.get(reason) ?? []), finding]);
  }
  if (by.size > 0) {
    const about = await teller.aboutOf(pod, now, deadline);
    for (const [reason, findings] of by) await teller.tell(eventOf(pod, about, reason, findings));
  }
  return [...by.keys()];
}

const namespaceOf = (pod: Fields): string => textAt(fieldsAt(pod, 'metadata'), 'namespace');

function inWords(key: string): { readonly namespace: string; readonly reason: Reason } {
  const slash = key.indexOf('/');
  const reason = reasons.find((one) => one === key.slice(slash + 1));
  return { namespace: key.slice(0, slash), reason: reason ?? 'Altered' };
}

/** Writes an event unless it was written a moment ago. */
class Teller {
  readonly #watching: Watching;
  readonly #told = new Map<string, number>();
  /** By the uid of the pods' controller. */
  readonly #makers = new Map<string, EventSubject>();

  constructor(watching: Watching) {
    this.#watching = watching;
  }

  /** What is above a controller is remembered; where nothing is, it could perhaps only not be read just now. */
  async aboutOf(pod: Fields, engine: Engine, deadline: Deadline): Promise<EventSubject> {
    const { uid } = directOwnerOf(pod, namespaceOf(pod));
    const known = this.#makers.get(uid);
    if (known) return known;
    const about = await runQueries(engine, topOwnerOf(pod, namespaceOf(pod)), deadline);
    if (about.uid === uid) return about;
    if (this.#makers.size >= maxMakers) this.#makers.clear();
    this.#makers.set(uid, about);
    return about;
  }

  /** One log line for each cause, since it is the same for many pods. */
  notChecked({ what, fix }: Finding): void {
    if (this.#isNew(`not checked: ${what}`)) this.#watching.log.warn(`${what}. Fix: ${fix}.`);
  }

  /** Whether this was not said within the last ten minutes. */
  #isNew(key: string): boolean {
    const { now } = this.#watching;
    for (const [other, at] of this.#told) if (now() - at >= quietMs) this.#told.delete(other);
    if (this.#told.has(key)) return false;
    this.#told.set(key, now());
    return true;
  }

  async tell(event: PodEvent): Promise<void> {
    const { write, metrics, log } = this.#watching;
    if (!this.#isNew(`${event.namespace}/${event.name}`)) return;
    const code = await write(event).catch(() => undefined);
    const written = code === 200 || code === 201;
    metrics.event(event.reason, written ? 'written' : 'failed');
    const about = `${event.reason} of ${event.about.kind} ${event.namespace}/${event.about.name}`;
    if (written) log.info(`event: ${about}`);
    else log.warn(`the event ${about} could not be written: ${responseText(code)}`);
  }
}
