import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

// An MCP server on the official SDK with one tool, which says what the call came with: digests, never values. Over TLS it
// lets nobody in without a client certificate and a credential.
const digest = (value: string) => createHash('sha256').update(value).digest('hex').slice(0, 16);
const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join() : value);

function seen({ headers, socket, url }: IncomingMessage) {
  const client =
    'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject : undefined;
  const hashed = Object.entries(headers).filter(
    ([name]) => name === 'authorization' || name.startsWith('x-'),
  );
  return {
    path: url,
    host: headers.host,
    headers: Object.fromEntries(hashed.map(([name, value]) => [name, digest(single(value) ?? '')])),
    client: client?.CN ?? null,
  };
}

async function converse(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const server = new McpServer({ name: 'what-came', version: '1.0.0' });
  server.registerTool('what_came', {}, () => ({
    content: [{ type: 'text', text: JSON.stringify(seen(request)) }],
  }));
  // A server for each request: none keeps a session, so that every call stands for itself.
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response);
}

const answer =
  (mayCall: (request: IncomingMessage) => boolean) =>
  (request: IncomingMessage, response: ServerResponse) => {
    if (mayCall(request)) void converse(request, response);
    else response.writeHead(401).end();
  };

createServer(answer(() => true)).listen(8080);
if (existsSync('/tls/tls.crt')) {
  const [cert, key, ca] = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => readFileSync(`/tls/${file}`));
  createSecureServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true },
    answer(({ headers }) => headers.authorization !== undefined || headers['x-api-key'] !== undefined),
  ).listen(8443);
}
process.on('SIGTERM', () => process.exit(0));
