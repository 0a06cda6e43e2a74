import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Issued } from '../certs/issue.ts';

/** Above the API server's 90 s, so that it is never us who close a connection it is about to use. */
const keepAliveMs = 120_000;
/** A caller gets this long to send a request; reviews take milliseconds. */
const requestMs = 30_000;

/** How often a closing server looks for connections that became idle. */
const idleCheckMs = 50;

export interface Listening {
  readonly port: number;
  /**
   * Answers on, and lets each connection go with its next answer: the caller opens the one after it elsewhere, as soon as
   * it has learned that we are going.
   */
  drain(): void;
  /** Lets requests in flight finish, closes idle connections, resolves when the last one is gone. */
  close(): Promise<void>;
  /** For connections from now on; those that are open keep theirs. */
  use(certificate: Issued): void;
}

const minVersion = 'TLSv1.2';

export async function listen(
  handler: RequestListener,
  certificate: Issued,
  host: string,
  port: number,
): Promise<Listening> {
  const server = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      minVersion,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
    },
    handler,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  let draining = false;
  const drain = () => {
    if (draining) return;
    draining = true;
    server.prependListener('request', (_req, res) => res.setHeader('connection', 'close'));
  };
  return {
    port: (server.address() as AddressInfo).port,
    drain,
    close() {
      // A connection that is busy now becomes idle with its answer, and nothing else would close it for two minutes.
      drain();
      return close(server);
    },
    use: ({ certificate: cert, key }) => server.setSecureContext({ cert, key, minVersion }),
  };
}

function close(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
