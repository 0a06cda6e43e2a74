import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { KeepAliveConfig } from '../../src/kube/keep-alive.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { sendChunked, startApiServer, storedSecret } from '../support/api-server.ts';

it('a CA that is replaced in its file is followed without a restart', async () => {
  const { server, port } = await startApiServer((_req, res) => sendChunked(res, 200, storedSecret('token')));
  const sockets: Socket[] = [];
  server.on('secureConnection', (socket) => sockets.push(socket));
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const caFile = path.join(folder, 'ca.crt');
  const serveAs = async (name: string) => {
    const authority = await createAuthority(name);
    const leaf = await authority.issue({ commonName: 'kubernetes', names: ['127.0.0.1'], usage: 'server' });
    server.setSecureContext({ cert: leaf.certificate, key: leaf.key });
    writeFileSync(caFile, authority.certificate);
    for (const socket of sockets.splice(0)) socket.destroy();
  };
  await serveAs('first');

  const config = new KeepAliveConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test', server: `https://127.0.0.1:${port}`, caFile }],
    users: [{ name: 'test', token: 'any' }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  const cluster = kubeCluster(config);
  const stateOf = async () => {
    const source = { kind: 'Secret', namespace: 'team-a', name: 'token' } as const;
    const facts = await cluster.facts([source], { signal: AbortSignal.timeout(5000) });
    return [...facts.values()].map(({ state }) => state);
  };
  expect(await stateOf()).toEqual(['present']);

  await serveAs('second');
  await vi.waitFor(async () => expect(await stateOf()).toEqual(['present']), { timeout: 10_000 });
  expect(sockets.length).toBeGreaterThan(0);
});
