import type { RequestListener } from 'node:http';
import type { WebhookRoute } from '../core/webhook-entries.ts';
import { createProbes, type ProbeParts } from './probes.ts';
import type { Handler } from './review-handler.ts';

export interface AppParts extends ProbeParts {
  /** Where the webhooks answer: empty, or an unguessable folder such as `/3f9a...`, which may change while we run. */
  readonly answersBelow: (prefix: string) => boolean;
  readonly webhooks: Readonly<Record<WebhookRoute, Handler>>;
}

/** The webhooks and the probes. */
export function createApp({ answersBelow, webhooks, ...probes }: AppParts): RequestListener {
  const reviews = new Map<string, Handler>(Object.entries(webhooks));
  const otherwise = createProbes(probes);
  return (req, res) => {
    const [, prefix, route] = /^([^?]*)\/([^/?]*)(?:\?|$)/.exec(req.url ?? '') ?? [];
    const review =
      req.method === 'POST' && answersBelow(prefix ?? '/') ? reviews.get(route ?? '') : undefined;
    if (review) review(req, res);
    else otherwise(req, res);
  };
}
