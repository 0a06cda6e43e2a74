import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { drive, ownHeaders, reconnectionOptions, type Opening } from './driving.ts';
import { say } from './lines.ts';

/** A client on `@modelcontextprotocol/client` 2.x. */
drive(async ({ url, transport: kind, revision, elicits }: Opening) => {
  const client = new Client(
    { name: 'typescript-2', version: '1.0.0' },
    {
      capabilities: elicits ? { elicitation: {} } : { sampling: {} },
      supportedProtocolVersions: [revision],
      versionNegotiation: { mode: revision >= '2026' ? { pin: revision } : 'legacy' },
    },
  );
  if (elicits) {
    client.setRequestHandler('elicitation/create', () => {
      say({ step: 'asked' });
      return { action: 'accept', content: { answer: 'yes' } };
    });
  } else {
    client.setRequestHandler('sampling/createMessage', () => {
      say({ step: 'asked' });
      return { role: 'assistant', model: 'none', content: { type: 'text', text: 'yes' } };
    });
  }
  client.setNotificationHandler('notifications/tools/list_changed', () => say({ step: 'changed' }));
  const requestInit = { headers: ownHeaders };
  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(url), { requestInit })
      : new StreamableHTTPClientTransport(new URL(url), { requestInit, reconnectionOptions });
  await client.connect(transport);
  if (revision >= '2026') await client.listen({ toolsListChanged: true });
  return {
    revision: client.getNegotiatedProtocolVersion(),
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, signal, onprogress) => {
      const result = await client.callTool({ name, arguments: args }, { signal, onprogress });
      return result.content;
    },
    end: async () => {
      if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
      await client.close();
    },
  };
});
