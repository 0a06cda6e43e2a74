import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendJson, status } from './json.ts';

export interface Signals {
  readonly metrics: () => Promise<string>;
  /** Why it is not ready; `undefined` when it is. */
  readonly notReady: () => string | undefined;
}

/** Probes and metrics of a program that serves nothing else, over plain HTTP: there is nothing in them to keep. */
export async function serveSignals({ metrics, notReady }: Signals, host: string, port: number) {
  const server = createServer((req, res) => {
    if (req.url === '/healthz') sendJson(res, 200, { status: 'ok' });
    else if (req.url === '/readyz') {
      const reason = notReady();
      sendJson(
        res,
        reason === undefined ? 200 : 503,
        reason === undefined ? { status: 'ready' } : { reason },
      );
    } else if (req.url === '/metrics')
      void metrics().then((text) => {
        res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
      });
    else sendJson(res, 404, status(404, 'NotFound', 'nothing answers here'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
