import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** Asks the server at this URL who it thinks we are: a real MCP client that knows a URL and nothing else. */
export async function whoAmI(url: string): Promise<string> {
  const client = new Client({ name: 'agent', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  try {
    const result = await client.callTool({ name: 'whoami' });
    const [first] = result.content as readonly { readonly text?: string }[];
    return first?.text ?? '(no answer)';
  } finally {
    await client.close();
  }
}
