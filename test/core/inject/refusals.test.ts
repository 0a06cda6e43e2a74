import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/files/documents.ts';
import {
  agentConfig,
  injectInto,
  podWith,
  refusals,
  remoteProxy,
  remoteServer,
  serverConfigMap,
} from './world.ts';

const github = remoteProxy('github', { Authorization: 'github-token/token' });
const remote = (name: string) => ({ name, type: 'http', url: `https://${name}.example.com/mcp` });
const tools = agentConfig('tools', [remote('github'), remote('linear')]);
const local = agentConfig('local', [{ name: 'files', type: 'stdio', command: 'npx' }]);
const gone = { ...github, metadata: { ...github.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
const asked = { servers: 'mcpremoteproxy/github' };

type Annotations = Readonly<Record<string, string>>;
type Refusal = readonly [string, Annotations, object, readonly KubernetesObject[], readonly string[]];

const shared = (field: string) => [`MCP503: spec.${field} is true`];
const twoKinds = [github, { ...github, apiVersion: 'kagent.dev/v1alpha1', kind: 'MCPServer' }];

const onNodes = (...terms: readonly object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  },
});
const nodeOs = (operator: string, ...values: readonly string[]) => ({
  matchExpressions: [
    { key: 'zone', operator: 'Exists' },
    { key: 'kubernetes.io/os', operator, values },
  ],
});
const forWindows = ['MCP503: the pod is a Windows pod'];

const refused: readonly Refusal[] = [
  ['hostNetwork', asked, { hostNetwork: true }, [github], shared('hostNetwork')],
  ['hostPID', asked, { hostPID: true }, [github], shared('hostPID')],
  [
    'a shared process namespace',
    asked,
    { shareProcessNamespace: true },
    [github],
    shared('shareProcessNamespace'),
  ],
  ['Windows', asked, { os: { name: 'windows' } }, [github], forWindows],
  ['a Windows node', asked, { nodeSelector: { 'kubernetes.io/os': 'windows' } }, [github], forWindows],
  [
    'a Windows node by the label of old kubelets',
    asked,
    { nodeSelector: { disk: 'ssd', 'beta.kubernetes.io/os': 'windows' } },
    [github],
    forWindows,
  ],
  [
    'node affinity whose terms all require Windows',
    asked,
    onNodes(nodeOs('In', 'windows'), nodeOs('NotIn', 'linux')),
    [github],
    forWindows,
  ],
  [
    'two of them at once',
    asked,
    { hostPID: true, hostNetwork: true },
    [github],
    ['MCP503: spec.hostNetwork is true', 'MCP503: spec.hostPID is true'],
  ],
  [
    'an unknown kind',
    { servers: 'proxy/github' },
    {},
    [github],
    ['MCP504: proxy/github names the kind proxy, which Sallyport does not know'],
  ],
  [
    'a kind of an unknown group',
    { servers: 'mcpremoteproxy.example.com/github' },
    {},
    [github],
    [
      'MCP504: mcpremoteproxy.example.com/github names the kind mcpremoteproxy.example.com, which Sallyport does not know',
    ],
  ],
  [
    'an unknown name',
    asked,
    {},
    [],
    ['MCP504: mcpremoteproxy/github does not exist in the namespace of the pod'],
  ],
  [
    'a resource of another namespace',
    asked,
    {},
    [{ ...github, metadata: { ...github.metadata, namespace: 'team-b' } }],
    ['MCP504: mcpremoteproxy/github does not exist in the namespace of the pod'],
  ],
  [
    'a resource that is being deleted',
    asked,
    {},
    [gone],
    ['MCP504: mcpremoteproxy/github does not exist in the namespace of the pod'],
  ],
  [
    'a word that means two resources',
    { servers: 'agentconfig/tools' },
    {},
    [tools, { ...tools, apiVersion: 'axon.io/v1alpha1' }],
    [
      'MCP504: agentconfig/tools is ambiguous: it may mean agentconfig.kelos.dev/tools or agentconfig.axon.io/tools',
    ],
  ],
  [
    'a server of both groups of kagent, with an alias',
    { servers: 'remotemcpserver/github=code' },
    {},
    [remoteServer('github', {}), { ...remoteServer('github', {}), apiVersion: 'api.kagent.dev/v1alpha3' }],
    [
      'MCP504: remotemcpserver/github=code is ambiguous: it may mean remotemcpserver.kagent.dev/github=code or remotemcpserver.api.kagent.dev/github=code',
    ],
  ],
  [
    'an unknown server in a list',
    { servers: 'agentconfig/tools/gitlab' },
    {},
    [tools],
    [
      'MCP504: agentconfig/tools/gitlab names server "gitlab", and the resource has no http or sse server of that name',
    ],
  ],
  [
    'a server name where there is only one',
    { servers: 'mcpremoteproxy/github/github' },
    {},
    [github],
    [
      'MCP504: mcpremoteproxy/github/github names server "github", and the resource has no http or sse server of that name',
    ],
  ],
  [
    'the same server twice',
    { servers: 'mcpremoteproxy/github, MCPRemoteProxies.toolhive.stacklok.dev/github=again' },
    {},
    [github],
    ['MCP504: the annotation names mcpremoteproxy.toolhive.stacklok.dev/github twice'],
  ],
  [
    'two servers of one name',
    { servers: 'mcpremoteproxy/github, remotemcpserver/github' },
    {},
    [github, remoteServer('github')],
    ['MCP504: servers github and github have the same environment variable, SALLYPORT_URL_GITHUB'],
  ],
  [
    'two names that make one variable',
    { servers: 'mcpremoteproxy/github=git-hub, remotemcpserver/linear=git.hub' },
    {},
    [github, remoteServer('linear')],
    ['MCP504: servers git-hub and git.hub have the same environment variable, SALLYPORT_URL_GIT_HUB'],
  ],
  [
    'one alias for several servers',
    { servers: 'agentconfig/tools=all' },
    {},
    [tools],
    ['MCP504: agentconfig/tools=all gives one alias to 2 servers'],
  ],
  [
    'stdio servers only',
    { servers: 'agentconfig/local' },
    {},
    [local],
    ['MCP504: agentconfig/local has no http or sse server'],
  ],
  [
    'a ConfigMap that has not the label of a server',
    { servers: 'configmap/tickets' },
    {},
    [serverConfigMap('tickets', { url: 'https://tickets.example.com' }, 'false')],
    ['MCP504: configmap/tickets exists, but does not have the label sallyport.dev/server: "true"'],
  ],
  [
    'entries that are no references',
    { servers: 'github, a/b/c/d=e=f, /x, kind/UPPER' },
    {},
    [github],
    ['github', 'a/b/c/d=e=f', '/x', 'kind/UPPER'].map(
      (entry) => `MCP504: "${entry}" is not a reference to a server`,
    ),
  ],
  [
    'a pinned port that a container declares',
    { ...asked, ports: 'github=8080' },
    { containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }] },
    [github],
    ['MCP505: the annotation pins port 8080, which container app declares'],
  ],
  [
    'a port pinned for two servers',
    { servers: 'agentconfig/tools', ports: 'github=20001, linear=20001' },
    {},
    [tools],
    ['MCP505: the annotation pins port 20001 for both github and linear'],
  ],
  [
    'pins that are no ports',
    { ...asked, ports: 'github=80, github=70000, github, =20001, github=1e4' },
    {},
    [github],
    ['github=80', 'github=70000', 'github', '=20001', 'github=1e4'].map(
      (pin) => `MCP505: "${pin}" does not pin a port`,
    ),
  ],
  [
    'a pinned server that the pod does not get',
    { ...asked, ports: 'gitlab=20001' },
    {},
    [github],
    ['MCP506: the annotation pins a port for "gitlab", which is not a server of this pod'],
  ],
  [
    'the label without servers',
    {},
    {},
    [github],
    ['MCP506: the pod has the label sallyport.dev/inject but no annotation sallyport.dev/servers'],
  ],
  [
    'an empty list of servers',
    { servers: ' , ' },
    {},
    [github],
    ['MCP506: the annotation sallyport.dev/servers names no server'],
  ],
  [
    'an unknown container',
    { ...asked, containers: 'app, worker' },
    {},
    [github],
    ['MCP506: the pod has no container "worker"'],
  ],
  [
    'a log level the proxy does not know',
    { ...asked, 'proxy-log-level': 'verbose' },
    {},
    [github],
    ['MCP506: "verbose" is not a log level'],
  ],
];

describe('a labelled pod is injected where', () => {
  const preference = nodeOs('In', 'windows');
  it.each<[string, object]>([
    ['one node affinity term allows Linux', onNodes(nodeOs('In', 'windows'), nodeOs('Exists'))],
    ['a term allows both systems', onNodes(nodeOs('In', 'windows', 'linux'))],
    ['Windows is excluded', onNodes(nodeOs('NotIn', 'windows'))],
    ['its node is a Linux one', { nodeSelector: { 'kubernetes.io/os': 'linux' } }],
    [
      'it only prefers Windows',
      {
        affinity: {
          nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] },
        },
      },
    ],
  ])('%s', async (_, spec) => {
    expect((await injectInto(podWith(asked, { ...spec }), [github])).kind).toBe('planned');
  });
});

describe('a labelled pod is refused for', () => {
  it.each(refused)('%s', async (_what, annotations, spec, objects, expected) => {
    const injection = await injectInto(podWith(annotations, { ...spec }), objects);
    expect(refusals(injection)).toEqual(expected);
  });

  it('a range of ports that is full, and only then', async () => {
    const servers = { servers: 'agentconfig/tools' };
    const two = await injectInto(podWith(servers), [tools], { inject: { ports: [15098, 15101] } });
    expect(refusals(two)).toEqual(['MCP505: ports 15098 to 15101 do not suffice for this pod']);
    const three = await injectInto(podWith(servers), [tools], { inject: { ports: [15098, 15102] } });
    expect(three.kind).toBe('planned');
  });

  it('two kinds of one word at once only where both exist', async () => {
    const servers = { servers: 'mcpserver/github' };
    expect((await injectInto(podWith(servers), [twoKinds[1] ?? github])).kind).toBe('planned');
  });
});
