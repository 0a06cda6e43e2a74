import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, labelledPod, remoteProxy, secret, tempFolder } from '../support/webhook.ts';
import { findingsIn } from '../support/findings.ts';

type Json = Record<string, unknown>;

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly path: string;
  readonly line: number;
}

async function lint(objects: readonly object[], ...args: string[]) {
  const { code, out, err } = await runSallyport(['lint', '-o', 'json', ...args, '-'], {
    stdin: asYaml(objects),
  });
  expect(err).toBe('');
  return { code, rows: findingsIn<Row>(out) };
}
const told = (rows: readonly Row[]) => rows.map(({ code, severity, path }) => `${severity} ${code} ${path}`);

const template = (servers = 'mcpremoteproxy/github', pod: Json = {}, annotations: Json = {}) => {
  const { metadata, spec } = labelledPod(servers, {}) as unknown as {
    metadata: { labels: Json; annotations: Json };
    spec: Json;
  };
  return {
    metadata: { labels: metadata.labels, annotations: { ...metadata.annotations, ...annotations } },
    spec: { ...spec, ...pod },
  };
};
const workload = (kind: string, apiVersion: string, spec: Json) => ({
  apiVersion,
  kind,
  metadata: { name: 'agent', namespace: 'team-a' },
  spec,
});
const deployment = (...given: Parameters<typeof template>) =>
  workload('Deployment', 'apps/v1', { template: template(...given) });
const world = [remoteProxy(), secret('github-token', { token: 'x' })];
const servers = 'metadata.annotations[sallyport.dev/servers]';

describe('lint of workloads', () => {
  it.each<[string, object, string]>([
    ['Pod', labelledPod('mcpremoteproxy/gitlab'), ''],
    ['Deployment', deployment('mcpremoteproxy/gitlab'), 'spec.template.'],
    [
      'StatefulSet',
      workload('StatefulSet', 'apps/v1', { template: template('mcpremoteproxy/gitlab') }),
      'spec.template.',
    ],
    [
      'DaemonSet',
      workload('DaemonSet', 'apps/v1', { template: template('mcpremoteproxy/gitlab') }),
      'spec.template.',
    ],
    [
      'ReplicaSet',
      workload('ReplicaSet', 'apps/v1', { template: template('mcpremoteproxy/gitlab') }),
      'spec.template.',
    ],
    ['Job', workload('Job', 'batch/v1', { template: template('mcpremoteproxy/gitlab') }), 'spec.template.'],
    [
      'CronJob',
      workload('CronJob', 'batch/v1', {
        jobTemplate: { spec: { template: template('mcpremoteproxy/gitlab') } },
      }),
      'spec.jobTemplate.spec.template.',
    ],
    [
      'Sandbox',
      workload('Sandbox', 'agents.x-k8s.io/v1beta1', { podTemplate: template('mcpremoteproxy/gitlab') }),
      'spec.podTemplate.',
    ],
    [
      'SandboxTemplate',
      workload('SandboxTemplate', 'extensions.agents.x-k8s.io/v1beta1', {
        podTemplate: template('mcpremoteproxy/gitlab'),
      }),
      'spec.podTemplate.',
    ],
  ])(
    'reports a server of a %s that no file describes, if the files are complete',
    async (_kind, object, at) => {
      const { code, rows } = await lint([...world, object], '--complete');
      expect(told(rows)).toEqual([`error MCP504 ${at}${servers}`]);
      expect(code).toBe(1);
    },
  );

  it('notes such a server if the cluster may have it', async () => {
    const { code, rows } = await lint([deployment('mcpremoteproxy/gitlab')]);
    expect(told(rows)).toEqual([`note MCP504 spec.template.${servers}`]);
    expect(code).toBe(0);
  });

  it('reports nothing of a pod that admission would inject', async () => {
    const { code, rows } = await lint([...world, deployment()], '--complete');
    expect({ code, rows }).toEqual({ code: 0, rows: [] });
  });

  it('reports nothing of a Sandbox whose pod admission would inject', async () => {
    const sandbox = workload('Sandbox', 'agents.x-k8s.io/v1beta1', { podTemplate: template() });
    const { code, rows } = await lint([...world, sandbox], '--complete');
    expect({ code, rows }).toEqual({ code: 0, rows: [] });
  });

  it('knows no pod in a kind of the same name in another group', async () => {
    const other = workload('Sandbox', 'example.com/v1', { podTemplate: template('mcpremoteproxy/gitlab') });
    expect((await lint([...world, other], '--complete')).rows).toEqual([]);
  });

  it('reports a credential in the pod of a Sandbox once', async () => {
    const containers = [{ name: 'app', image: 'a', env: [{ name: 'API_TOKEN', value: 'hunter2-hunter2' }] }];
    const sandbox = workload('Sandbox', 'agents.x-k8s.io/v1beta1', {
      podTemplate: template(undefined, { containers }),
    });
    const { rows } = await lint([...world, sandbox], '--complete');
    expect(told(rows)).toEqual(['warning MCP103 spec.podTemplate.spec.containers[0].env[0].value']);
  });

  it('reports nothing of a pod that does not ask for servers', async () => {
    const { metadata: _, ...rest } = template();
    const { code, rows } = await lint([workload('Deployment', 'apps/v1', { template: rest })], '--complete');
    expect({ code, rows }).toEqual({ code: 0, rows: [] });
  });

  it.each<[string, object, string]>([
    [
      'a pod that shares the network of its node',
      deployment(undefined, { hostNetwork: true }),
      'MCP503 spec.template.spec.hostNetwork',
    ],
    [
      'a port that two listeners would have',
      deployment('mcpremoteproxy/github', {}, { 'sallyport.dev/ports': 'github=14700, github=14701' }),
      'MCP505 spec.template.metadata.annotations[sallyport.dev/ports]',
    ],
    [
      'a container that mounts a volume of Sallyport',
      deployment(undefined, {
        volumes: [{ name: 'sallyport-x', emptyDir: {} }],
        containers: [{ name: 'app', image: 'a', volumeMounts: [{ name: 'sallyport-x', mountPath: '/x' }] }],
      }),
      'MCP502 spec.template.spec.containers[0].volumeMounts',
    ],
    ['a server that is written wrongly', deployment('github'), `MCP504 spec.template.${servers}`],
    [
      'a label that only Sallyport sets',
      workload('Deployment', 'apps/v1', {
        template: { ...template(), metadata: { labels: { 'sallyport.dev/injected': 'true' } } },
      }),
      'MCP501 spec.template.metadata.labels[sallyport.dev/injected]',
    ],
  ])('is an error for %s, whatever the cluster has', async (_what, object, expected) => {
    const { code, rows } = await lint([...world, object]);
    expect(told(rows)).toEqual([`error ${expected}`]);
    expect(code).toBe(1);
  });

  it('finds a credential in the environment of a pod even if its server is unknown', async () => {
    const containers = [{ name: 'app', image: 'a', env: [{ name: 'API_TOKEN', value: 'hunter2-hunter2' }] }];
    const { rows } = await lint([deployment('mcpremoteproxy/gitlab', { containers })], '--complete');
    expect(told(rows)).toEqual([
      `error MCP504 spec.template.${servers}`,
      'warning MCP103 spec.template.spec.containers[0].env[0].value',
    ]);
  });

  it('finds the line of the template, and says how many workloads it checked', async () => {
    const { rows } = await lint([deployment('mcpremoteproxy/gitlab')], '--complete');
    const text = asYaml([deployment('mcpremoteproxy/gitlab')]).split('\n');
    expect(text[(rows[0]?.line ?? 0) - 1]).toContain('sallyport.dev/servers: mcpremoteproxy/gitlab');
    const { out } = await runSallyport(['lint', '-'], { stdin: asYaml([...world, deployment()]) });
    expect(out).toContain('1 MCP resource and 1 workload of 3 objects checked');
  });

  it('takes the modes of the configuration, as admission does', async () => {
    const configuration = JSON.stringify({
      apiVersion: 'sallyport.dev/v1',
      kind: 'Configuration',
      modes: { rules: { MCP004: 'off' } },
    });
    const misspelt = labelledPod(undefined, { name: 'agent', labels: { 'sallyport.dev/injct': 'true' } });
    const file = path.join(tempFolder(), 'config.json');
    writeFileSync(file, configuration);
    expect((await lint([misspelt], '--config', file)).rows).toEqual([]);
    expect((await lint([misspelt])).rows).toHaveLength(1);
  });
});
