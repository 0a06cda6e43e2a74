import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

// A real MCP client: lists the tools of a server, calls the one whose name ends so, and prints what it said.
const [url = '', ending = ''] = process.argv.slice(2);
const client = new Client({ name: 'operators-test', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
const tool = tools.find(({ name }) => name.endsWith(ending));
if (!tool) throw new Error(`no tool ends with ${ending} among: ${tools.map(({ name }) => name).join(', ')}`);
const { content } = await client.callTool({ name: tool.name, arguments: {} });
process.stdout.write((content as readonly { readonly text: string }[])[0]?.text ?? '');
await client.close();
