import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Authority } from '../certs/issue.ts';

export interface DemoServer {
  readonly url: string;
  /** Tokens it accepts, with a name each; a request with any other is 401. */
  readonly tokens: Map<string, string>;
  close(): void;
}

/**
 * An MCP server as a careful team runs it: it demands a client certificate of its own CA and a bearer token, and its
 * one tool says who called. It is stateless: each request is a conversation of its own.
 */
export async function startMcpServer(authority: Authority): Promise<DemoServer> {
  const leaf = await authority.issue({
    commonName: 'orders',
    names: ['127.0.0.1', 'localhost'],
    usage: 'server',
  });
  const tokens = new Map<string, string>();
  const server = createServer(
    {
      cert: leaf.certificate,
      key: leaf.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (req, res) => {
      const caller = tokens.get(req.headers.authorization ?? '');
      if (caller === undefined) {
        res.writeHead(401).end();
        return;
      }
      const certificate = (req.socket as TLSSocket).getPeerCertificate().subject.CN;
      void answer(`${caller} and client certificate ${String(certificate)}`).handleRequest(req, res);
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `https://127.0.0.1:${port}/mcp`, tokens, close };
}

function answer(who: string): StreamableHTTPServerTransport {
  const mcp = new McpServer({ name: 'orders', version: '1.0.0' });
  mcp.registerTool('whoami', { description: 'Says which credentials the request came with' }, () => ({
    content: [{ type: 'text', text: who }],
  }));
  const transport = new StreamableHTTPServerTransport({});
  void mcp.connect(transport);
  return transport;
}
