import { createServer, type Server } from 'node:http';
import { guardConnections } from '../net/connection-guard.ts';
import { adminHeadMs, adminResponseMs, maxAdminConnections, maxAdminHeadBytes } from './limits.ts';
import { renderMetrics, type Measured } from './metrics.ts';

/** What kubelet and Prometheus may see. No credential, no way to change anything, and nothing waits for it. */
export function createAdmin(servers: readonly Measured[]): Server {
  const options = { maxHeaderSize: maxAdminHeadBytes, connectionsCheckingInterval: adminHeadMs };
  const server = createServer(options, (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (req.method !== 'GET' && req.method !== 'HEAD') return text(405, 'only GET\n');
    if (path === '/metrics') return text(200, renderMetrics(servers));
    if (path !== '/readyz') return text(404, 'not found\n');
    const waiting = servers.filter(({ store }) => typeof store?.current() === 'string');
    if (waiting.length === 0) return text(200, 'ok\n');
    return text(503, `not ready\n${waiting.flatMap(({ store }) => store?.problems() ?? []).join('\n')}\n`);

    function text(status: number, content: string) {
      res.writeHead(status, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      res.end(content);
    }
  });
  // Any client in the cluster network can connect: slow and many connections must not grow the proxy's memory, nor keep
  // the kubelet and Prometheus out.
  server.requestTimeout = adminHeadMs;
  server.headersTimeout = adminHeadMs;
  guardConnections(server, {
    maxConnections: maxAdminConnections,
    headMs: adminHeadMs,
    responseMs: adminResponseMs,
  });
  return server;
}
