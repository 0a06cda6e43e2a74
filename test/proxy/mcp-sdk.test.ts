import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { eventually, proxyFor, server, startUpstream } from './support.ts';

/** A server with one tool, which sends three notifications before its result. */
function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'counter', version: '1' }, { capabilities: { logging: {} } });
  mcp.registerTool(
    'count',
    { description: 'counts', inputSchema: { to: z.number() } },
    async ({ to }, extra) => {
      for (let i = 1; i <= to; i += 1)
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: i } });
      return { content: [{ type: 'text', text: `counted to ${to}` }] };
    },
  );
  return mcp;
}

const allowed = (req: IncomingMessage) => req.headers.authorization === 'Bearer token-of-github';

async function exercise(client: Client) {
  const heard: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    heard.push(params.data);
  });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['count']);
  const result = await client.callTool({ name: 'count', arguments: { to: 3 } });
  expect(result['content']).toEqual([{ type: 'text', text: 'counted to 3' }]);
  expect(heard).toEqual([1, 2, 3]);
}

describe('the real MCP client and server', () => {
  test('[requirement 6] talk Streamable HTTP: initialize, list, call with notifications, a stream from the server, session end', async () => {
    const sessions = new Map<string, { transport: StreamableHTTPServerTransport; mcp: McpServer }>();
    const methods: string[] = [];
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
      methods.push(req.method ?? '');
      if (!allowed(req)) return res.writeHead(401).end();
      const known = sessions.get(String(req.headers['mcp-session-id']));
      if (known) return known.transport.handleRequest(req, res);
      const mcp = mcpServer();
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, { transport, mcp }),
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await mcp.connect(transport);
      return transport.handleRequest(req, res);
    };
    const upstream = await startUpstream((req, res) => void answer(req, res));
    const proxy = await proxyFor(server(upstream.url));
    const client = new Client({ name: 'app', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${proxy.port}/mcp`));
    onTestFinished(() => client.close());
    await client.connect(transport);
    await exercise(client);

    // The standing GET stream carries what the server says of its own accord.
    await eventually(
      () => methods,
      (list) => list.includes('GET'),
    );
    await eventually(proxy.metrics, (text) => text.includes('open_streams{server="github"} 1'));
    const heard: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      heard.push(params.data);
    });
    const [session] = sessions.values();
    await session?.mcp.server.sendLoggingMessage({ level: 'info', data: 'unasked' });
    await eventually(
      () => heard,
      (list) => list.includes('unasked'),
    );

    // A rotation in the middle of a session changes nothing for either side.
    proxy.rotate({ '+/h0': 'token-of-github\n' });
    await eventually(proxy.metrics, (text) => text.includes('sallyport_proxy_generation{server="github"} 2'));
    await exercise(client);

    expect(sessions.size).toBe(1);
    await transport.terminateSession();
    expect(sessions.size).toBe(0);
    expect(methods).toContain('DELETE');
  });

  test.each([
    ['a relative endpoint', ''],
    ['its own full address as endpoint', 'http://HOST'],
  ])('talk the legacy transport with %s', async (_, prefix) => {
    const open = new Map<string, SSEServerTransport>();
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
      if (!allowed(req)) return res.writeHead(401).end();
      const url = new URL(req.url ?? '', 'http://x');
      if (req.method === 'POST')
        return open.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(req, res);
      // The SDK only writes relative endpoints; other servers write full ones.
      const write = res.write.bind(res);
      const absolute = prefix.replace('HOST', req.headers.host ?? '');
      res.write = ((chunk: string) =>
        write(chunk.replace('data: /messages', `data: ${absolute}/messages`))) as typeof res.write;
      const transport = new SSEServerTransport('/messages', res);
      open.set(transport.sessionId, transport);
      return mcpServer().connect(transport);
    };
    const upstream = await startUpstream((req, res) => void answer(req, res));
    const proxy = await proxyFor(server(upstream.url, { transport: 'sse' }));
    const client = new Client({ name: 'app', version: '1' });
    onTestFinished(() => client.close());
    await client.connect(new SSEClientTransport(new URL(`http://127.0.0.1:${proxy.port}/mcp`)));
    await exercise(client);
  });
});
