import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Issued } from '../certs/issue.ts';
import { guardConnections, type CloseReason, type ConnectionLimits } from '../net/connection-guard.ts';
import { maxTimeoutMs } from './review-handler.ts';

/** Above the API server's 90 s, so that it is never us who close a connection it is about to use. */
const keepAliveMs = 120_000;
/** A caller gets this long to send a request; reviews take milliseconds. */
const requestMs = 30_000;
/**
 * A TCP connection gets this long for its TLS handshake and the head of its first request, and an idle one for the rest of
 * a head once it began. An API server needs milliseconds, and no more than the 3 s of its timeout.
 */
export const headMs = 5_000;
/** The longest review, and time to send its answer. */
const responseMs = maxTimeoutMs + 5_000;
/**
 * Twice the reviews that are judged at once. A TLS connection with an unfinished head holds about 55 kB
 * (docs/operations.md), so that all together stay below 30 MB of the 256 Mi.
 */
export const maxConnections = 512;
/** An API server sends 0.5 kB, Prometheus with a bearer token 2 kB. */
export const maxHeadBytes = 8 * 1024;
/** How often Node looks for requests that exceeded `headMs` or `requestMs`. */
const timeoutCheckMs = 1_000;

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
  closed?: (reason: CloseReason) => void,
): Promise<Listening> {
  const server = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      minVersion,
      keepAliveTimeout: keepAliveMs,
      handshakeTimeout: headMs,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: timeoutCheckMs,
      maxHeaderSize: maxHeadBytes,
    },
    handler,
  );
  guardConnections(server, { maxConnections, headMs, responseMs, protects: isReview }, closed);
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

/** Only a client that knows the path of the webhooks gets this answer: the API server. */
const isReview: NonNullable<ConnectionLimits['protects']> = ({ method }, { statusCode }) =>
  method === 'POST' && statusCode === 200;

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
