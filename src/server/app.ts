import express, { type Express } from 'express';
import type { Handler } from './review-handler.ts';

export interface AppParts {
  /** Where the webhooks answer: empty, or an unguessable folder such as `/3f9a...`. */
  readonly prefix: string;
  readonly validate: Handler;
  readonly mutate: Handler;
  /** Why the server must not get requests yet; `undefined` when it may. */
  readonly notReady: () => string | undefined;
}

/** Both webhooks and the probes. Anything else is 404, in JSON. */
export function createApp({ prefix, validate, mutate, notReady }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.post(`${prefix}/validate`, (req, res) => validate(req, res));
  app.post(`${prefix}/mutate`, (req, res) => mutate(req, res));
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  app.get('/readyz', (_req, res) => {
    const reason = notReady();
    res
      .status(reason === undefined ? 200 : 503)
      .json(reason === undefined ? { status: 'ready' } : { status: 'not ready', reason });
  });
  app.use((req, res) => {
    const message = `nothing answers ${req.method} here`;
    res
      .status(404)
      .json({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound', message });
  });
  return app;
}
