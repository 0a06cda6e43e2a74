import { Counter, Gauge, Registry } from 'prom-client';
import type { Reason } from '../core/audit/event.ts';

/** What the watcher counts. */
export interface WatchMetrics {
  /** All pods that stand out, in the place of those of the last sweep. */
  pods(
    counts: readonly { readonly namespace: string; readonly reason: Reason; readonly count: number }[],
  ): void;
  event(reason: Reason, outcome: 'written' | 'failed'): void;
  /** Every pod was looked at, or the list broke off. */
  swept(complete: boolean, now: number): void;
  /** Why what is said here is not about all pods yet; `undefined` when it is. */
  readonly notReady: () => string | undefined;
  configuration(good: boolean): void;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

export function createWatchMetrics(): WatchMetrics {
  const registers = [new Registry()];
  const pods = new Gauge({
    name: 'sallyport_watch_pods',
    help: "Running pods that are older than their resource or injector (Outdated), labelled and without a proxy (WithoutProxy), an operator's and not rewritten (LeftAlone), or with a proxy that was changed (Altered)",
    labelNames: ['namespace', 'reason'],
    registers,
  });
  const events = new Counter({
    name: 'sallyport_watch_events_total',
    help: 'Events, by reason and whether they could be written',
    labelNames: ['reason', 'outcome'],
    registers,
  });
  const sweeps = new Counter({
    name: 'sallyport_watch_sweeps_total',
    help: 'Checks of all pods, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const last = new Gauge({
    name: 'sallyport_watch_last_sweep_timestamp_seconds',
    help: 'Time of the last complete check of all pods; 0 before the first one',
    registers,
  });
  const valid = new Gauge({
    name: 'sallyport_watch_configuration_valid',
    help: '1 while the configuration file is in use, 0 while it is not valid and the previous configuration is in use',
    registers,
  });
  valid.set(1);
  let ready = false;
  return {
    pods(counts) {
      pods.reset();
      for (const { namespace, reason, count } of counts) pods.set({ namespace, reason }, count);
    },
    event: (reason, outcome) => events.inc({ reason, outcome }),
    swept(complete, now) {
      sweeps.inc({ outcome: complete ? 'complete' : 'failed' });
      if (complete) last.set(now / 1000);
      ready ||= complete;
    },
    notReady: () => (ready ? undefined : 'the first check of all pods has not ended'),
    configuration: (good) => valid.set(good ? 1 : 0),
    metrics: async () => (await Promise.all(registers.map((one) => one.metrics()))).join(''),
  };
}
