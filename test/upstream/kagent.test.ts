import { describe, expect, it } from 'vitest';
import { rewriteFile } from '../../src/config-step/rewrite.ts';
import { configStepEnv, decodeConfigStep } from '../../src/core/contracts/config-step-contract.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { observeAgentConfig } from '../../src/facts/agent-config.ts';
import { hasUpstream, upstreamFiles, upstreamText } from './folder.ts';
import { podProblems } from './pod-rules.ts';
import { recorded, recordedObject, stored } from './recorded.ts';

/** Only its reference was recorded. */
function replicaSetOf(pod: Fields, deployment: Fields): Fields {
  const [owner] = listAt(fieldsAt(pod, 'metadata'), 'ownerReferences');
  const { name, uid } = fieldsAt(deployment, 'metadata');
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }];
  const metadata = { name: owner?.['name'], namespace: 'default', uid: owner?.['uid'], ownerReferences };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata };
}

const secret = (name: string, key: string, value: string): Fields => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  stringData: { [key]: value },
});

interface Server {
  readonly params: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

describe.skipIf(!hasUpstream)('what kagent really makes', () => {
  it.each([
    ['helper', 'the Python runtime', { http_tools: ['X-Tenant'], sse_tools: [] }],
    ['gohelper', 'the Go runtime', { http_tools: ['X-Tenant'] }],
  ])('the pod of %s, for %s, reads its configuration without the credentials', async (name, _, left) => {
    const pod = recordedObject(`create-pods-${name}`);
    const deployment = recordedObject(`create-deployments-${name}`);
    const config = JSON.parse(upstreamText(`recorded/kagent-config/${name}.json`)) as Fields;
    const text = textAt(fieldsAt(config, 'stringData'), 'config.json');
    expect(text).toContain('Bearer kagent-one');
    const after = await stored('kagent', recorded(`create-pods-${name}`), [
      recordedObject(`create-agents-${name}`),
      deployment,
      replicaSetOf(pod, deployment),
      recordedObject('create-remotemcpservers-linear'),
      recordedObject('create-remotemcpservers-legacy'),
      secret('linear-token', 'token', 'Bearer kagent-one'),
      secret('agent-extra', 'key', 'extra-one'),
      config,
    ]);
    expect(podProblems(after)).toEqual([]);
    const step = containersOf(after).find((one) => one.name === 'sallyport-config');
    const [variable] = listAt(step?.fields, 'env').filter((one) => textAt(one, 'name') === configStepEnv);
    const { text: read, mismatches } = rewriteFile(text, decodeConfigStep(textAt(variable, 'value')));
    expect(mismatches).toEqual([]);
    expect(JSON.stringify(after) + read).not.toMatch(/kagent-one|extra-one/);
    const lists = JSON.parse(read) as Record<string, Server[]>;
    for (const [list, headers] of Object.entries(left)) {
      expect(Object.keys(lists[list]?.[0]?.params.headers ?? {})).toEqual(headers);
      expect(lists[list]?.[0]?.params.url).toMatch(/^http:\/\/127\.0\.0\.1:147\d\d\//);
    }
    // Everything else is as kagent wrote it, to the byte.
    const without = (one: string) => one.replaceAll(/"params":\{[^}]*\{[^}]*\}[^}]*\}/g, '');
    expect(without(read)).toBe(without(text));
  });

  it.each(upstreamFiles('recorded/kagent-translator', '.output.json'))(
    'the configuration in %s is understood',
    (file) => {
      const { config } = JSON.parse(upstreamText(file)) as { config: Record<string, unknown[] | undefined> };
      const fact = observeAgentConfig(new Map([['config.json', Buffer.from(JSON.stringify(config))]]));
      expect(fact).toMatchObject({ state: 'present' });
      if (fact.state === 'present') expect(fact.http_tools).toHaveLength(config['http_tools']?.length ?? 0);
    },
  );
});
