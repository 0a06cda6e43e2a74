import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { digest } from '../cluster/app.ts';
import { auditLog } from '../cluster/control-plane.ts';
import { storedWith } from '../cluster/etcd.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { namespace, secret, testNamespace } from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { tlsKeys } from '../cluster/secure-upstream.ts';
import {
  bearer,
  call,
  configurationOf,
  containersOf,
  deployments,
  makeWorld,
  noneLeaves,
  onePodOf,
  podOf,
  restartsOf,
  variablesOf,
  type World,
} from './world.ts';
import { counted, isRollout, writesIn } from './writes.ts';

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('toolhive');
const [first, second] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
let world: World;

const pod = (name: (typeof deployments)[number]) => podOf(kubectl, ns, name);
const came = (service: string, tool?: string) => call(cluster, kubectl, ns, service, tool);
const carried = (names: readonly string[]) => names.filter((name) => name.includes('HEADER_FORWARD'));

beforeAll(async () => {
  await kubectl.apply(namespace(ns));
  world = await makeWorld(kubectl, ns, first);
}, 180_000);

describe('an MCPRemoteProxy of the real operator', () => {
  it('is called with a real client; its upstream sees the header, the certificate and its own name', async () => {
    const made = await pod('github');
    expect(containersOf(made)).toEqual(['sallyport-config', 'sallyport-proxy', 'toolhive']);
    expect(carried(variablesOf(made))).toEqual([]);
    expect(await came('mcp-github-remote-proxy')).toEqual({
      path: '/mcp?team=a',
      host: world.host,
      // And none of ToolHive's own X-Forwarded-*, whose scheme would be the one inside the pod.
      headers: { authorization: digest(first), 'x-tenant': digest('acme') },
      client: 'client-one',
    });
  });

  it("reads its operator's runconfig.json with another URL, without the headers of Secrets, and equal in every other byte", async () => {
    const { written, read } = await configurationOf(
      cluster,
      kubectl,
      ns,
      await pod('github'),
      'runconfig.json',
    );
    const { remote_url: local } = JSON.parse(read) as { readonly remote_url: string };
    expect(local).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\?team=a$/);
    const remote = `"remote_url": "https://${world.host}/mcp?team=a"`;
    const headers = /,\n {4}"add_headers_from_secret": \{\n {6}"Authorization": "[A-Z_]+"\n {4}\}/;
    expect(written).toContain(remote);
    expect(written).toMatch(headers);
    expect(read).toBe(written.replace(remote, `"remote_url": "${local}"`).replace(headers, ''));
  });

  it('takes a rotated Secret without another pod', async () => {
    const before = await pod('github');
    await kubectl.apply(
      secret(ns, 'token', { value: second }),
      secret(ns, 'client', tlsKeys(await world.client('client-two'))),
    );
    const note = `example.com/look-again=${Date.now()}`;
    await kubectl.run(['annotate', '-n', ns, 'pod', before.metadata.name, note]);
    await until('a call with both', 90, async () => {
      const { headers, client } = await came('mcp-github-remote-proxy');
      return headers['authorization'] === digest(second) && client === 'client-two' ? true : undefined;
    });
    const after = await pod('github');
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(restartsOf(after)).toEqual([0, 0, 0]);
  }, 180_000);

  it('is rolled by its operator when it changes, and the new pod is rewritten too', async () => {
    const before = await pod('github');
    await kubectl.apply(world.proxy('other'));
    await until('another pod', 120, async () =>
      (await pod('github')).metadata.uid === before.metadata.uid ? undefined : true,
    );
    expect(containersOf(await pod('github'))).toEqual(['sallyport-config', 'sallyport-proxy', 'toolhive']);
    const { headers } = await came('mcp-github-remote-proxy');
    expect(headers).toEqual({ authorization: digest(second), 'x-tenant': digest('other') });
  }, 240_000);
});

describe('an MCPRemoteProxy with the bearer token of an external auth', () => {
  it('keeps that token, which is not ours, and gets everything else from the proxy', async () => {
    const made = await pod('bearer');
    expect(containersOf(made)).toEqual(['sallyport-config', 'sallyport-proxy', 'toolhive']);
    expect(carried(variablesOf(made))).toEqual([]);
    expect(variablesOf(made)).toContain('TOOLHIVE_SECRET_bearer');
    const { headers, client } = await came('mcp-bearer-remote-proxy');
    expect(headers).toEqual({ authorization: digest(`Bearer ${bearer}`), 'x-tenant': digest('acme') });
    expect(client).toMatch(/^client-(one|two)$/);
  });
});

describe('a VirtualMCPServer of the real operator', () => {
  it('in static mode calls its entry through the proxy', async () => {
    const made = await pod('static');
    expect(containersOf(made)).toEqual(['sallyport-config', 'sallyport-proxy', 'vmcp']);
    expect(carried(variablesOf(made))).toEqual([]);
    const { path, host, headers, client } = await came('vmcp-static', 'search_what_came');
    expect({ path, host }).toEqual({ path: '/mcp?team=a', host: world.host });
    expect(headers['x-tenant']).toBe(digest('acme'));
    expect([digest(first), digest(second)]).toContain(headers['x-api-key']);
    expect(client).toMatch(/^client-(one|two)$/);
  });

  it("in static mode reads its operator's config.yaml with another URL of its entry, and equal in every other byte", async () => {
    const { written, read } = await configurationOf(cluster, kubectl, ns, await pod('static'), 'config.yaml');
    const local = /url: "(http:\/\/127\.0\.0\.1:\d+\/mcp\?team=a)"/.exec(read)?.[1];
    const remote = `url: https://${world.host}/mcp?team=a\n`;
    expect(written).toContain(remote);
    expect(read).toBe(written.replace(remote, `url: "${local}"\n`));
  });

  it('in static mode calls a Service as it would without us', async () => {
    expect(await came('vmcp-static', 'local_what_came')).toMatchObject({ path: '/mcp', client: null });
  });

  it('calls the one at the proxy and the other at its Service, and finds both healthy', async () => {
    const urls = await until('a health check of both', 60, async () => {
      const { status } = await kubectl.get<{
        status: { discoveredBackends?: { name: string; status: string; url: string }[] };
      }>(ns, 'virtualmcpserver/static');
      const found = status.discoveredBackends ?? [];
      if (found.length < 2 || found.some((one) => one.status !== 'ready')) return undefined;
      return Object.fromEntries(found.map(({ name, url }) => [name, url]));
    });
    expect(urls['search']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\?team=a$/);
    const { status } = await kubectl.get<{ status: { url: string } }>(
      ns,
      'mcpservers.toolhive.stacklok.dev/local',
    );
    expect(urls['local']).toBe(status.url);
    expect(status.url).toContain(`//mcp-local-proxy.${ns}.svc.cluster.local:`);
  });

  it('that discovers its backends is as its operator made it', async () => {
    const made = await pod('dynamic');
    expect(containersOf(made)).toEqual(['vmcp']);
    expect(carried(variablesOf(made))).toContain('TOOLHIVE_SECRET_HEADER_FORWARD_X_API_KEY_SEARCH');
  });
});

describe('servers that others call', () => {
  it('of kmcp work as its controller made them', async () => {
    expect(containersOf(await pod('everything'))).toEqual(['mcp-server']);
    expect(await came('everything')).toMatchObject({ path: '/mcp', client: null });
  });

  it('of ToolHive work as its operator made them', async () => {
    expect(containersOf(await pod('local'))).toEqual(['toolhive']);
    expect(await came('mcp-local-proxy')).toMatchObject({ path: '/mcp', client: null });
  });
});

it('left alone, nobody writes anything that would make other pods', async () => {
  const uids = () =>
    Promise.all(deployments.map(async (name) => (await onePodOf(kubectl, ns, name)).metadata.uid));
  await noneLeaves(kubectl, ns);
  const before = await uids();
  const since = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const writes = await writesIn(cluster, ns, since);
  expect(counted(writes.filter(isRollout))).toEqual([]);
  expect(await uids()).toEqual(before);
}, 240_000);

it('a token stands in its Secret and nowhere else: not in etcd, in the audit log, or in what a container says', async () => {
  expect(await storedWith(cluster, second)).toEqual([`/registry/secrets/${ns}/token`]);
  expect(await storedWith(cluster, first)).toEqual([]);
  const said = await Promise.all(
    (['github', 'static'] as const).map(async (name) => {
      const { metadata } = await pod(name);
      return kubectl.run(['logs', '-n', ns, metadata.name, '--all-containers', '--prefix']);
    }),
  );
  for (const text of said) expect(text).toContain('sallyport config: ');
  const audit = await readFile(auditLog(cluster.logs ?? ''), 'utf8');
  expect(audit).toContain(ns);
  for (const token of [first, second])
    expect([...said, audit].filter((text) => text.includes(token))).toEqual([]);
});
