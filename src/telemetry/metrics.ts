import { X509Certificate } from 'node:crypto';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CloseReason } from '../net/connection-guard.ts';
import type { RefusalReason } from '../server/refused-requests.ts';
import type { LargeOutcome } from '../server/workers/large-reviews.ts';
import type { DecisionRecord } from './log.ts';

/** What the admission server counts. Labels hold words of ours only: never a name, a namespace or a value. */
export interface Metrics {
  decision(record: DecisionRecord): void;
  /** A review is judged from now on, until the function that comes back is called. */
  underway(webhook: DecisionRecord['webhook']): () => void;
  /** The API server was asked for something. */
  readonly lookup: (what: string, outcome: string, seconds: number) => void;
  /** How many watches of resources are open, asked for each page. */
  resourceWatches(open: () => number): void;
  /** A configuration was read: it is used now, or it was bad and the last good one stays. */
  configuration(good: boolean): void;
  /** What is served from now on, in PEM. */
  certificate(pem: string): void;
  /** The connection guard closed a connection. */
  readonly connectionClosed: (reason: CloseReason) => void;
  /** A request was refused before it was judged. */
  readonly refused: (reason: RefusalReason) => void;
  /** What happened to a review that is judged in a worker thread. */
  readonly large: (outcome: LargeOutcome) => void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** Around the 3 s an API server waits for us, finer where reviews and lookups usually are. */
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** A team may describe kinds of its own, and whoever calls a webhook names one: past that many all are one. */
const maxKinds = 100;

export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const reviews = new Counter({
    name: 'sallyport_reviews_total',
    help: 'Admission reviews, by webhook, kind and decision',
    labelNames: ['webhook', 'kind', 'decision'],
    registers,
  });
  const findings = new Counter({
    name: 'sallyport_findings_total',
    help: 'Findings, by webhook, code, kind and action',
    labelNames: ['webhook', 'code', 'kind', 'action'],
    registers,
  });
  const skips = new Counter({
    name: 'sallyport_skips_total',
    help: 'Pods and workloads that were not changed, by webhook and reason',
    labelNames: ['webhook', 'reason'],
    registers,
  });
  const undecidedRules = new Counter({
    name: 'sallyport_undecided_total',
    help: 'Reviews in which a rule could not be decided, by webhook, code and cause',
    labelNames: ['webhook', 'code', 'cause'],
    registers,
  });
  const duration = new Histogram({
    name: 'sallyport_review_duration_seconds',
    help: 'Time from the first byte of a review to its response',
    labelNames: ['webhook'],
    buckets: seconds,
    registers,
  });
  const inFlight = new Gauge({
    name: 'sallyport_reviews_in_flight',
    help: 'Reviews in progress',
    labelNames: ['webhook'],
    registers,
  });
  const lookups = new Counter({
    name: 'sallyport_lookups_total',
    help: 'Lookups at the API server, by kind and outcome; results from the cache are not counted',
    labelNames: ['what', 'outcome'],
    registers,
  });
  const lookupDuration = new Histogram({
    name: 'sallyport_lookup_duration_seconds',
    help: 'Time that the API server took to respond to a lookup',
    labelNames: ['what'],
    buckets: seconds,
    registers,
  });
  const watches = new Gauge({
    name: 'sallyport_resource_watches',
    help: 'Open watches of MCP resources; a resource of a watched kind is read again only when it changes',
    registers,
  });
  let openWatches = () => 0;
  const valid = new Gauge({
    name: 'sallyport_configuration_valid',
    help: '1 while the configuration file is in use, 0 while it is not valid and the previous configuration is in use',
    registers,
  });
  const generation = new Gauge({
    name: 'sallyport_configuration_generation',
    help: 'Sequence number of the configuration in use',
    registers,
  });
  const reloads = new Counter({
    name: 'sallyport_configuration_reloads_total',
    help: 'Changes of the configuration file that were read, by whether they could be used',
    labelNames: ['outcome'],
    registers,
  });
  const expiry = new Gauge({
    name: 'sallyport_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served expires',
    registers,
  });
  const closed = new Counter({
    name: 'sallyport_connections_closed_total',
    help: 'Connections that were closed because they exceeded a limit, by that limit',
    labelNames: ['limit'],
    registers,
  });
  const refused = new Counter({
    name: 'sallyport_refused_requests_total',
    help: 'Requests to a webhook that were rejected before the review, by reason',
    labelNames: ['reason'],
    registers,
  });
  const large = new Counter({
    name: 'sallyport_large_reviews_total',
    help: 'Reviews over 64 KiB, which worker threads judge, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const terminated = new Counter({
    name: 'sallyport_worker_terminations_total',
    help: 'Worker threads that ended before they responded, by reason; the next large review starts another one',
    labelNames: ['reason'],
    registers,
  });
  valid.set(1);
  generation.set(1);
  const kinds = new Set<string>();
  const kindLabel = (kind: string): string => {
    if (kinds.size < maxKinds) kinds.add(kind);
    return kinds.has(kind) ? kind : 'other';
  };
  return {
    decision({ webhook, kind: asked, decision, codes, warned, audited, undecided = [], skipped, ms }) {
      const kind = kindLabel(asked);
      reviews.inc({ webhook, kind, decision });
      duration.observe({ webhook }, ms / 1000);
      for (const code of codes) findings.inc({ webhook, code, kind, action: 'deny' });
      for (const code of warned) findings.inc({ webhook, code, kind, action: 'warn' });
      for (const code of audited) findings.inc({ webhook, code, kind, action: 'audit' });
      if (skipped !== undefined) skips.inc({ webhook, reason: skipped });
      for (const { code, cause } of undecided) undecidedRules.inc({ webhook, code, cause });
    },
    underway(webhook) {
      inFlight.inc({ webhook });
      return () => inFlight.dec({ webhook });
    },
    lookup(what, outcome, took) {
      lookups.inc({ what, outcome });
      lookupDuration.observe({ what }, took);
    },
    resourceWatches(open) {
      openWatches = open;
    },
    configuration(good) {
      valid.set(good ? 1 : 0);
      if (good) generation.inc();
      reloads.inc({ outcome: good ? 'good' : 'bad' });
    },
    large(outcome) {
      large.inc({ outcome });
      if (outcome === 'deadline' || outcome === 'memory' || outcome === 'failed')
        terminated.inc({ reason: outcome });
    },
    refused: (reason) => refused.inc({ reason }),
    connectionClosed: (limit) => closed.inc({ limit }),
    certificate: (pem) => expiry.set(Date.parse(new X509Certificate(pem).validTo) / 1000),
    async text() {
      watches.set(openWatches());
      return (await Promise.all(registers.map((one) => one.metrics()))).join('');
    },
  };
}
