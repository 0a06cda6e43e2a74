import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { endings, fine } from '../../src/engine/diagnosis.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import { job, on, world } from '../core/operators/kelos-world.ts';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, labelledPod, remoteProxy, secret, tempFolder } from '../support/webhook.ts';

const servers = 'mcpremoteproxy/github';
const pod = labelledPod(servers);
const token = secret('github-token', { token: 'Bearer abc' });
const { metadata, spec } = pod;
const deployment = (own: object, template: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'agent', namespace: 'team-a', ...own },
  spec: { template: { metadata: template, spec } },
});

/** What the walk over some objects prints, without its title. */
async function walked(...objects: readonly object[]) {
  return walkedWith({}, ...objects);
}

async function walkedWith(settings: object, ...objects: readonly object[]) {
  const file = path.join(tempFolder(), 'config.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings }));
  const { code, out, err } = await runSallyport(['why', '-', '--config', file], {
    stdin: asYaml([...objects]),
  });
  expect(err).toBe('');
  const steps = [...out.matchAll(/^ {2}(ok|NO|\?) +(\S+)/gm)].map(([, sign, name]) => `${sign} ${name}`);
  const [, reason = ''] = /^(?:OK|Reason): (.*)$/m.exec(out) ?? [];
  const [, fix = ''] = /^Fix: {4}(.*)$/m.exec(out) ?? [];
  return { code, steps, reason, fix };
}

/** Ending to objects that lead there, and what is said. The other endings need a cluster: test/cluster/why.test.ts. */
const walks: Readonly<
  Record<
    string,
    { objects: readonly object[]; settings?: object; steps: readonly string[]; reason: string; fix: string }
  >
> = {
  'operator-off': {
    objects: [job(), ...world],
    steps: ['NO operator'],
    reason: 'kelos created it, and the configuration does not switch kelos on',
    fix: 'set inject.families.kelos: true in the configuration',
  },
  'left-alone': {
    objects: [job(), ...world.slice(1)],
    settings: on,
    steps: ['ok operator', '? cluster', 'NO rewrite'],
    reason: 'Sallyport leaves it alone: kelos: AgentConfig tools does not exist',
    fix: 'check that the object exists',
  },
  'nothing-to-take': {
    objects: [job(undefined, { ownerReferences: [] }), ...world],
    settings: on,
    steps: ['ok operator', '? cluster', 'ok rewrite'],
    reason: 'no resource of its operator is its owner (Task or Session or WorkerPool)',
    fix: '',
  },
  'as-pods': {
    objects: [
      {
        ...kagent.deployment(),
        spec: { template: { metadata: kagent.pod()['metadata'], spec: kagent.pod()['spec'] } },
      },
    ],
    settings: kagent.on,
    steps: ['ok operator', 'ok pods'],
    reason: 'Sallyport rewrites the pods of this Deployment when they are created',
    fix: '',
  },
  'would-run': {
    objects: [pod, remoteProxy(), token],
    steps: ['ok label', '? cluster', 'ok servers', 'ok secrets', 'ok plan'],
    reason: 'github → https://api.example.com',
    fix: '',
  },
  'no-pod': {
    objects: [token],
    steps: ['NO pod'],
    reason: 'a Secret creates no pods that Sallyport knows',
    fix: 'name a Pod, Deployment',
  },
  'not-labelled': {
    objects: [{ ...pod, metadata: { name: 'agent', namespace: 'team-a' } }],
    steps: ['NO label'],
    reason: 'Sallyport does not inject the pod: the pod does not have the label sallyport.dev/inject: "true"',
    fix: 'add the label',
  },
  misplaced: {
    objects: [deployment(metadata, {})],
    steps: ['NO label'],
    reason: '[MCP506] the Deployment has the label sallyport.dev/inject, but its pod template does not',
    fix: 'move the label sallyport.dev/inject: "true" and the annotation sallyport.dev/servers to spec.template.metadata',
  },
  denied: {
    objects: [pod],
    steps: ['ok label', '? cluster', 'NO plan'],
    reason:
      'Sallyport denies the pod: [MCP504] mcpremoteproxy/github does not exist in the namespace of the pod',
    fix: 'create the resource first',
  },
  missing: {
    objects: [deployment({}, metadata), remoteProxy()],
    steps: ['ok label', '? cluster', 'ok servers', 'NO secrets'],
    reason:
      'Secret team-a/github-token does not exist: the pod would wait for it, and its app would not start',
    fix: 'create it: kubectl -n team-a create secret generic github-token --from-file=token=PATH',
  },
};

describe('sallyport why ends', () => {
  it.each(Object.entries(walks))(
    'with %s',
    async (ending, { objects, settings = {}, steps, reason, fix }) => {
      const found = await walkedWith(settings, ...objects);
      const nothingWrong = [...fine].some((one) => one === ending);
      expect(found).toMatchObject({ code: nothingWrong ? 0 : 1, steps });
      expect(found.reason.startsWith(reason), found.reason).toBe(true);
      expect(found.fix.startsWith(fix), found.fix).toBe(true);
    },
  );

  it('with would-run for what an operator made, too', async () => {
    const found = await walkedWith(on, job(), ...world);
    expect(found).toMatchObject({
      code: 0,
      steps: ['ok operator', '? cluster', 'ok rewrite'],
      reason: 'github → https://mcp.example.com',
    });
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  it('with left-alone where one server of several stays as its operator wrote it', async () => {
    const config = kagent.configOf([kagent.entry(), kagent.entry({ url: 'https://second.example.com/mcp' })]);
    const found = await walkedWith(
      kagent.on,
      kagent.pod(),
      kagent.agent([kagent.tool('linear'), kagent.tool('second', {}, { namespace: 'team-b' })]),
      kagent.deployment(),
      kagent.replicaSet(),
      kagent.configSecret(config),
      kagent.linear,
      kagent.linearToken,
      kagent.remoteServer('second', { url: 'https://second.example.com/mcp' }, {}, 'team-b'),
    );
    expect(found).toMatchObject({
      code: 1,
      steps: ['ok operator', '? cluster', 'NO rewrite'],
      reason:
        'linear (remotemcpserver.kagent.dev/linear) would go through the proxy; Sallyport leaves other servers alone: kagent: server second: its Secret second-token is in namespace team-b, and a pod can only mount those of its own namespace',
    });
  });

  it('with a line for a misspelt annotation of a Secret that the pod uses', async () => {
    const limited = {
      ...token,
      metadata: {
        ...token.metadata,
        annotations: { 'sallyport.dev/upstream': 'https://mcp.example.com', 'example.com/owner': 'a' },
      },
    };
    const { out, code } = await runSallyport(['why', '-'], {
      stdin: asYaml([pod, remoteProxy(), limited]),
    });
    expect(out).toContain(
      'NO  names     Secret team-a/github-token: [MCP004] unknown annotation sallyport.dev/upstream (did you mean sallyport.dev/upstreams?): rename it to sallyport.dev/upstreams\n',
    );
    expect(out).toContain('\nOK: github → https://api.example.com\n');
    expect(code).toBe(0);
  });

  it('in one reason, whatever the words of a pod or its annotations are', async () => {
    const left = 'server a\u001b[2J: gone\nReason: nothing is wrong';
    const made = kagent.pod(
      { initContainers: [{ name: 'sallyport-proxy' }] },
      {},
      { name: 'helper\u0007', annotations: { 'sallyport.dev/status': JSON.stringify({ left: [left] }) } },
    );
    const config = path.join(tempFolder(), 'config.json');
    writeFileSync(
      config,
      JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...kagent.on }),
    );
    const { out } = await runSallyport(['why', '-', '--config', config], { stdin: asYaml([made]) });
    expect(out).toContain('Sallyport leaves some of its servers alone: server a\\u001b[2J: gone');
    expect(out.match(/^Reason: /gm)).toHaveLength(1);
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('with misplaced for a misspelt label, with the right one', async () => {
    const misspelt = deployment({}, { labels: { 'sallyport.dev/injct': 'true' } });
    const { steps, reason, fix } = await walked(misspelt, remoteProxy());
    expect(steps).toEqual(['NO names', 'NO label']);
    expect(reason).toMatch(
      /^\[MCP004\] unknown label sallyport\.dev\/injct \(did you mean sallyport\.dev\/inject\?\)/,
    );
    expect(fix).toBe('rename it to sallyport.dev/inject');
  });

  it('after the misspelt names of the pod and its namespace', async () => {
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team-a', labels: { 'sallyport.dev/inject': 'true' } },
    };
    const annotations = { 'sallyport.dev/servers': servers, 'sallyport.dev/port': 'github=14700' };
    const misspelt = labelledPod(servers, { name: 'agent', annotations });
    const { code, steps } = await walked(misspelt, namespace, remoteProxy(), token);
    expect(steps.slice(0, 3)).toEqual(['NO names', 'NO names', 'ok label']);
    expect(code).toBe(0);
  });

  it('with misplaced for an annotation alone too', async () => {
    const { annotations } = metadata as { annotations: object };
    const found = await walked({ ...pod, metadata: { name: 'agent', namespace: 'team-a', annotations } });
    expect(found.reason).toBe(
      '[MCP506] the pod has the annotation sallyport.dev/servers, but not the label sallyport.dev/inject: "true"',
    );
  });

  it('in every way that it can, here or in a cluster', async () => {
    const { apiEndings, clusterEndings } = await import('../cluster/why-endings.ts');
    expect([...Object.keys(walks), ...clusterEndings, ...apiEndings].toSorted()).toEqual(
      [...endings].toSorted(),
    );
  });
});

describe('sallyport why', () => {
  it('names a key that is missing, and never a value', async () => {
    const found = await walked(pod, remoteProxy(), secret('github-token', { other: 'made-up' }));
    expect(found.reason).toContain('Secret team-a/github-token has no key "token"');
    expect(JSON.stringify(found)).not.toContain('made-up');
  });

  it('takes a path that looks like a workload for a file when no workload is called so', async () => {
    const { code, err } = await runSallyport(['why', 'folder/agent.yaml']);
    expect({ code, err }).toEqual({ code: 2, err: 'sallyport: folder/agent.yaml: no such file or folder\n' });
  });
});
