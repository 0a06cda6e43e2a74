import type { Fault, Refusal } from './answers.ts';
import type { Store } from './store.ts';

/** What became of a request: the class of the server's status, or what we did instead. */
export type Outcome = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'refused' | 'failed' | 'aborted';

/** Counters of one server. Plain fields: the hot path only adds one. */
export interface Counters {
  readonly requests: Map<Outcome, number>;
  readonly failures: Map<Fault, number>;
  readonly refusals: Map<Refusal, number>;
  active: number;
  streams: number;
  conflicts: number;
  echoes: number;
}

export const createCounters = (): Counters => ({
  requests: new Map(),
  failures: new Map(),
  refusals: new Map(),
  active: 0,
  streams: 0,
  conflicts: 0,
  echoes: 0,
});

export function count<K>(counter: Map<K, number>, key: K): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}

const outcomes: readonly Outcome[] = ['1xx', '1xx', '2xx', '3xx', '4xx', '5xx'];
export const outcomeOf = (status: number): Outcome => outcomes[Math.floor(status / 100)] ?? '5xx';

export interface Measured {
  readonly name: string;
  readonly counters: Counters;
  /** None where no credentials are. */
  readonly store?: Store;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Every metric: name, type, help, and its samples for one server. */
const metrics: readonly (readonly [string, 'counter' | 'gauge', string, (m: Measured) => Sample[]])[] = [
  [
    'sallyport_proxy_requests_total',
    'counter',
    'Requests by outcome.',
    ({ counters }) => byKey('outcome', counters.requests),
  ],
  [
    'sallyport_proxy_upstream_failures_total',
    'counter',
    'Requests to which the proxy responded with an error, by cause.',
    ({ counters }) => byKey('cause', counters.failures),
  ],
  [
    'sallyport_proxy_refused_total',
    'counter',
    'Requests that the proxy rejected, by reason.',
    ({ counters }) => byKey('reason', counters.refusals),
  ],
  [
    'sallyport_proxy_active_requests',
    'gauge',
    'Requests and streams in progress.',
    ({ counters }) => one(counters.active),
  ],
  [
    'sallyport_proxy_open_streams',
    'gauge',
    'Event streams that are open.',
    ({ counters }) => one(counters.streams),
  ],
  [
    'sallyport_proxy_header_conflicts_total',
    'counter',
    'Requests in which the app sent a header that is injected.',
    ({ counters }) => one(counters.conflicts),
  ],
  [
    'sallyport_proxy_echoed_headers_total',
    'counter',
    'Response headers removed because they contained a credential.',
    ({ counters }) => one(counters.echoes),
  ],
  [
    'sallyport_proxy_generation',
    'gauge',
    'Sequence number of the credentials in use; 0 if there are none.',
    ({ store }) => (store ? one(generationOf(store)?.id ?? 0) : []),
  ],
  [
    'sallyport_proxy_generation_age_seconds',
    'gauge',
    'How long the credentials have been in use.',
    ({ store }) => {
      const generation = generationOf(store);
      return generation ? one(Math.round((Date.now() - generation.loadedAt) / 1000)) : [];
    },
  ],
  [
    'sallyport_proxy_client_certificate_expiry_timestamp_seconds',
    'gauge',
    'When the client certificate in use expires.',
    ({ store }) => {
      const notAfter = generationOf(store)?.notAfter ?? null;
      return notAfter === null ? [] : one(Math.floor(notAfter / 1000));
    },
  ],
  [
    'sallyport_proxy_reload_failed',
    'gauge',
    '1 while the current files cannot be used.',
    ({ store }) => (store ? one(store.reloads().failed ? 1 : 0) : []),
  ],
  [
    'sallyport_proxy_reload_failures_total',
    'counter',
    'Failed attempts to use new files.',
    ({ store }) => (store ? one(store.reloads().failures) : []),
  ],
  [
    'sallyport_proxy_last_reload_failure_timestamp_seconds',
    'gauge',
    'Time of the last failed attempt to use new files.',
    ({ store }) => {
      const lastFailureAt = store?.reloads().lastFailureAt ?? null;
      return lastFailureAt === null ? [] : one(Math.floor(lastFailureAt / 1000));
    },
  ],
];

export const metricNames: readonly string[] = metrics.map(([name]) => name);

const one = (value: number): Sample[] => [[{}, value]];
const byKey = (label: string, counter: ReadonlyMap<string, number>): Sample[] =>
  [...counter].map(([key, value]) => [{ [label]: key }, value]);

function generationOf(store: Store | undefined) {
  const current = store?.current();
  return current === undefined || typeof current === 'string' ? null : current;
}

const escape = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** The text format of Prometheus. */
export function renderMetrics(measured: readonly Measured[]): string {
  const lines: string[] = [];
  for (const [name, type, help, samplesOf] of metrics) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const server of measured) {
      for (const [labels, value] of samplesOf(server)) {
        const all = Object.entries({ server: server.name, ...labels });
        lines.push(`${name}{${all.map(([k, v]) => `${k}="${escape(v)}"`).join(',')}} ${value}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}
