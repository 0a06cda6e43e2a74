import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { drive, ownHeaders, reconnectionOptions, type Opening } from './driving.ts';
import { say } from './lines.ts';

/** A client on `@modelcontextprotocol/sdk` 1.x. */
drive(async ({ url, transport: kind, revision, elicits }: Opening) => {
  const client = new Client(
    { name: 'typescript-1', version: '1.0.0' },
    { capabilities: elicits ? { elicitation: {} } : { sampling: {} } },
  );
  if (elicits) {
    client.setRequestHandler(ElicitRequestSchema, () => {
      say({ step: 'asked' });
      return { action: 'accept', content: { answer: 'yes' } };
    });
  } else {
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      say({ step: 'asked' });
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'yes' } };
    });
  }
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => say({ step: 'changed' }));
  const requestInit = { headers: ownHeaders };
  const transport: Transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(url), { requestInit })
      : new StreamableHTTPClientTransport(new URL(url), { requestInit, reconnectionOptions });
  const negotiated = negotiating(transport, revision);
  await client.connect(transport);
  return {
    revision: negotiated(),
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, signal, onprogress) => {
      const result = await client.callTool({ name, arguments: args }, undefined, { signal, onprogress });
      return result['content'];
    },
    end: async () => {
      if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
      await client.close();
    },
  };
});

/**
 * The SDK always offers its newest revision; an application that was written for an older one offers that. Returns
 * what came of it, which the client tells its transport.
 */
function negotiating(transport: Transport, revision: string): () => string | undefined {
  let negotiated: string | undefined;
  const send = transport.send.bind(transport);
  const setVersion = transport.setProtocolVersion?.bind(transport);
  transport.send = (message, options) =>
    'method' in message && message.method === 'initialize'
      ? send({ ...message, params: { ...message.params, protocolVersion: revision } }, options)
      : send(message, options);
  transport.setProtocolVersion = (version) => {
    negotiated = version;
    setVersion?.(version);
  };
  return () => negotiated;
}
