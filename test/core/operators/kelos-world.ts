import type { Fields } from '../../../src/core/k8s/objects.ts';

/** What Kelos makes, in our own words: a Task with its Job, a Session with its StatefulSet, and their pods. */

export const token = 'Bearer canary-kelos-7f21';
const namespace = 'team-a';

export const toolsConfig = (servers: readonly object[] = [githubServer()], extra: object = {}) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'AgentConfig',
  metadata: { name: 'tools', namespace, ...extra },
  spec: { mcpServers: servers },
});

export const githubServer = (more: object = {}) => ({
  name: 'github',
  type: 'http',
  url: 'https://mcp.example.com/mcp/',
  headers: { 'X-Env': 'test' },
  headersFrom: { secretRef: { name: 'github-headers' } },
  ...more,
});

export const headerSecret = (data: Readonly<Record<string, string>> = { Authorization: token }) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'github-headers', namespace },
  stringData: data,
});

const makerOf = (kind: string, name: string, spec: object, group = 'kelos.dev/v1alpha2') => ({
  apiVersion: group,
  kind,
  metadata: { name, namespace, uid: `uid-of-${name}` },
  spec,
});

const refs = [{ name: 'tools' }];
export const task = (spec: object = { worker: { agentConfigRefs: refs } }) => makerOf('Task', 'task1', spec);
export const session = () => makerOf('Session', 'sess1', { worker: { agentConfigRefs: refs } });

/** As Kelos renders it: sorted keys, everything in plain text. */
export const serverList = (servers: object = { github: githubEntry() }): string =>
  JSON.stringify({ mcpServers: servers });

export const githubEntry = (more: object = {}) => ({
  type: 'http',
  url: 'https://mcp.example.com/mcp/',
  headers: { Authorization: token, 'X-Env': 'test' },
  ...more,
});

const ownedBy = (apiVersion: string, kind: string, name: string) => [
  { apiVersion, kind, name, uid: `uid-of-${name}`, controller: true, blockOwnerDeletion: true },
];

const labels = { 'kelos.dev/managed-by': 'kelos-controller', 'kelos.dev/name': 'kelos' };

export const agentPod = (list: string = serverList(), spec: object = {}, variable = 'KELOS_MCP_SERVERS') => ({
  metadata: { labels: { ...labels, 'kelos.dev/task': 'task1' } },
  spec: {
    containers: [
      {
        name: 'kelos-agent',
        image: 'example.com/agent:1',
        env: [
          { name: 'KELOS_AGENT_TYPE', value: 'claude-code' },
          { name: variable, value: list },
        ],
      },
    ],
    restartPolicy: 'Never',
    ...spec,
  },
});

export const job = (template: Fields = agentPod(), metadata: object = {}): Fields => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'task1',
    namespace,
    uid: 'uid-of-task1-job',
    labels,
    ownerReferences: ownedBy('kelos.dev/v1alpha2', 'Task', 'task1'),
    ...metadata,
  },
  spec: { backoffLimit: 1, template },
});

export const statefulSet = (template: Fields = agentPod(), spec: object = {}): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'sess1',
    namespace,
    uid: 'uid-of-sess1-set',
    labels,
    ownerReferences: ownedBy('kelos.dev/v1alpha2', 'Session', 'sess1'),
  },
  spec: { replicas: 1, serviceName: 's-sess1', template, ...spec },
});

export const pod = (
  template: Fields = agentPod(),
  owner = ownedBy('batch/v1', 'Job', 'task1-job'),
): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...template,
  metadata: { generateName: 'task1-', namespace, labels, ownerReferences: owner },
});

/** The Job a pod refers to, with the name its reference has. */
export const storedJob = () => ({
  ...job(),
  metadata: { ...(job()['metadata'] as object), name: 'task1-job', uid: 'uid-of-task1-job' },
});

export const world = [toolsConfig(), headerSecret(), task(), session()];
export const on = { inject: { families: { kelos: true } } };
