import { randomUUID } from 'node:crypto';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  inputRequired,
  McpServer,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { EventStore } from './event-store.ts';
import { say } from './lines.ts';
import { goAhead, serve } from './serving.ts';

/** A server on `@modelcontextprotocol/server` 2.x. */
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

const question = {
  message: 'Really?',
  requestedSchema: {
    type: 'object' as const,
    properties: { answer: { type: 'string' as const } },
    required: ['answer'],
  },
};

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'typescript-2', version: '1.0.0' });
  // From 2026-07-28 on, a client sends such an argument in a header as well, and the server compares the two.
  const tag = z.string().meta({ 'x-mcp-header': 'Tag' }).optional();
  mcp.registerTool('echo', { inputSchema: z.object({ text: z.string(), tag }) }, (args) => text(args.text));

  mcp.registerTool('slow', {}, async ({ mcpReq }) => {
    for (const progress of [1, 2, 3]) {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: mcpReq._meta?.progressToken ?? '', progress, total: 3 },
      });
      await goAhead();
    }
    return text('done');
  });

  mcp.registerTool('ask', {}, async ({ mcpReq }) => {
    // A request with an envelope is one of 2026-07-28, which has no requests from server to client.
    if (mcpReq.envelope) {
      const answer = mcpReq.inputResponses?.['really'] as { content?: { answer?: string } } | undefined;
      if (answer === undefined)
        return inputRequired({ inputRequests: { really: inputRequired.elicit(question) } });
      return text(`elicited ${String(answer.content?.answer)}`);
    }
    if (mcp.server.getClientCapabilities()?.elicitation) {
      const answer = await mcpReq.elicitInput(question);
      return text(`elicited ${String(answer.content?.['answer'])}`);
    }
    const { content } = await mcpReq.requestSampling({
      maxTokens: 10,
      messages: [{ role: 'user', content: { type: 'text', text: 'Really?' } }],
    });
    return text(`sampled ${!Array.isArray(content) && content.type === 'text' ? content.text : '?'}`);
  });

  mcp.registerTool('announce', {}, ({ mcpReq }) => {
    if (mcpReq.envelope) modern.notify.toolsChanged();
    else mcp.sendToolListChanged();
    return text('announced');
  });

  mcp.registerTool('wait', {}, ({ mcpReq }) => {
    say({ event: 'waiting' });
    return new Promise((_, reject) => {
      mcpReq.signal.addEventListener('abort', () => {
        say({ event: 'cancelled' });
        reject(new Error('cancelled'));
      });
    });
  });
  return mcp;
}

const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
const modern = createMcpHandler(mcpServer, { legacy: 'reject' });
const handleModern = toNodeHandler(modern);

serve(async (req, res) => {
  if (req.headers['mcp-protocol-version'] === '2026-07-28')
    return handleModern(req as Parameters<typeof handleModern>[0], res);
  const id = req.headers['mcp-session-id'];
  if (id !== undefined) {
    const known = sessions.get(String(id));
    return known ? known.handleRequest(req, res) : res.writeHead(404).end();
  }
  const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new EventStore<JSONRPCMessage>(),
    retryInterval: 50,
    onsessioninitialized: (session) => void sessions.set(session, transport),
    onsessionclosed: (session) => void sessions.delete(session),
  });
  await mcpServer().connect(transport);
  return transport.handleRequest(req, res);
});
