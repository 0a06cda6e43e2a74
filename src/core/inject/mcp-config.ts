import type { ProxyServer } from '../contracts/proxy-contract.ts';

/** The address at which the app calls a server: where the proxy listens, with the path and query of its upstream. */
export function localUrl({ port, upstream }: Pick<ProxyServer, 'port' | 'upstream'>): string {
  const { pathname, search } = new URL(upstream);
  return `http://127.0.0.1:${port}${pathname}${search}`;
}

/** The app's mcp.json. The configuration of the proxy implies it, so planning and the final check build it here. */
export const mcpConfigText = (servers: readonly ProxyServer[]): string =>
  JSON.stringify({
    mcpServers: Object.fromEntries(
      servers.map((server) => [server.name, { type: server.transport, url: localUrl(server) }]),
    ),
  });
