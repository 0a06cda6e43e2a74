import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { configStepDirs } from '../../src/core/contracts/config-step-contract.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { containerOf, layOutContainer, sourcesAmong } from '../../src/kubelet/container.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { repository } from '../cluster/cache.ts';
import { run, until } from '../cluster/processes.ts';
import {
  agent,
  configOf,
  configSecret,
  deployment,
  entry,
  fromSecret,
  namespace,
  pod,
  remoteServer,
  replicaSet,
  secret,
  tool,
} from '../core/operators/kagent-world.ts';
import { operationsOf, reviewOf, startWebhook } from '../support/webhook.ts';
import { makeCertificates } from './certificates.ts';
import { expectInjected, requestsOf, tools } from './conversation.ts';
import { killAll, Peer, type Program } from './peer.ts';
import { credential } from './sidecar.ts';
import { missing, startUpstream, type Upstream } from './stage.ts';
import { kagentRuntime } from './toolchains.ts';

/** Making it ready downloads a few hundred megabytes, once. */
const readyMs = 900_000;

/** It loads some thousand files before it does anything. */
const loadedMs = 180_000;

const why = missing('python', 'typescript-1');
const title = "kagent's Python runtime";
const keys: Record<string, string> = {};
let runtime: Program;
let upstream: Upstream;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;

beforeAll(async () => {
  if (why !== undefined) return;
  runtime = await kagentRuntime((line) => console.log(`clients: ${line}`));
  certificates = await makeCertificates();
  upstream = await startUpstream('typescript-1', {
    TLS: certificates.folder,
    CLIENT_CERTIFICATE: 'required',
  });
  for (const [file, text] of Object.entries({
    ...certificates.authority,
    ...(await certificates.client('agent')),
  }))
    keys[file.replace('+/', '')] = text;
}, readyMs);
afterAll(async () => {
  await killAll();
  upstream?.tap.close();
});

/** A pod's init container and sidecar as processes, and the folder its agent would see as `/config`. */
async function startPod(stored: Fields, objects: readonly object[], config: string) {
  const root = mkdtempSync(path.join(inject('folder'), 'kagent-'));
  const env = (container: string) => ({
    SALLYPORT_ROOT: root,
    ...Object.fromEntries(
      listAt(containerOf(stored, container), 'env').map((one) => [textAt(one, 'name'), textAt(one, 'value')]),
    ),
  });
  const program = (file: string) => path.join(repository, 'dist', file);
  layOutVolume(path.join(root, configStepDirs.from), { 'config.json': config, 'agent-card.json': '{}' });
  mkdirSync(path.join(root, configStepDirs.to), { recursive: true });
  const said = await run(process.execPath, [program('config.mjs')], { env: env('sallyport-config') });
  const sources = sourcesAmong(objects as Parameters<typeof sourcesAmong>[0], namespace);
  layOutContainer(stored, 'sallyport-proxy', root, sources);
  const proxy: ChildProcess = spawn(process.execPath, [program('proxy.mjs')], {
    env: env('sallyport-proxy'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.once('exit', () => proxy.kill('SIGKILL'));
  await until('the proxy', 60, () =>
    run(process.execPath, [program('check.mjs')], { env: env('sallyport-proxy') }).then(
      () => true,
      () => undefined,
    ),
  );
  return { said, folder: path.join(root, configStepDirs.to), stop: () => proxy.kill('SIGKILL') };
}

describe.skipIf(why)(why === undefined ? title : `${title}: ${why}`, () => {
  it('reads the configuration that stands in the pod, and lists the tools of its servers through the proxy', async () => {
    const server = (name: string, route: string, more: object = {}) =>
      remoteServer(
        name,
        {
          url: `https://127.0.0.1:${upstream.tap.port}${route}`,
          headersFrom: [fromSecret('Authorization', 'token'), { name: 'X-App', value: 'as-it-is' }],
          tls: { caCertSecretRef: 'keys', caCertSecretKey: 'ca.crt', disableSystemCAs: true },
          ...more,
        },
        { 'sallyport.dev/client-tls-secret': 'keys' },
      );
    const written = (route: string) =>
      entry(
        {
          url: `https://127.0.0.1:${upstream.tap.port}${route}`,
          headers: { Authorization: credential.first, 'X-App': 'as-it-is' },
          tls_insecure_skip_verify: false,
          tls_ca_cert_path: '/etc/ssl/certs/custom/keys/ca.crt',
          tls_disable_system_cas: true,
        },
        { tools },
      );
    const { terminate_on_close: _, ...sse } = written('/sse').params;
    const config = configOf([written('/mcp')], [{ params: sse, tools }]);
    const objects = [
      server('linear', '/mcp'),
      server('legacy', '/sse', { protocol: 'SSE' }),
      secret('token', { key: `${credential.first}\n` }),
      secret('keys', keys),
      agent([tool('linear'), tool('legacy')]),
      deployment(),
      replicaSet(),
      configSecret(config),
    ];
    // Free of what others on this machine listen on, as far as one can know.
    const from = randomInt(20_000, 29_000);
    const { rewrite } = await startWebhook({
      objects: { 'cluster.yaml': objects },
      configuration: { inject: { families: { kagent: true }, ports: [from, from + 20] } },
    });
    const answer = await rewrite(reviewOf(pod()));
    const stored = applyPatch(pod(), operationsOf(answer));
    const started = await startPod(stored, objects, config);
    try {
      expect(started.said).toBe('sallyport config: config.json calls linear, legacy through the proxy\n');
      expect(readFileSync(path.join(started.folder, 'config.json'), 'utf8')).not.toContain(credential.first);
      const client = new Peer(
        title,
        { ...runtime, args: [...runtime.args, started.folder] },
        { OPENAI_API_KEY: 'none' },
      );
      await client.next({ step: 'ready' }, loadedMs);
      for (const list of ['http', 'sse'])
        expect([list, (await client.next({ step: 'listed' }))['tools']]).toEqual([list, tools]);
      const requests = requestsOf(upstream.peer, 0);
      expectInjected(requests);
      for (const request of requests) expect(request['certificate']).toBe('agent');
      await client.kill();
    } finally {
      started.stop();
    }
  }, 300_000);
});
