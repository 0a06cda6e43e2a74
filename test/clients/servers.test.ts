import { afterAll, describe, expect, it } from 'vitest';
import { sdkNames, sdks } from './matrix.ts';
import { killAll } from './peer.ts';
import { credential } from './sidecar.ts';
import { missing, startUpstream } from './stage.ts';

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'nobody', version: '1.0.0' },
  },
};

async function post(port: number, headers: Record<string, string>): Promise<number> {
  const accept = 'application/json, text/event-stream';
  const { status } = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept, ...headers },
    body: JSON.stringify(initialize),
  });
  return status;
}

describe('without the proxy', () => {
  afterAll(killAll);

  for (const name of sdkNames) {
    const why = missing(name);
    it.skipIf(why)(
      `the ${sdks[name].title} server takes the credential of the Secret and nothing else`,
      async () => {
        const { tap } = await startUpstream(name);
        try {
          expect(await post(tap.port, { Authorization: credential.first })).toBe(200);
          expect(await post(tap.port, {})).toBe(401);
          expect(await post(tap.port, { Authorization: 'Bearer the-wrong-one' })).toBe(401);
        } finally {
          tap.close();
        }
      },
    );
  }
});
