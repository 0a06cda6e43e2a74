import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { containerOf, layOutContainer, sourcesAmong } from '../../src/kubelet/container.ts';
import {
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
} from '../support/webhook.ts';
import { makeCa, makeLeaf, serverName, type Pair } from './certificates.ts';
import { ask, eventually, startTlsUpstream, tempRoot } from './support.ts';

/**
 * An author who may write MCP resources and pods, and may not read the Secret, tries to receive its token: the URL is the
 * one that the Secret's owner allows, `HTTPS_PROXY` of the app leads to a listener of the author, and the resource names a
 * CA of the author, with a certificate for that URL.
 */

const value = 'token-of-the-owner';
let built = '';
let ca: Pair;

beforeAll(async () => {
  ca = await makeCa('of-the-author');
  built = mkdtempSync(path.join(tmpdir(), 'sallyport-bundle-'));
  await build({
    entryPoints: { proxy: 'src/proxy/main.ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outdir: built,
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Opens every tunnel to a server of its author, which has a certificate for the name that was asked for. */
async function startListener() {
  const received: string[] = [];
  const bytes: string[] = [];
  const server = await startTlsUpstream(await makeLeaf(ca, 'impostor'), (req, res) => {
    received.push(String(req.headers.authorization));
    req.resume();
    res.end('{}');
  });
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => bytes.push(data.toString('latin1')));
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const out = connect(server.port, '127.0.0.1');
      sockets.add(out);
      out.on('error', () => socket.destroy());
      socket.pipe(out).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = listener.address() as AddressInfo;
  return { received, sent: () => bytes.join(''), url: `http://127.0.0.1:${port}` };
}

const caMap = () => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'ca-of-the-author', namespace: 'team-a' },
  data: { 'ca.crt': ca.cert },
});
const limited = {
  ...secret('github-token', { token: `Bearer ${value}` }),
  metadata: {
    name: 'github-token',
    namespace: 'team-a',
    annotations: { 'sallyport.dev/upstreams': `https://${serverName}` },
  },
};
const resource = (annotations: Readonly<Record<string, string>>) => {
  const made = remoteProxy({ remoteUrl: `https://${serverName}/mcp` });
  return { ...made, metadata: { ...made.metadata, annotations } };
};
const withCa = { 'sallyport.dev/ca-configmap': 'ca-of-the-author' };

/** What both webhooks say with the resource stored, and the pod as it would be stored. */
async function admitted(annotations: Readonly<Record<string, string>>, url: string, rules: object = {}) {
  const objects = [limited, caMap(), resource(annotations)];
  const { port } = await freePort();
  const { validate, mutate } = await startWebhook({
    objects: { 'all.yaml': objects },
    configuration: { modes: { rules }, inject: { ports: [port, port + 5] } },
  });
  const made = labelledPod('mcpremoteproxy/github');
  const env = [{ name: 'HTTPS_PROXY', value: url }];
  const pod = { ...made, spec: { containers: [{ name: 'app', image: 'a', env }] } };
  const gates = [await validate(reviewOf(resource(annotations))), await mutate(reviewOf(pod))] as const;
  const stored = gates[1].patch === undefined ? pod : applyPatch(pod, operationsOf(gates[1]));
  return { gates, pod: stored as Fields, objects };
}

/** A port that nothing listens on, with some after it that are unlikely to be taken. */
async function freePort(): Promise<AddressInfo> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return { ...address, port: Math.min(address.port, 65_000) };
}

/** Runs the built proxy as the pod says, and asks its server once. */
async function callThrough({ pod, objects }: Awaited<ReturnType<typeof admitted>>) {
  const root = tempRoot();
  layOutContainer(pod, 'sallyport-proxy', root, sourcesAmong(objects, 'team-a'));
  const env = Object.fromEntries(
    listAt(containerOf(pod, 'sallyport-proxy'), 'env').map((entry) => [
      textAt(entry, 'name'),
      textAt(entry, 'value'),
    ]),
  );
  const child = spawn(process.execPath, [path.join(built, 'proxy.mjs')], {
    env: { ...env, SALLYPORT_ROOT: root },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (out += data.toString()));
  await eventually(
    () => out,
    (text) => text.includes('"listening"'),
  );
  const port = Number(/"github=(\d+)"/.exec(out)?.[1]);
  return ask(port, { body: '{}' });
}

describe('a token behind an egress proxy and a CA of the author', () => {
  test('is refused at both gates', async () => {
    const { url } = await startListener();
    const { gates } = await admitted(withCa, url);
    for (const { allowed, status } of gates) {
      expect(allowed).toBe(false);
      expect(status?.details?.causes.map(({ reason }) => reason)).toEqual(['MCP210']);
    }
  });

  test('would reach the author without that rule, which is what makes it necessary', async () => {
    const { url, received } = await startListener();
    const pod = await admitted(withCa, url, { MCP210: 'off' });
    expect((await callThrough(pod)).status).toBe(200);
    expect(received).toEqual([`Bearer ${value}`]);
  });

  test('stays in the tunnel with the roots of the system: the author sees a name and no token', async () => {
    const { url, received, sent } = await startListener();
    const admission = await admitted({}, url);
    expect(admission.gates.map(({ allowed }) => allowed)).toEqual([true, true]);
    expect(await callThrough(admission)).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'tls' },
    });
    expect(received).toEqual([]);
    expect(sent()).toMatch(
      new RegExp(`^CONNECT ${serverName}:443 HTTP/1\\.1\r\nHost: ${serverName}:443\r\n\r\n`),
    );
    expect(sent()).not.toContain(value);
  });
});
