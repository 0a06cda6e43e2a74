import { describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, labelledPod, remoteProxy, secret } from '../support/webhook.ts';
import { findingsIn } from '../support/findings.ts';

type Json = Record<string, unknown>;

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

async function rows(objects: readonly object[], ...args: string[]): Promise<Row[]> {
  const { out, err } = await runSallyport(['lint', '-o', 'json', ...args, '-'], { stdin: asYaml(objects) });
  expect(err).toBe('');
  return findingsIn<Row>(out);
}

const ofNames = async (...objects: object[]) =>
  (await rows(objects)).filter(({ code }) => code === 'MCP004' || code === 'MCP005');

const core = (kind: string, metadata: Json) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'one', ...(kind === 'Namespace' ? {} : { namespace: 'team-a' }), ...metadata },
});
const withMetadata = (object: Json & { metadata: Json }, metadata: Json) => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});
const workload = (kind: string, spec: Json, metadata: Json = {}) => ({
  apiVersion: kind === 'CronJob' || kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { name: 'agent', namespace: 'team-a', ...metadata },
  spec,
});
const inject = 'sallyport.dev/inject';
const template = (metadata: Json) => ({ metadata, spec: labelledPod().spec });

describe('a name that Sallyport does not know', () => {
  it.each<[string, object, string, string]>([
    [
      'a label of a pod',
      labelledPod(undefined, { name: 'agent', labels: { 'sallyport.dev/injct': 'true' } }),
      'metadata.labels[sallyport.dev/injct]',
      inject,
    ],
    [
      'an annotation of a pod template',
      workload('Deployment', {
        template: template({
          labels: { [inject]: 'true' },
          annotations: { 'sallyport.dev/severs': 'mcpremoteproxy/github' },
        }),
      }),
      'spec.template.metadata.annotations[sallyport.dev/severs]',
      'sallyport.dev/servers',
    ],
    [
      'the name of another type of object that is nearly one of a pod',
      workload('CronJob', {
        jobTemplate: {
          spec: {
            template: template({
              labels: { [inject]: 'true' },
              annotations: { 'sallyport.dev/server': 'x/y' },
            }),
          },
        },
      }),
      'spec.jobTemplate.spec.template.metadata.annotations[sallyport.dev/server]',
      'sallyport.dev/servers',
    ],
    [
      'an annotation of an MCP resource',
      withMetadata(remoteProxy(), { annotations: { 'sallyport.dev/client-tls-secrets': 'x' } }),
      'metadata.annotations[sallyport.dev/client-tls-secrets]',
      'sallyport.dev/client-tls-secret',
    ],
    [
      'a label of a template in an MCP resource',
      remoteProxy({ podTemplateSpec: { metadata: { labels: { 'sallyport.dev/Inject': 'true' } } } }),
      'spec.podTemplateSpec.metadata.labels[sallyport.dev/Inject]',
      inject,
    ],
    [
      'an annotation of a Secret',
      withMetadata(secret('github-token', {}), {
        annotations: { 'sallyport.dev/upstream': 'https://a.example.com' },
      }),
      'metadata.annotations[sallyport.dev/upstream]',
      'sallyport.dev/upstreams',
    ],
    [
      'a label of a ConfigMap',
      core('ConfigMap', { labels: { 'sallyport.dev/sever': 'true' } }),
      'metadata.labels[sallyport.dev/sever]',
      'sallyport.dev/server',
    ],
    [
      'a label of a namespace',
      core('Namespace', { labels: { 'sallyport.dev/modes': 'warn' } }),
      'metadata.labels[sallyport.dev/modes]',
      'sallyport.dev/mode',
    ],
    [
      'a name below a misspelt domain',
      core('Namespace', { labels: { 'salyport.dev/mode': 'warn' } }),
      'metadata.labels[salyport.dev/mode]',
      'sallyport.dev/mode',
    ],
  ])('is reported with the nearest one: %s', async (_what, object, path, meant) => {
    const found = await ofNames(object);
    expect(found).toEqual([
      expect.objectContaining({ code: 'MCP004', severity: 'warning', path, fix: `rename it to ${meant}` }),
    ]);
    expect(found[0]?.message).toContain(`(did you mean ${meant}?)`);
  });

  it('is reported without a guess where none is near', async () => {
    const [found] = await ofNames(core('Secret', { labels: { 'sallyport.dev/quux': 'x' } }));
    expect(found).toMatchObject({
      code: 'MCP004',
      fix: expect.stringMatching(/^remove it, or write one/) as string,
    });
  });

  it.each<[string, object]>([
    [
      'a name below another domain',
      core('Secret', { annotations: { 'example.com/inject': 'x', 'allport.dev/x': 'y' } }),
    ],
    ['a name without a domain', core('Secret', { annotations: { sallyport: 'x', inject: 'y' } })],
    ['a text of the object that is no label', remoteProxy({ remoteUrl: 'https://sallyport.dev/injct' })],
  ])('is not %s', async (_what, object) => {
    expect(await ofNames(object)).toEqual([]);
  });
});

describe('a name that Sallyport knows on another object', () => {
  it.each<[string, object, string, string]>([
    [
      'the label of pods on a namespace',
      core('Namespace', { labels: { [inject]: 'true' } }),
      `metadata.labels[${inject}]`,
      'move it to a pod, or remove it',
    ],
    [
      'an annotation of a Secret on an MCP resource',
      withMetadata(remoteProxy(), { annotations: { 'sallyport.dev/upstreams': 'https://a.example.com' } }),
      'metadata.annotations[sallyport.dev/upstreams]',
      'move it to a Secret, or remove it',
    ],
    [
      'a label that is written as an annotation',
      core('ConfigMap', { annotations: { 'sallyport.dev/server': 'true' } }),
      'metadata.annotations[sallyport.dev/server]',
      'move it to metadata.labels',
    ],
    [
      'an annotation of pods on their Deployment alone',
      workload(
        'Deployment',
        {
          template: template({
            labels: { [inject]: 'true' },
            annotations: { 'sallyport.dev/servers': 'mcpremoteproxy/a' },
          }),
        },
        { annotations: { 'sallyport.dev/ports': 'a=14700' } },
      ),
      'metadata.annotations[sallyport.dev/ports]',
      'move it to the metadata of the pod template',
    ],
  ])('is reported with the place where it belongs: %s', async (_what, object, path, fix) => {
    expect(await ofNames(object)).toEqual([
      expect.objectContaining({ code: 'MCP004', severity: 'warning', path, fix }),
    ]);
  });

  it('is right on a Deployment whose pods have it too, as kustomize and Helm write it', async () => {
    const metadata = labelledPod('mcpremoteproxy/github').metadata;
    const { labels, annotations } = metadata as { labels: Json; annotations: Json };
    const object = workload(
      'Deployment',
      { template: template({ labels, annotations }) },
      { labels, annotations },
    );
    expect(await ofNames(object)).toEqual([]);
  });

  it('is reported once where everything is on the Deployment', async () => {
    const { labels, annotations } = labelledPod('mcpremoteproxy/github').metadata as {
      labels: Json;
      annotations: Json;
    };
    const object = workload(
      'Deployment',
      { template: template({}) },
      { labels, annotations: { ...annotations, 'sallyport.dev/ports': 'github=14700' } },
    );
    const found = await rows([object]);
    expect(found.map(({ code, severity, path }) => [code, severity, path])).toEqual([
      ['MCP506', 'error', `metadata.labels[${inject}]`],
    ]);
  });

  it('is reported once where everything is on a Sandbox instead of its pod template', async () => {
    const { labels, annotations } = labelledPod('mcpremoteproxy/github').metadata as {
      labels: Json;
      annotations: Json;
    };
    const sandbox = {
      apiVersion: 'agents.x-k8s.io/v1beta1',
      kind: 'Sandbox',
      metadata: { name: 'agent', namespace: 'team-a', labels, annotations },
      spec: { podTemplate: template({}) },
    };
    const found = await rows([sandbox]);
    expect(found.map(({ code, severity, path }) => [code, severity, path])).toEqual([
      ['MCP506', 'error', `metadata.labels[${inject}]`],
    ]);
    expect(found[0]?.fix).toContain('to spec.podTemplate.metadata');
  });
});

describe('the value of a label', () => {
  it.each<[string, object, string]>([
    [
      'a server ConfigMap',
      core('ConfigMap', { labels: { 'sallyport.dev/server': 'yes' } }),
      'sallyport.dev/server: "true"',
    ],
    ['a pod', labelledPod(undefined, { name: 'agent', labels: { [inject]: 'True' } }), `${inject}: "true"`],
    [
      'a pod template',
      workload('StatefulSet', { template: template({ labels: { [inject]: 'enabled' } }) }),
      `${inject}: "true"`,
    ],
    [
      'a namespace',
      core('Namespace', { labels: { 'sallyport.dev/mode': 'Enforce' } }),
      'sallyport.dev/mode: "enforce"',
    ],
    [
      'a gateway',
      withMetadata(remoteProxy(), { annotations: { 'sallyport.dev/allow-direct': 'TRUE' } }),
      'sallyport.dev/allow-direct: "true"',
    ],
  ])('that has no effect is reported with one that has: %s', async (_what, object, written) => {
    expect(await ofNames(object)).toEqual([
      expect.objectContaining({ code: 'MCP005', severity: 'warning', fix: `write ${written}` }),
    ]);
  });

  it('without quotation marks is reported, because the API server takes texts alone', async () => {
    const [found] = await ofNames(labelledPod(undefined, { name: 'agent', labels: { [inject]: true } }));
    expect(found).toMatchObject({ code: 'MCP005', fix: `write it in quotation marks: ${inject}: "true"` });
  });

  it.each([
    ['"false"', labelledPod('mcpremoteproxy/github', { name: 'agent', labels: { [inject]: 'false' } })],
    ['"true"', core('ConfigMap', { labels: { 'sallyport.dev/server': 'false' } })],
    ['a mode', core('Namespace', { labels: { 'sallyport.dev/mode': 'audit' } })],
  ])('is right where it is %s', async (_what, object) => {
    expect(await rows([object])).toEqual([]);
  });

  it('is never printed', async () => {
    const value = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
    const { out } = await runSallyport(['lint', '-'], {
      stdin: asYaml([
        core('ConfigMap', { labels: { 'sallyport.dev/server': value, 'sallyport.dev/sever': value } }),
      ]),
    });
    expect(out).toContain('MCP005');
    expect(out).not.toContain(value);
  });

  it('is reported once where it keeps a pod from its servers', async () => {
    const pod = labelledPod('mcpremoteproxy/github', { name: 'agent', labels: { [inject]: 'True' } });
    expect((await rows([pod])).map(({ code, severity, path }) => [code, severity, path])).toEqual([
      ['MCP506', 'error', `metadata.labels[${inject}]`],
    ]);
  });
});

describe('an object with very many unknown names', () => {
  it('gives twenty findings and the number of the others', async () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`sallyport.dev/unknown-${i}`, 'x'.repeat(6)]),
    );
    const found = await ofNames(withMetadata(remoteProxy(), { annotations }));
    expect(found).toHaveLength(21);
    expect(
      found.filter(({ message }) => message.startsWith('9980 more labels and annotations')),
    ).toHaveLength(1);
  });
});

describe('a kind that is nearly one that Sallyport knows', () => {
  const proxy = (apiVersion: string, kind: string) => ({ ...remoteProxy(), apiVersion, kind });
  it.each([
    [
      'other capital letters',
      proxy('toolhive.stacklok.dev/v1beta1', 'McpRemoteProxy'),
      'kind',
      'write MCPRemoteProxy',
    ],
    [
      'one letter less',
      proxy('toolhive.stacklok.dev/v1beta1', 'MCPRemoteProxi'),
      'kind',
      'write MCPRemoteProxy',
    ],
    [
      'another group',
      proxy('toolhive.stacklok.com/v1beta1', 'MCPRemoteProxy'),
      'apiVersion',
      'write toolhive.stacklok.dev',
    ],
    [
      'no version',
      proxy('toolhive.stacklok.dev/beta1', 'MCPRemoteProxy'),
      'apiVersion',
      'write apiVersion: toolhive.stacklok.dev/v1beta1',
    ],
  ])('is an error with the right one: %s', async (_what, object, path, fix) => {
    expect((await rows([object])).filter(({ code }) => code === 'MCP006')).toEqual([
      expect.objectContaining({ severity: 'error', path, fix }),
    ]);
  });

  it.each([
    ['another kind of the same group', proxy('toolhive.stacklok.dev/v1beta1', 'MCPGroup')],
    ['the same kind of another system', proxy('mcp.x-k8s.io/v1alpha1', 'MCPServer')],
    ['a version that a newer release serves', proxy('toolhive.stacklok.dev/v1', 'MCPRemoteProxy')],
    ['a kind of Kubernetes', proxy('apps/v1', 'Deployments')],
  ])('is not %s', async (_what, object) => {
    expect((await rows([object])).map(({ code }) => code)).not.toContain('MCP006');
  });
});
