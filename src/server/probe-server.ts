import { createServer, type Server } from 'node:http';
import { guardConnections } from '../net/connection-guard.ts';
import { createProbes, type ProbeParts } from './probes.ts';

/** The kubelet and one or two Prometheus servers use one connection each. */
const maxConnections = 64;
/** A probe or a scrape sends its head in one packet. */
const headMs = 2_000;
/** A metrics page takes milliseconds. */
const responseMs = 5_000;

/** Probes and metrics over HTTP, on a port that any client in the cluster network can connect to. */
export function createProbeServer(parts: ProbeParts): Server {
  const server = createServer(
    { headersTimeout: headMs, requestTimeout: headMs, connectionsCheckingInterval: headMs },
    createProbes(parts),
  );
  guardConnections(server, { maxConnections, headMs, responseMs });
  return server;
}
