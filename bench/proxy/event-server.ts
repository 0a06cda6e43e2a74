import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An MCP server's streams. `/mcp` sends an event every 5 ms that says when it left, by a clock that all processes of a
 * machine share; with `?idle` nothing ever comes.
 */
const server = createServer((req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  res.flushHeaders();
  if (req.url?.includes('idle') === true) return;
  const timer = setInterval(() => res.write(`data: ${process.hrtime.bigint()}\n\n`), 5);
  res.on('close', () => clearInterval(timer));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
