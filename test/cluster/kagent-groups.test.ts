import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, pod, secret, testNamespace } from './objects.ts';

/** kagent 0.10 and 1.x have resources of the same kinds in two groups, and no upgrade in place: both are in one cluster. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('kagent-groups');

const remoteServer = (apiVersion: string, name: string, key: string, url: string): Manifest => ({
  apiVersion,
  kind: 'RemoteMCPServer',
  metadata: { namespace: ns, name },
  spec: {
    description: 'Meetings',
    url,
    headersFrom: [{ name: 'Authorization', valueFrom: { type: 'Secret', name: 'calendar', key } }],
  },
});
const before = (name: string, key: string, url = 'https://calendar.example.com/mcp') =>
  remoteServer('kagent.dev/v1alpha2', name, key, url);
const since1 = (name: string, key: string, url = 'https://calendar.example.com/mcp') =>
  remoteServer('api.kagent.dev/v1alpha3', name, key, url);

const template = (name: string, servers: readonly string[]): Manifest => ({
  apiVersion: 'api.kagent.dev/v1alpha3',
  kind: 'AgentTemplate',
  metadata: { namespace: ns, name },
  spec: {
    systemPrompt: 'Plan meetings.',
    tools: servers.map((server) => ({ mcp: { server: { kind: 'RemoteMCPServer', name: server } } })),
  },
});

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    secret(ns, 'calendar', { bearer: 'Bearer abc', file: 'Bearer abc\n', other: 'Bearer def' }),
  );
  await kubectl.apply(before('calendar', 'bearer'), since1('calendar', 'bearer'));
}, 60_000);

describe('RemoteMCPServers of both groups of kagent', () => {
  it('are both stored under one name', async () => {
    for (const group of ['kagent.dev', 'api.kagent.dev'])
      expect(await kubectl.get(ns, `remotemcpserver.${group}/calendar`)).toMatchObject({
        metadata: { name: 'calendar' },
      });
  });

  it('are both denied without their key', async () => {
    expect(await kubectl.refused(before('absent', 'absent'))).toContain('[MCP202]');
    expect(await kubectl.refused(since1('absent', 'absent'))).toContain('[MCP202]');
  });

  it('differ where the in-pod proxy removes a line end and an egress gateway does not', async () => {
    await kubectl.apply(before('line', 'file'));
    expect(await kubectl.refused(since1('line', 'file'))).toContain('ends in a line break');
  });

  it('are ambiguous for a pod that names no group', async () => {
    const text = await kubectl.refused(pod(ns, 'both', { servers: 'remotemcpserver/calendar' }));
    expect(text).toContain('[MCP504]');
    expect(text).toContain('remotemcpserver.kagent.dev/calendar or remotemcpserver.api.kagent.dev/calendar');
  });

  it('are injected into a pod that names the group', async () => {
    await kubectl.apply(pod(ns, 'one', { servers: 'remotemcpserver.api.kagent.dev/calendar' }));
    expect(JSON.stringify(await kubectl.get(ns, 'pod/one'))).toContain('sallyport-proxy');
  });
});

describe('an AgentTemplate of kagent 1.x', () => {
  it('is denied with two credentials for one host and header', async () => {
    await kubectl.apply(since1('rooms', 'other', 'https://calendar.example.com/rooms'));
    expect(await kubectl.refused(template('two', ['calendar', 'rooms']))).toContain('[MCP306]');
  });

  it('is stored with one', async () => {
    await kubectl.apply(
      since1('people', 'bearer', 'https://calendar.example.com/people'),
      template('one', ['calendar', 'people']),
    );
    expect(await kubectl.get(ns, 'agenttemplate.api.kagent.dev/one')).toMatchObject({
      metadata: { name: 'one' },
    });
  });
});
