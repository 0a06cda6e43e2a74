import { describe, expect, it } from 'vitest';
import { listAt, type Fields } from '../../src/core/k8s/objects.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { labelledPod, remoteProxy, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const objects = { 'cluster.yaml': [remoteProxy(), secret('github-token', { token: 'x' })] };
type Json = Readonly<Record<string, unknown>>;

/** A pod that asks for a server; its app has these fields too. */
const podWith = (app: Json, spec: Json = {}) => {
  const pod = labelledPod('mcpremoteproxy/github');
  const [first] = pod.spec.containers;
  return { ...pod, spec: { ...pod.spec, containers: [{ ...first, ...app }], ...spec } };
};
const exec = (...command: string[]) => ({ exec: { command } });

describe('a pod that asks for a server is injected, with a warning for a credential in plain text', () => {
  it.each<[string, Json, string]>([
    [
      'in an argument',
      podWith({ args: ['--level=info', '--api-key=made-up'] }),
      'spec.containers[0].args[1]',
    ],
    [
      'in the argument after its flag',
      podWith({ args: ['--api-key', 'made-up'] }),
      'spec.containers[0].args[1]',
    ],
    [
      'in a command',
      podWith({ command: ['/agent', '--auth-token=made-up'] }),
      'spec.containers[0].command[1]',
    ],
    [
      'in a variable',
      podWith({ env: [{ name: 'FORGE_TOKEN', value: 'made-up' }] }),
      'spec.containers[0].env[0].value',
    ],
    [
      'in a probe',
      podWith({ livenessProbe: exec('curl', '--access-token=made-up') }),
      'spec.containers[0].livenessProbe.exec.command[1]',
    ],
    [
      'in a header of a probe',
      podWith({
        readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'Authorization', value: 'made-up' }] } },
      }),
      'spec.containers[0].readinessProbe.httpGet.httpHeaders[0].value',
    ],
    [
      'in a hook',
      podWith({ lifecycle: { preStop: exec('/leave', '--password=made-up') } }),
      'spec.containers[0].lifecycle.preStop.exec.command[1]',
    ],
    [
      'in an init container',
      podWith({}, { initContainers: [{ name: 'setup', image: 'a', args: ['--api-key=made-up'] }] }),
      'spec.initContainers[0].args[0]',
    ],
  ])('%s', async (_, pod, place) => {
    const { mutate } = await startWebhook({ objects });
    const answer = await mutate(reviewOf(pod));
    expect(answer.allowed).toBe(true);
    expect(answer.patch).toBeDefined();
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings?.[0]).toMatch(/^\[MCP103\] (\S+): a credential is written in plain text/);
    expect(answer.warnings?.[0]).toContain(` ${place}: `);
    expect(JSON.stringify(answer)).not.toContain('made-up');
  });
});

describe('a pod that asks for a server is injected without a warning', () => {
  it.each<[string, Json]>([
    [
      'for a variable from a Secret',
      podWith({ env: [{ name: 'A_TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'token' } } }] }),
    ],
    ['for a variable that the kubelet fills in', podWith({ args: ['--api-key=$(API_KEY)'] })],
    [
      "for the names of variables in ToolHive's own",
      podWith({
        env: [
          {
            name: 'TOOLHIVE_HEADER_FORWARD_ENTRY1',
            value: '{"addHeadersFromSecret":{"X-Api-Key":"HEADER_FORWARD_X_API_KEY_ENTRY1"}}',
          },
        ],
      }),
    ],
    ['for the names of Secrets', podWith({ envFrom: [{ secretRef: { name: 'api-token' } }] })],
  ])('%s', async (_, pod) => {
    const { mutate } = await startWebhook({ objects });
    const answer = await mutate(reviewOf(pod));
    expect(answer.patch).toBeDefined();
    expect(answer.warnings).toBeUndefined();
  });

  it('where the rule is switched off', async () => {
    const { mutate } = await startWebhook({
      objects,
      configuration: { modes: { rules: { MCP103: 'off' } } },
    });
    const answer = await mutate(reviewOf(podWith({ args: ['--api-key=made-up'] })));
    expect(answer.warnings).toBeUndefined();
  });
});

it('a pod that asks for a server is refused where the platform enforces the rule', async () => {
  const { mutate } = await startWebhook({
    objects,
    configuration: { modes: { rules: { MCP103: 'enforce' } } },
  });
  const answer = await mutate(reviewOf(podWith({ args: ['--api-key=made-up'] })));
  expect(answer.status?.details?.causes.map(({ reason }) => reason)).toEqual(['MCP103']);
});

it('a pod that asks for nothing is not examined', async () => {
  const { mutate } = await startWebhook({ objects });
  const pod = {
    ...podWith({ args: ['--api-key=made-up'] }),
    metadata: { name: 'agent', namespace: 'team-a' },
  };
  const answer = await mutate(reviewOf(pod));
  expect(answer.warnings).toBeUndefined();
});

describe("an operator's Job with a credential in plain text", () => {
  const withToken = () => {
    const job = structuredClone(kelos.job()) as { spec: { template: { spec: { containers: Fields[] } } } };
    const [agent] = job.spec.template.spec.containers;
    const env = [...listAt(agent, 'env'), { name: 'FORGE_TOKEN', value: 'made-up' }];
    job.spec.template.spec.containers[0] = { ...agent, env };
    return job as unknown as Json;
  };

  it('is rewritten, and the log names the code', async () => {
    const { rewrite, logged } = await startWebhook({
      objects: { 'cluster.yaml': kelos.world },
      configuration: kelos.on,
    });
    const answer = await rewrite(reviewOf(withToken()));
    expect(answer.patch).toBeDefined();
    expect(answer.warnings).toBeUndefined();
    expect(logged.join('\n')).toMatch(/"audited":\["MCP103"\]/);
    expect(logged.join('\n')).not.toContain('made-up');
  });

  it('is not reported for what the rewrite takes out', async () => {
    const { rewrite, logged } = await startWebhook({
      objects: { 'cluster.yaml': kelos.world },
      configuration: kelos.on,
    });
    const answer = await rewrite(reviewOf(kelos.job()));
    expect(answer.patch).toBeDefined();
    expect(logged.join('\n')).not.toContain('MCP103');
  });
});
