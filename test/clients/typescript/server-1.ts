import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
// The transport of 2024-11-05 is deprecated and still deployed, which is why it is here.
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { EventStore } from './event-store.ts';
import { say } from './lines.ts';
import { goAhead, serve } from './serving.ts';

/** A server on `@modelcontextprotocol/sdk` 1.x. */
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'typescript-1', version: '1.0.0' });
  mcp.registerTool('echo', { inputSchema: { text: z.string(), tag: z.string().optional() } }, (args) =>
    text(args.text),
  );

  mcp.registerTool('slow', {}, async ({ _meta, sendNotification }) => {
    for (const progress of [1, 2, 3]) {
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta?.progressToken ?? '', progress, total: 3 },
      });
      await goAhead();
    }
    return text('done');
  });

  mcp.registerTool('ask', {}, async ({ requestId }) => {
    const options = { relatedRequestId: requestId };
    if (mcp.server.getClientCapabilities()?.elicitation) {
      const answer = await mcp.server.elicitInput(
        {
          message: 'Really?',
          requestedSchema: {
            type: 'object',
            properties: { answer: { type: 'string' } },
            required: ['answer'],
          },
        },
        options,
      );
      return text(`elicited ${String(answer.content?.['answer'])}`);
    }
    const { content } = await mcp.server.createMessage(
      { maxTokens: 10, messages: [{ role: 'user', content: { type: 'text', text: 'Really?' } }] },
      options,
    );
    return text(`sampled ${content.type === 'text' ? content.text : content.type}`);
  });

  mcp.registerTool('announce', {}, () => {
    mcp.sendToolListChanged();
    return text('announced');
  });

  mcp.registerTool('wait', {}, ({ signal }) => {
    say({ event: 'waiting' });
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        say({ event: 'cancelled' });
        reject(new Error('cancelled'));
      });
    });
  });
  return mcp;
}

const sessions = new Map<string, StreamableHTTPServerTransport>();
const streams = new Map<string, SSEServerTransport>();

serve(async (req: IncomingMessage, res: ServerResponse) => {
  const url = new URL(req.url ?? '', 'http://any');
  if (url.pathname === '/sse') {
    const transport = new SSEServerTransport('/messages', res);
    streams.set(transport.sessionId, transport);
    return mcpServer().connect(transport);
  }
  if (url.pathname === '/messages')
    return streams.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(req, res);

  const id = req.headers['mcp-session-id'];
  if (id !== undefined) {
    const known = sessions.get(String(id));
    return known ? known.handleRequest(req, res) : res.writeHead(404).end();
  }
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new EventStore<JSONRPCMessage>(),
    retryInterval: 50,
    onsessioninitialized: (session) => void sessions.set(session, transport),
    onsessionclosed: (session) => void sessions.delete(session),
  });
  await mcpServer().connect(transport);
  return transport.handleRequest(req, res);
});
