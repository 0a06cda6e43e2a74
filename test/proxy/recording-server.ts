import type { Conflict } from '../../src/core/contracts/proxy-contract.ts';
import { proxyFor, recorder, server, startUpstream } from './support.ts';

/** A proxy with three injected headers before a server that keeps what it was asked. */
export async function setUp(upstreamPath = '/mcp', conflict: Conflict = 'override') {
  const { seen, handler } = recorder();
  const upstream = await startUpstream(handler);
  const proxy = await proxyFor(
    server(`http://127.0.0.1:${upstream.port}${upstreamPath}`, {
      headers: [
        { name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict },
        { name: 'X-Api-Key', file: '+/h1', template: '{value}', conflict },
        { name: 'X-Tenant-ID', value: 'tenant-456', conflict },
      ],
    }),
    { '+/h0': 'token-of-github', '+/h1': 'key-of-github' },
  );
  return { seen, upstream, proxy };
}
