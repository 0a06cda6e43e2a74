import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DecisionRecord } from './log.ts';

/** What the admission server counts. Labels hold words of ours only: never a name, a namespace or a value. */
export interface Metrics {
  decision(record: DecisionRecord): void;
  /** A configuration was read: it is used now, or it was bad and the last good one stays. */
  configuration(good: boolean): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** Around the 3 s an API server waits for us, finer where reviews usually are. */
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const reviews = new Counter({
    name: 'sallyport_reviews_total',
    help: 'Admission reviews answered, by webhook and decision',
    labelNames: ['webhook', 'decision'],
    registers,
  });
  const findings = new Counter({
    name: 'sallyport_findings_total',
    help: 'Rules found broken, by code and what was done about it',
    labelNames: ['code', 'action'],
    registers,
  });
  const duration = new Histogram({
    name: 'sallyport_review_duration_seconds',
    help: 'From the first byte of a review to its answer',
    labelNames: ['webhook'],
    buckets: seconds,
    registers,
  });
  const valid = new Gauge({
    name: 'sallyport_configuration_valid',
    help: '1 while the configuration file is the one in use, 0 while it is bad and the last good one is used',
    registers,
  });
  valid.set(1);
  return {
    decision({ webhook, decision, codes, warned, audited, ms }) {
      reviews.inc({ webhook, decision });
      duration.observe({ webhook }, ms / 1000);
      for (const code of codes) findings.inc({ code, action: 'deny' });
      for (const code of warned) findings.inc({ code, action: 'warn' });
      for (const code of audited) findings.inc({ code, action: 'audit' });
    },
    configuration: (good) => valid.set(good ? 1 : 0),
    text: async () => (await Promise.all(registers.map((one) => one.metrics()))).join(''),
  };
}
