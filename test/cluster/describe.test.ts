import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from './app.ts';
import { repository } from './cache.ts';
import { Kubectl } from './kubectl.ts';
import {
  fromSecret,
  namespace,
  pod,
  secret,
  serverEntry,
  testNamespace,
  upstreamPod,
  upstreamService,
} from './objects.ts';
import { soon } from './sallyport.ts';
import { until } from './processes.ts';

/** What a person sees of an injected pod, and a pod that is as strict as a pod can be. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('describe');

/** As this user and group, files for that one, and nothing written anywhere. */
const strict = { runAsUser: 1234, runAsGroup: 2345, fsGroup: 3456, runAsNonRoot: true };

function strictPod(name: string, servers: string) {
  const manifest = pod(ns, name, { servers }) as {
    spec: { containers: readonly { securityContext: { runAsUser?: number } }[] };
  } & Record<string, unknown>;
  const containers = manifest.spec.containers.map((app) => {
    const { runAsUser: _, ...security } = app.securityContext;
    return { ...app, securityContext: { ...security, readOnlyRootFilesystem: true } };
  });
  return { ...manifest, spec: { ...manifest.spec, securityContext: strict, containers } };
}

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    upstreamService(ns),
    upstreamPod(ns),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
  );
  const url = `http://${await clusterIp(kubectl, ns)}/mcp`;
  await kubectl.apply(serverEntry(ns, 'github', fromSecret('github-token', 'token'), url));
  await kubectl.apply(
    strictPod('strict', 'mcpserverentry/github'),
    pod(ns, 'agent', { servers: 'mcpserverentry/github' }),
  );
  await kubectl.run(['delete', '-n', ns, 'secret', 'github-token']);
  await kubectl.apply(pod(ns, 'waiting', { servers: 'mcpserverentry/github' }));
}, 120_000);
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all', ...soon]));

/** Words of a line of the sample, in their order, stand in one line of the output. */
const stands = (line: string, output: readonly string[]): boolean => {
  const words = line
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return output.some((one) => new RegExp(`^\\s*${words.join('\\s+(?:.*\\s)?')}$`).test(one));
};

it('kubectl describe shows of a pod that waits what docs/injection.md shows', async () => {
  const page = await readFile(path.join(repository, 'docs/injection.md'), 'utf8');
  const [, shown = ''] = /^\$ kubectl describe pod .*\n([^]*?)```/m.exec(page) ?? [];
  const lines = shown.split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeGreaterThan(5);
  await until('kubectl describe to show all of it', 60, async () => {
    const output = (await kubectl.run(['describe', '-n', ns, 'pod', 'waiting'])).split('\n');
    const missing = lines.filter((line) => !stands(line, output));
    if (missing.length > 0) throw new Error(`not shown: ${missing.join('; ')}`);
    return true;
  });
});

it('a pod that waits goes on by itself, and shows nothing of the credential', async () => {
  await kubectl.apply(secret(ns, 'github-token', { token: 'Bearer abc' }));
  for (const name of ['waiting', 'strict'])
    await kubectl.run(['annotate', '-n', ns, 'pod', name, 'example.com/look=again']);
  await kubectl.wait(ns, 'pod/waiting', 'condition=Ready', 100);
  const healthy = await kubectl.run(['describe', '-n', ns, 'pod', 'waiting']);
  expect(healthy).toMatch(/SALLYPORT_URL_GITHUB: +http:\/\/127\.0\.0\.1:\d+\/mcp/);
  expect(healthy).not.toContain('Bearer abc');
}, 120_000);

it('a pod with users and groups of its own and nothing to write to gets its credential delivered', async () => {
  for (const name of ['upstream', 'strict']) await kubectl.wait(ns, `pod/${name}`, 'condition=Ready', 100);
  const app = new App(kubectl, ns, 'strict');
  expect(await app.sh('id -u; id -g; touch /x 2>/dev/null || echo read-only')).toBe(
    '1234\n2345\nread-only\n',
  );
  expect(await app.call('github')).toMatchObject({ credential: digest('Bearer abc') });
  // Ours is its own user still.
  expect(await app.proxy('process.getuid()')).toBe('14700\n');
}, 120_000);
