import { onTestFinished } from 'vitest';
import { startCertificateController, type AuthoritySource } from '../../src/certs/certificate-controller.ts';
import type {
  Clock,
  InstalledConfiguration,
  InstalledEntry,
  LeaderLease,
  OwnObjects,
  OwnSecret,
  ReplicaReport,
  StoredSecret,
  StoredReplicaReport,
  WebhookKind,
} from '../../src/certs/own-objects.ts';
import { replicaIdentity, type Leaf } from '../../src/certs/replica.ts';
import { pairIn } from '../../src/certs/served.ts';
import type { Issued } from '../../src/certs/issue.ts';
import type { ReconcileLoop } from '../../src/certs/reconcile-loop.ts';
import type { WebhookIdentity } from '../../src/certs/webhook-identity.ts';
import { createCertificateControllerMetrics } from '../../src/telemetry/certificate-controller-metrics.ts';
import { createLog } from '../../src/telemetry/log.ts';

export const day = 24 * 60 * 60 * 1000;
const home = 'sallyport-system';

/** Time that passes when a test says so, together with everything that waits for it. */
export class Time implements Clock {
  /** The real one to begin with: real connections look at it as well. */
  #now = Date.now();
  #elapsed = 0;
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  #running = 0;

  now = () => this.#now;
  elapsed = () => this.#elapsed;

  sleep = (ms: number, stop: AbortSignal): Promise<void> => {
    this.#running -= 1;
    return new Promise((resolve) => {
      const stopped = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      };
      const sleeper = {
        at: this.#elapsed + ms,
        wake: () => {
          stop.removeEventListener('abort', stopped);
          this.#running += 1;
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      stop.addEventListener('abort', stopped, { once: true });
    });
  };

  /** A loop that was started runs until it sleeps. */
  async started(): Promise<void> {
    this.#running += 1;
    await this.#untilAllSleep();
  }

  /** The time of day alone, as when months went by with nothing to do, or somebody sets it. */
  jump(ms: number): void {
    this.#now += ms;
  }

  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
      const to = next && next.at <= end ? next.at : end;
      this.#now += to - this.#elapsed;
      this.#elapsed = to;
      if (!next || next.at > end) return;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      next.wake();
      await this.#untilAllSleep();
    }
  }

  async #untilAllSleep(): Promise<void> {
    while (this.#running > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Running {
  readonly lines: readonly string[];
  readonly stop: () => void;
}
export interface RunningReplica extends Running {
  readonly identity: WebhookIdentity;
  /** Each certificate it showed, the last one at the end. */
  readonly shown: readonly Issued[];
}
export interface RunningController extends Running {
  readonly loop: ReconcileLoop;
  /** As Prometheus sees them. */
  readonly metrics: () => Promise<string>;
}

const entry = (name: string): InstalledEntry => ({
  name,
  caBundle: undefined,
  path: undefined,
  namespace: home,
});

/** What one install keeps in its namespace. */
class Namespace {
  readonly secrets = new Map<OwnSecret, StoredSecret>();
  readonly reports = new Map<string, StoredReplicaReport>();
  leadership: LeaderLease | undefined;
}

/** The cluster's side of it, in memory, as everybody of ours sees it. */
export class World {
  readonly time = new Time();
  readonly #namespaces = new Map<string, Namespace>();
  readonly configurations = new Map<WebhookKind, InstalledConfiguration>([
    [
      'ValidatingWebhookConfiguration',
      {
        claimedBy: undefined,
        entries: [entry('validate-mcp-resources.sallyport.dev'), entry('check-labelled-pods.sallyport.dev')],
      },
    ],
    [
      'MutatingWebhookConfiguration',
      {
        claimedBy: undefined,
        entries: [entry('inject-labelled-pods.sallyport.dev'), entry('somebody.example.com')],
      },
    ],
  ]);
  /** While it is set, nobody can ask the API server anything. */
  outage = false;
  /** Those who cannot, by the names of their pods. */
  readonly cutOff = new Set<string>();
  /** Whether replicas may write their Leases. */
  mayReport = true;
  /** Every write of a Secret, in order. */
  readonly written: OwnSecret[] = [];
  #versions = 0;

  #namespace(name: string): Namespace {
    const found = this.#namespaces.get(name) ?? new Namespace();
    this.#namespaces.set(name, found);
    return found;
  }

  /** Those of the first install. */
  get secrets(): Map<OwnSecret, StoredSecret> {
    return this.#namespace(home).secrets;
  }
  get reports(): Map<string, StoredReplicaReport> {
    return this.#namespace(home).reports;
  }

  get entries(): readonly InstalledEntry[] {
    return [...this.configurations.values()].flatMap((one) => one.entries);
  }

  /** Puts the same two fields into every entry of ours, as somebody's hand may. */
  overwrite(fields: Partial<InstalledEntry>): void {
    for (const [kind, { claimedBy, entries }] of this.configurations)
      this.configurations.set(kind, {
        claimedBy,
        entries: entries.map((one) => (one.name.endsWith('sallyport.dev') ? { ...one, ...fields } : one)),
      });
  }

  put(name: OwnSecret, values: Readonly<Record<string, string>>, namespace = home): void {
    this.#versions += 1;
    const stored = { values: new Map(Object.entries(values)), version: String(this.#versions) };
    this.#namespace(namespace).secrets.set(name, stored);
  }

  objects(pod: string, namespace: string): OwnObjects {
    const own = this.#namespace(namespace);
    const asked = <T>(answer: () => T): Promise<T> =>
      this.outage || this.cutOff.has(pod)
        ? Promise.reject(new Error('connection refused'))
        : Promise.resolve(answer());
    const isFirst = (there: { readonly version: string } | undefined, over?: { readonly version: string }) =>
      there?.version === over?.version;
    return {
      namespace,
      readSecret: (name) => asked(() => own.secrets.get(name)),
      writeSecret: (name, values, over) =>
        asked(() => {
          if (!isFirst(own.secrets.get(name), over)) return false;
          this.put(name, Object.fromEntries(values), namespace);
          this.written.push(name);
          return true;
        }),
      configuration: (kind) => asked(() => this.configurations.get(kind)),
      publish: (kind, entries) =>
        asked(() => {
          const wanted = new Map(entries.map((one) => [one.name, one]));
          const before = this.configurations.get(kind)?.entries ?? [];
          this.configurations.set(kind, {
            claimedBy: namespace,
            entries: before.map((one) => ({ ...one, ...wanted.get(one.name) })),
          });
        }),
      report: (report: ReplicaReport & { steadyMs: number; lifeMs: number }) =>
        asked(() => {
          if (!this.mayReport) throw Object.assign(new Error('forbidden'), { code: 403 });
          this.#versions += 1;
          own.reports.set(pod, { ...report, replica: pod, renewed: String(this.#versions) });
        }),
      reports: () => asked(() => [...own.reports.values()]),
      leadership: () => asked(() => own.leadership),
      lead: (holder, _lifeMs, over) =>
        asked(() => {
          if (!isFirst(own.leadership, over)) return false;
          this.#versions += 1;
          own.leadership = { holder, renewed: String(this.#versions), version: String(this.#versions) };
          return true;
        }),
    };
  }

  #surroundings() {
    const [stop, lines]: [AbortController, string[]] = [new AbortController(), []];
    onTestFinished(() => stop.abort());
    const log = createLog((line) => void lines.push(line));
    return { lines, stop: () => stop.abort(), given: { log, stop: stop.signal, clock: this.time } };
  }

  async controller(
    name = 'controller-1',
    namespace = home,
    source?: AuthoritySource,
  ): Promise<RunningController> {
    const { lines, stop, given } = this.#surroundings();
    const own = { leafMs: 90 * day, authorityMs: 365 * day };
    const metrics = createCertificateControllerMetrics();
    const objects = this.objects(name, namespace);
    const loop = startCertificateController(objects, source ?? { kind: 'own', lifetimes: own }, name, {
      ...given,
      metrics,
    });
    await this.time.started();
    return { loop, lines, stop, metrics: metrics.metrics };
  }

  async replica(name: string, namespace = home): Promise<RunningReplica> {
    const { lines, stop, given } = this.#surroundings();
    const objects = this.objects(name, namespace);
    const kept: Leaf = async () => pairIn(await objects.readSecret('sallyport-webhook'));
    const started = replicaIdentity(objects, kept, given);
    const shown: Issued[] = [];
    const identity = await started;
    identity.onRenewal((certificate) => shown.push(certificate));
    await this.time.started();
    return { identity, shown, lines, stop };
  }
}
