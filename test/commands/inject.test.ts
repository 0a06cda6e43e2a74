import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runSallyport } from '../support/terminal.ts';
import { job, on, world } from '../core/operators/kelos-world.ts';
import { asYaml, labelledPod, remoteProxy, secret, tempFolder } from '../support/webhook.ts';

type Json = Record<string, unknown>;

const servers = 'mcpremoteproxy/github';
const template = { metadata: labelledPod(servers, {}).metadata, spec: labelledPod().spec };
const workload = (kind: string, apiVersion: string, spec: Json) => ({
  apiVersion,
  kind,
  metadata: { name: kind.toLowerCase(), namespace: 'team-a' },
  spec,
});
const deployment = workload('Deployment', 'apps/v1', { replicas: 2, template });
const cronJob = workload('CronJob', 'batch/v1', { schedule: '@daily', jobTemplate: { spec: { template } } });

const readAll = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Json);
const stdin = (...objects: object[]) => ({ stdin: asYaml(objects) });

/** The first init container of the pod at the end of these keys. */
function firstInit(object: Json | undefined, ...keys: string[]): unknown {
  let found: unknown = object;
  for (const key of [...keys, 'spec', 'initContainers']) found = (found as Json | undefined)?.[key];
  return (found as { name: string }[] | undefined)?.[0]?.name;
}

describe('sallyport inject on what an operator made', () => {
  const configured = () => {
    const file = path.join(tempFolder(), 'config.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...on }));
    return ['--config', file];
  };

  it('prints it as the cluster would store it where its operator is switched on', async () => {
    const { code, out, err } = await runSallyport(['inject', '-', ...configured()], stdin(job(), ...world));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [stored] = readAll(out);
    expect(firstInit(stored, 'spec', 'template')).toBe('sallyport-proxy');
    expect(JSON.stringify(stored)).not.toContain('canary');
  });

  it('says why it would be left as it is', async () => {
    const { code, out } = await runSallyport(
      ['inject', '-', '--explain', ...configured()],
      stdin(job(), ...world.slice(1)),
    );
    expect(code).toBe(0);
    expect(out).toMatch(/\[MCP511\].*AgentConfig tools does not exist/);
    expect(out).not.toContain('canary');
  });
});

describe('sallyport inject', () => {
  it('prints every object in order, pods as the cluster would store them, the rest as it was', async () => {
    const others = [remoteProxy(), secret('github-token', { token: 'x' })];
    const workloads: [Json, string[]][] = [
      [labelledPod(servers), []],
      [deployment, ['spec', 'template']],
      [workload('StatefulSet', 'apps/v1', { template }), ['spec', 'template']],
      [workload('DaemonSet', 'apps/v1', { template }), ['spec', 'template']],
      [workload('ReplicaSet', 'apps/v1', { template }), ['spec', 'template']],
      [workload('Job', 'batch/v1', { template }), ['spec', 'template']],
      [cronJob, ['spec', 'jobTemplate', 'spec', 'template']],
      [workload('Sandbox', 'agents.x-k8s.io/v1beta1', { podTemplate: template }), ['spec', 'podTemplate']],
    ];
    const all = [...others, ...workloads.map(([object]) => object)];
    const { code, out, err } = await runSallyport(['inject', '-'], stdin(...all));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const printed = readAll(out);
    expect(printed.map(({ kind }) => kind)).toEqual(all.map((object) => (object as Json)['kind']));
    expect(printed.slice(0, 2)).toEqual(others);
    workloads.forEach(([object, keys], i) => {
      const result = printed[i + 2];
      expect([object['kind'], firstInit(result, ...keys)]).toEqual([object['kind'], 'sallyport-proxy']);
      expect(result?.['metadata']).toMatchObject(i === 0 ? {} : (object['metadata'] as Json));
    });
    expect(printed[3]).toMatchObject({ spec: { replicas: 2 } });
  });

  it('injects again what it printed without a change', async () => {
    const first = await runSallyport(['inject', '-'], stdin(remoteProxy(), deployment));
    const second = await runSallyport(['inject', '-'], { stdin: first.out });
    expect(second).toEqual(first);
  });

  it('reads folders and takes -n for objects without a namespace', async () => {
    const folder = tempFolder();
    mkdirSync(path.join(folder, 'sub'));
    const { namespace: _, ...metadata } = template.metadata;
    const here = { ...remoteProxy(), metadata: { name: 'github' } };
    writeFileSync(path.join(folder, 'a.yaml'), asYaml([here]));
    writeFileSync(path.join(folder, 'sub', 'b.yml'), asYaml([{ ...labelledPod(servers), metadata }]));
    const { code, out } = await runSallyport(['inject', folder, '-n', 'anywhere', '--explain']);
    expect(code).toBe(0);
    expect(out).toContain('Pod anywhere/(no name)');
    expect(out).toContain('+ container sallyport-proxy (native sidecar, first)');
  });

  it('says what it adds and why with --explain, and prints no object', async () => {
    const { code, out } = await runSallyport(['inject', '--explain', '-'], stdin(remoteProxy(), cronJob));
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/: CronJob team-a\/cronjob$/);
    expect(out).toContain(
      '  = github: the app calls http://127.0.0.1:14784/mcp, the proxy calls https://api.example.com/mcp with Authorization from +/h0\n',
    );
    expect(out).not.toContain('apiVersion');
  });

  it('prints no control character that stands in a name', async () => {
    const containers = [{ name: 'app\u001b[2J\n  + nothing', image: 'example.com/app:1' }];
    const named = { ...labelledPod(servers, { name: 'agent\u0007' }), spec: { containers } };
    const { out, err } = await runSallyport(['inject', '--explain', '-'], stdin(remoteProxy(), named));
    expect(out + err).toContain('agent\\u0007');
    expect(out + err).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('says so when there is nothing to add', async () => {
    const { out } = await runSallyport(['inject', '-'], stdin(remoteProxy(), deployment));
    const again = await runSallyport(['inject', '--explain', '-'], { stdin: out });
    expect(again.out).toContain('  nothing to add: the pod already has everything\n');
  });

  it.each<[string, Json, string]>([
    [
      'neither label nor annotation',
      { ...labelledPod(), metadata: { name: 'agent', namespace: 'team-a' } },
      '  left as it is: the pod does not have the label sallyport.dev/inject: "true"\n',
    ],
    [
      'the annotation without the label',
      labelledPod(servers, { name: 'agent', labels: {} }),
      '  left as it is: the pod does not have the label sallyport.dev/inject: "true" ([MCP506] the pod has the annotation sallyport.dev/servers, but not the label sallyport.dev/inject: "true": add sallyport.dev/inject: "true" to the labels of the pod)\n',
    ],
    [
      'a label that is not "true"',
      labelledPod(servers, { name: 'agent', labels: { 'sallyport.dev/inject': 'yes' } }),
      '  left as it is: the value of the label sallyport.dev/inject is not "true" ([MCP506] the pod has the annotation sallyport.dev/servers, but the value of its label sallyport.dev/inject is not "true": set the label sallyport.dev/inject: "true")\n',
    ],
    [
      'both on the Deployment',
      { ...deployment, metadata: labelledPod(servers).metadata, spec: { template: { spec: template.spec } } },
      '  left as it is: the pod does not have the label sallyport.dev/inject: "true" ([MCP506] the Deployment has the label sallyport.dev/inject, but its pod template does not: move the label sallyport.dev/inject: "true" and the annotation sallyport.dev/servers to spec.template.metadata)\n',
    ],
  ])('explains %s', async (_what, object, line) => {
    const { code, out } = await runSallyport(['inject', '--explain', '-'], stdin(remoteProxy(), object));
    expect(code).toBe(0);
    expect(out).toContain(line);
  });

  it('says with --explain that no pod or workload is in the files, unless it is to be quiet', async () => {
    const only = stdin(remoteProxy(), secret('github-token', { token: 'x' }));
    expect(await runSallyport(['inject', '--explain', '-'], only)).toEqual({
      code: 0,
      out: '',
      err: '-: contains no pod or workload, so there is nothing to inject\n',
    });
    expect((await runSallyport(['inject', '--explain', '-', '--quiet'], only)).err).toBe('');
    expect((await runSallyport(['inject', '--explain', '-'], stdin(remoteProxy(), deployment))).err).toBe('');
  });

  it('names misspelt labels and annotations of every object with --explain, and ends with 0', async () => {
    const misspelt = labelledPod(servers, {
      name: 'agent',
      annotations: { 'sallyport.dev/servers': servers, 'sallyport.dev/port': 'github=14700' },
    });
    const limited = {
      ...secret('github-token', {}),
      metadata: { name: 'a', annotations: { 'sallyport.dev/upstream': 'x' } },
    };
    const { code, out } = await runSallyport(
      ['inject', '--explain', '-'],
      stdin(remoteProxy(), misspelt, limited),
    );
    expect(code).toBe(0);
    expect(out.match(/! \[MCP004\] .*/g)?.map((line) => line.replace(/^.*Fix: /, ''))).toEqual([
      'rename it to sallyport.dev/ports.',
      'rename it to sallyport.dev/upstreams.',
    ]);
  });

  it('ends with 1 when a pod would be denied, says why, and prints the others', async () => {
    const lost = labelledPod('mcpremoteproxy/gitlab', { name: 'lost' });
    const { code, out, err } = await runSallyport(['inject', '-'], stdin(remoteProxy(), lost, deployment));
    expect(code).toBe(1);
    expect(err).toMatch(
      /: Pod team-a\/lost would be denied\n {2}\[MCP504\] .* Fix: create the resource first, or correct the name in the annotation\.\n$/,
    );
    const printed = readAll(out);
    expect(printed).toHaveLength(3);
    expect(printed[1]).toEqual(lost);
    expect(firstInit(printed[2], 'spec', 'template')).toBe('sallyport-proxy');
    const explained = await runSallyport(['inject', '--explain', '-'], stdin(lost));
    expect(explained.code).toBe(1);
    expect(explained.out).toContain('[MCP504]');
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['no file', [], '', /needs at least one file/],
    ['a file that is not there', ['/nowhere.yaml'], '', /\/nowhere\.yaml: no such file or folder/],
    ['YAML that is broken', ['-'], 'a: [', /stdin:1:\d+: invalid YAML: /],
    [
      'a configuration that is broken',
      ['-', '--config', '/nowhere'],
      '',
      /\/nowhere: the configuration cannot be read/,
    ],
    ['an unknown option', ['-', '--dry-run'], '', /--dry-run/],
  ])('ends with 2 and one line for %s', async (_what, args, text, message) => {
    const { code, out, err } = await runSallyport(['inject', ...args], { stdin: text });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^sallyport[^\n]*\n$/);
    expect(err).toMatch(message);
  });
});
