import type { RequestListener } from 'node:http';
import { Router, type Request, type Response } from 'express';
import { sendJson, status } from './json.ts';

export interface ProbeParts {
  /** Why the server must not get requests yet; `undefined` when it may. */
  readonly notReady: () => string | undefined;
  /** In Prometheus' text format, where something is counted. */
  readonly metrics?: () => Promise<string>;
}

/**
 * What the kubelet and Prometheus ask. Anything else is 404, in JSON.
 *
 * Express's router without its application: the application gives each request and response another prototype, which
 * makes everything that touches them afterwards slow and cost more than a whole validation (docs/benchmarks.md).
 */
export function createProbes({ notReady, metrics }: ProbeParts): RequestListener {
  const router = Router();
  router.get('/healthz', (_req, res) => sendJson(res, 200, { status: 'ok' }));
  router.get('/readyz', (_req, res) => {
    const reason = notReady();
    if (reason === undefined) sendJson(res, 200, { status: 'ready' });
    else sendJson(res, 503, { status: 'not ready', reason });
  });
  if (metrics)
    router.get('/metrics', async (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(await metrics());
    });
  return (req, res) =>
    router(req as Request, res as Response, (error?: unknown) => {
      if (error === undefined)
        sendJson(res, 404, status(404, 'NotFound', `there is no endpoint for ${req.method} at this path`));
      else sendJson(res, 400, status(400, 'BadRequest', 'the path of the request cannot be read'));
    });
}
