import type { RequestListener } from 'node:http';
import type { WebhookIdentity } from '../certs/webhook-identity.ts';
import type { Cluster } from '../core/cluster.ts';
import { engineFollowing, type Settings } from '../engine/engine.ts';
import { handlers } from '../engine/webhooks.ts';
import type { DecisionRecord, Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createApp } from './app.ts';
import { Capacity } from './capacity.ts';
import { ReadingTurns } from './reading-turns.ts';
import { RefusedRequests } from './refused-requests.ts';
import { reviewHandler } from './review-handler.ts';
import { LargeReviews } from './workers/large-reviews.ts';

export interface WebhookAppParts {
  readonly settings: () => Settings;
  readonly cluster: Cluster;
  /** The program of the worker threads. */
  readonly worker: URL;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'decision' | 'underway' | 'large' | 'refused' | 'text'>;
  readonly identity: Pick<WebhookIdentity, 'answersBelow' | 'notReady'>;
  readonly capacity?: Capacity | undefined;
}

export interface WebhookApp {
  readonly listener: RequestListener;
  /** Ends the worker threads. */
  readonly close: () => void;
}

/** Assembles everything behind the socket of `sallyport serve`: engine, worker threads, handlers, probes. */
export function createWebhookApp(parts: WebhookAppParts): WebhookApp {
  const { settings, cluster, log, metrics, identity, capacity = new Capacity() } = parts;
  const engine = engineFollowing(settings, cluster);
  const large = new LargeReviews({
    file: parts.worker,
    cluster,
    configuration: () => settings().configuration,
    log,
    counted: metrics.large,
  });
  const shared = {
    capacity,
    turns: new ReadingTurns(),
    refused: new RefusedRequests(log, metrics.refused),
    large,
    now: () => Math.round(performance.now() * 1000) / 1000,
    log: {
      ...log,
      decision(record: DecisionRecord) {
        log.decision(record);
        metrics.decision(record);
      },
    },
  };
  const listener = createApp({
    answersBelow: identity.answersBelow,
    webhooks: handlers((webhook, judge) =>
      reviewHandler({
        ...shared,
        webhook,
        async judge(request, deadline) {
          const ended = metrics.underway(webhook);
          return judge(engine(), request, deadline).finally(ended);
        },
      }),
    ),
    notReady: identity.notReady,
    metrics: () => metrics.text(),
  });
  return { listener, close: () => large.close() };
}
