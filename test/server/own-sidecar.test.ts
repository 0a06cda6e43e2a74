import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { podIn } from '../../src/core/k8s/pod-template.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { alterations, futureFields } from '../support/alterations.ts';
import {
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
  type Webhook,
} from '../support/webhook.ts';

/** The proxy in a pod is the one Sallyport generates, whatever the pod brought and whatever changed it later. */

type Json = Record<string, unknown>;
interface Pod extends Json {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> } & Json;
  spec: { initContainers: Json[]; containers: Json[]; volumes: (Json & { name: string })[] } & Json;
}

const objects = { 'world.yaml': [remoteProxy(), secret('github-token', { token: 'Bearer abc' })] };
const world = () => startWebhook({ objects });

async function admitted({ mutate }: Webhook, pod: object): Promise<Pod> {
  const answer = await mutate(reviewOf(pod as Json));
  expect(answer.status?.message).toBeUndefined();
  if (answer.patch === undefined) return pod as Pod;
  return applyPatch(pod as Fields, operationsOf(answer)) as unknown as Pod;
}
const fresh = (webhook: Webhook) => admitted(webhook, labelledPod('mcpremoteproxy/github'));
const messageOf = ({ status }: AdmissionResponse): string => status?.message ?? '';

const proxyOf = (pod: Pod): Json => {
  const found = pod.spec.initContainers.find(({ name }) => name === 'sallyport-proxy');
  if (!found) throw new Error('the pod has no proxy');
  return found;
};
function altered(pod: Pod, change: (pod: Pod) => void): Pod {
  const copy = structuredClone(pod);
  change(copy);
  return copy;
}
const serverVolume = (pod: Pod) =>
  pod.spec.volumes.find(({ name }) => name.startsWith('sallyport-github')) as Json;

describe.each([...alterations, ...futureFields])('a pod whose proxy has $what', ({ field, alter }) => {
  it('is created with the proxy that Sallyport generates', async () => {
    const webhook = await world();
    const pod = await fresh(webhook);
    const brought = altered(pod, (copy) => alter(proxyOf(copy)));
    expect(brought).not.toEqual(pod);
    expect(await admitted(webhook, brought)).toEqual(pod);
  });

  it('is refused where another webhook did it last, with the name of the field', async () => {
    const webhook = await world();
    const changed = altered(await fresh(webhook), (copy) => alter(proxyOf(copy)));
    const message = messageOf(await webhook.check(reviewOf(changed)));
    expect(message).toContain(
      '[MCP501] spec.initContainers[0]: container sallyport-proxy differs from what Sallyport generates in',
    );
    expect(message).toContain(field);
    expect(message).toContain('exclude container sallyport-proxy in that webhook');
  });
});

describe('the volumes of a pod', () => {
  const refused = async (change: (pod: Pod) => void) => {
    const webhook = await world();
    const pod = await fresh(webhook);
    const changed = altered(pod, change);
    expect(await admitted(webhook, changed)).toEqual(pod);
    return messageOf(await webhook.check(reviewOf(changed)));
  };
  const sourcesOf = (pod: Pod) => (serverVolume(pod)['projected'] as Json)['sources'] as { secret: Json }[];
  const setInSecret = (pod: Pod, field: string, value: unknown) => {
    for (const { secret: projected } of sourcesOf(pod)) projected[field] = value;
  };

  it('project the Secrets that the configuration of the proxy names, and no other', async () => {
    const message = await refused((pod) => setInSecret(pod, 'name', 'another-token'));
    expect(message).toMatch(
      /\[MCP501] spec\.volumes\[\d]: volume sallyport-github-\w+ differs .* projected\.sources/,
    );
  });

  it.each<[string, (pod: Pod) => void, RegExp]>([
    [
      'another key',
      (pod) => setInSecret(pod, 'items', [{ key: 'other', path: '+/h0' }]),
      /projected\.sources/,
    ],
    [
      'one Secret more',
      (pod) => void sourcesOf(pod).push({ secret: { name: 'more' } }),
      /projected\.sources/,
    ],
    ['a required source', (pod) => setInSecret(pod, 'optional', false), /projected\.sources/],
    [
      'another mode',
      (pod) => void ((serverVolume(pod)['projected'] as Json)['defaultMode'] = 0o777),
      /projected\.defaultMode/,
    ],
    [
      'one volume more under our prefix',
      (pod) => void pod.spec.volumes.push({ name: 'sallyport-author', emptyDir: {} }),
      /the pod has volumes sallyport-author/,
    ],
    [
      'an mcp.json from another annotation',
      (pod) => {
        const volume = pod.spec.volumes.find(({ name }) => name.startsWith('sallyport-mcp-config'));
        const items = [{ path: 'mcp.json', fieldRef: { fieldPath: "metadata.annotations['author']" } }];
        Object.assign(volume ?? {}, { downwardAPI: { items } });
      },
      /downwardAPI\.items/,
    ],
  ])('with %s are replaced, and refused where it was done last', async (_, change, named) => {
    expect(await refused(change)).toMatch(named);
  });

  it('are named at most eight at a time', async () => {
    const message = await refused((pod) => {
      for (let i = 0; i < 20; i += 1) pod.spec.volumes.push({ name: `sallyport-${i}`, emptyDir: {} });
    });
    expect(message).toContain('sallyport-7 and 12 more');
    expect(message).not.toContain('sallyport-8');
  });
});

describe('a config step in a pod that asks for servers itself', () => {
  const step = { name: 'sallyport-config', image: 'example.com/author:1', command: ['sh'] };

  it.each<[string, (pod: Pod) => void]>([
    ['before the proxy', (pod) => void pod.spec.initContainers.unshift(step)],
    ['behind it', (pod) => void pod.spec.initContainers.push(step)],
    ['among the containers', (pod) => void pod.spec.containers.unshift(step)],
    ['twice, around an init container', (pod) => void pod.spec.initContainers.push(step, { ...step })],
  ])('%s is removed, and refused where it was added last', async (_, change) => {
    const webhook = await world();
    const pod = await fresh(webhook);
    const brought = altered(pod, change);
    expect(await admitted(webhook, brought)).toEqual(pod);
    expect(messageOf(await webhook.check(reviewOf(brought)))).toMatch(/\[MCP501] .*sallyport-config/);
  });

  it('is removed from a pod that has no proxy yet', async () => {
    const webhook = await world();
    const pod = labelledPod('mcpremoteproxy/github');
    const spec = { ...pod.spec, initContainers: [step, { name: 'prepare', image: 'example.com/prepare:1' }] };
    const stored = await admitted(webhook, { ...pod, spec });
    expect(stored.spec.initContainers.map(({ name }) => name)).toEqual(['sallyport-proxy', 'prepare']);
    expect(await webhook.check(reviewOf(stored))).toMatchObject({ allowed: true });
  });
});

describe('what other injectors may add to the proxy', () => {
  const accepted: readonly [string, (pod: Pod) => void][] = [
    ['a pull policy', (pod) => void (proxyOf(pod)['imagePullPolicy'] = 'Always')],
    ['resources', (pod) => void (proxyOf(pod)['resources'] = { requests: { cpu: '25m', memory: '64Mi' } })],
    [
      'the default resize policy',
      (pod) => void (proxyOf(pod)['resizePolicy'] = [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }]),
    ],
    [
      'a seccomp annotation',
      (pod) =>
        void (pod.metadata.annotations['seccomp.security.alpha.kubernetes.io/pod'] = 'runtime/default'),
    ],
    [
      'the identity of an Azure workload',
      (pod) => {
        const sources = [
          { serviceAccountToken: { path: 'azure-identity-token', audience: 'api://AzureADTokenExchange' } },
        ];
        pod.spec.volumes.push({ name: 'azure-identity-token', projected: { sources } });
        const mountPath = '/var/run/secrets/azure/tokens';
        (proxyOf(pod)['volumeMounts'] as Json[]).push({
          name: 'azure-identity-token',
          mountPath,
          readOnly: true,
        });
        (proxyOf(pod)['env'] as Json[]).push({ name: 'AZURE_CLIENT_ID', value: 'client' });
      },
    ],
  ];

  it.each(accepted)(
    '%s stays when the webhook is called again, and passes the final check',
    async (_, change) => {
      const webhook = await world();
      const changed = altered(await fresh(webhook), change);
      expect(await admitted(webhook, changed)).toEqual(changed);
      expect(await webhook.check(reviewOf(changed))).toMatchObject({ allowed: true });
    },
  );

  it.each<[string, Json]>([
    ['at another path', { mountPath: '/nodejs' }],
    ['above the folders of the proxy', { mountPath: '/var/run' }],
    ['of a part of its volume', { subPath: 'azure-identity-token' }],
    ['below a path that a variable names', { subPathExpr: '$(HOSTNAME)' }],
    ['that is writable', { readOnly: false }],
    ['that follows the mounts of the node', { mountPropagation: 'HostToContainer' }],
  ])('includes no mount of an identity %s', async (_, change) => {
    const webhook = await world();
    const pod = await fresh(webhook);
    const changed = altered(pod, (copy) => {
      for (const [what, add] of accepted) if (what.startsWith('the identity')) add(copy);
      Object.assign((proxyOf(copy)['volumeMounts'] as Json[]).at(-1) ?? {}, change);
    });
    const message = messageOf(await webhook.check(reviewOf(changed)));
    expect(message).toContain('[MCP501] spec.initContainers[0]: container sallyport-proxy differs');
    expect(message).toContain('volumeMounts');
  });

  it('survives where the container is replaced for something else', async () => {
    const webhook = await world();
    const injected = await fresh(webhook);
    const wanted = altered(injected, (pod) => accepted.forEach(([, change]) => change(pod)));
    const brought = altered(wanted, (pod) => void (proxyOf(pod)['lifecycle'] = { postStart: {} }));
    expect(await admitted(webhook, brought)).toEqual(wanted);
  });

  it('includes another registry for the same image, where the platform accepts it', async () => {
    const images = {
      image: 'sallyport-proxy:2',
      acceptedImages: ['mirror.example.com/sallyport-proxy:2', 'sallyport-proxy:1'],
    };
    const webhook = await startWebhook({ objects, configuration: { inject: images } });
    const pod = await fresh(webhook);
    const as = (image: string) => altered(pod, (copy) => void (proxyOf(copy)['image'] = image));
    const mirrored = as('mirror.example.com/sallyport-proxy:2');
    expect(await admitted(webhook, mirrored)).toEqual(mirrored);
    expect(await webhook.check(reviewOf(mirrored))).toMatchObject({ allowed: true });
    // Another tag is another release, and a registry that is not accepted is nobody's mirror.
    expect(await admitted(webhook, as('sallyport-proxy:1'))).toEqual(pod);
    expect(await admitted(webhook, as('evil.example.com/sallyport-proxy:2'))).toEqual(pod);
  });
});

describe('the way out of the cluster', () => {
  const app = (env: readonly Json[]) => {
    const pod = labelledPod('mcpremoteproxy/github');
    return { ...pod, spec: { containers: [{ name: 'app', image: 'example.com/agent:1', env }] } };
  };
  const https = { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' };

  it("is the app's own, and another one in the proxy is refused", async () => {
    const webhook = await world();
    const pod = await admitted(webhook, app([https]));
    expect(await webhook.check(reviewOf(pod))).toMatchObject({ allowed: true });
    const changed = altered(pod, (copy) => {
      const entry = (proxyOf(copy)['env'] as Json[]).find(({ name }) => name === 'HTTPS_PROXY');
      Object.assign(entry ?? {}, { value: 'http://attacker.example.com:3128' });
    });
    expect(messageOf(await webhook.check(reviewOf(changed)))).toContain('("HTTPS_PROXY")');
    expect(await admitted(webhook, changed)).toEqual(pod);
  });

  const http = { name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' };
  const plain = {
    'c.yaml': [remoteProxy({ remoteUrl: 'http://mcp.example.com/mcp' }), ...objects['world.yaml'].slice(1)],
  };

  it('is refused where another webhook adds it last, and it would receive a credential in plain text', async () => {
    const webhook = await startWebhook({ objects: plain });
    const pod = await fresh(webhook);
    expect(messageOf(await webhook.check(reviewOf(pod)))).toBe('');
    const everywhere = (...added: readonly Json[]) =>
      altered(pod, ({ spec }) => {
        for (const one of [...spec.containers, ...spec.initContainers]) (one['env'] as Json[]).push(...added);
      });
    const message = messageOf(await webhook.check(reviewOf(everywhere(http))));
    expect(message).toContain('[MCP512] spec.containers[0].env: server github has an http:// URL');
    expect(message).not.toContain('MCP501');
    const exempted = everywhere(http, { name: 'NO_PROXY', value: 'mcp.example.com' });
    expect(messageOf(await webhook.check(reviewOf(exempted)))).toBe('');
  });
});

describe('a pod with the label sallyport.dev/injected that asks for no servers', () => {
  const marked = (pod: Pod) =>
    altered(pod, ({ metadata }) => void (metadata.labels = { 'sallyport.dev/injected': 'true' }));

  it('is refused without a proxy, with what to remove', async () => {
    const { check } = await startWebhook();
    const pod = {
      ...labelledPod(),
      metadata: { ...labelledPod().metadata, labels: { 'sallyport.dev/injected': 'true' } },
    };
    expect(messageOf(await check(reviewOf(pod)))).toContain(
      '[MCP501] metadata.labels[sallyport.dev/injected]: the pod has the label sallyport.dev/injected and no container sallyport-proxy',
    );
  });

  it('passes with the proxy that Sallyport generates, and is refused with any other', async () => {
    const webhook = await startWebhook({ objects: { 'c.yaml': kelos.world }, configuration: kelos.on });
    const answer = await webhook.rewrite(reviewOf(kelos.job()));
    const template = podIn(applyPatch(kelos.job(), operationsOf(answer))) ?? {};
    const pod = marked({ ...template, apiVersion: 'v1', kind: 'Pod' } as unknown as Pod);
    expect(await webhook.check(reviewOf(pod))).toMatchObject({ allowed: true });
    for (const { alter } of alterations) {
      const changed = altered(pod, (copy) => alter(proxyOf(copy)));
      expect(messageOf(await webhook.check(reviewOf(changed)))).toContain('[MCP501]');
    }
  });
});

/**
 * As release 0.1.0 stored them; 0.2.0-dev gives the same bytes until the change that this file tests. Made with the
 * code of that release from the objects of its own tests.
 */
describe('a pod that an earlier release made', () => {
  const stored = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../fixtures/pods-of-0.1.0.json'), 'utf8'),
  ) as Readonly<Record<'labelled' | 'kelosStatefulSet' | 'toolhive' | 'kagent', Fields>>;
  const [before, now] = ['sallyport-proxy:0.1.0', 'sallyport-proxy:0.2.0'];
  const accepting = { inject: { image: now, acceptedImages: [before] } };
  const marked = (pod: Fields): Pod => ({ ...pod, apiVersion: 'v1', kind: 'Pod' }) as unknown as Pod;
  const imagesOf = (pod: Pod) =>
    pod.spec.initContainers
      .filter(({ name }) => String(name).startsWith('sallyport-'))
      .map(({ image }) => image);

  it.each(['labelled', 'kelosStatefulSet', 'toolhive', 'kagent'] as const)(
    'passes the final check as it is while its image is accepted: %s',
    async (which) => {
      const { check } = await startWebhook({ configuration: accepting });
      const pod = marked(podIn(stored[which]) ?? {});
      expect(messageOf(await check(reviewOf(pod)))).toBe('');
      expect(imagesOf(pod)[0]).toBe(before);
    },
  );

  it.each(['kelosStatefulSet', 'toolhive', 'kagent'] as const)(
    "is created with today's proxy for the configuration it carries, also when its image is no longer accepted: %s",
    async (which) => {
      const webhook = await startWebhook({ configuration: { inject: { image: now } } });
      const pod = marked(podIn(stored[which]) ?? {});
      const answer = await webhook.rewrite(reviewOf(pod));
      const renewed = applyPatch(pod, operationsOf(answer)) as unknown as Pod;
      expect(new Set(imagesOf(renewed))).toEqual(new Set([now]));
      const sameImage = altered(renewed, (copy) => {
        for (const one of copy.spec.initContainers) if (one['image'] === now) one['image'] = before;
      });
      expect(sameImage).toEqual(pod);
      expect(messageOf(await webhook.check(reviewOf(renewed)))).toBe('');
      expect((await webhook.rewrite(reviewOf(renewed))).patch).toBeUndefined();
    },
  );

  it('of an operator loses what its author added to the proxy, as any pod does', async () => {
    const configuration = { ...kelos.on, inject: { ...kelos.on.inject, image: before } };
    const webhook = await startWebhook({ objects: { 'c.yaml': kelos.world }, configuration });
    const pod = marked(podIn(stored.kelosStatefulSet) ?? {});
    for (const { alter } of alterations) {
      const brought = altered(pod, (copy) => alter(proxyOf(copy)));
      const answer = await webhook.rewrite(reviewOf(brought));
      expect(applyPatch(brought, operationsOf(answer))).toEqual(pod);
      expect(messageOf(await webhook.check(reviewOf(brought)))).toContain('[MCP501]');
    }
  });

  it('of an operator gets its label again where its template lost it', async () => {
    const { rewrite } = await startWebhook({ configuration: { inject: { image: before } } });
    const pod = marked(podIn(stored.kelosStatefulSet) ?? {});
    const without = altered(pod, ({ metadata }) => void delete metadata.labels['sallyport.dev/injected']);
    expect(applyPatch(without, operationsOf(await rewrite(reviewOf(without))))).toEqual(pod);
  });

  it('of an operator is refused where it shares a namespace with the proxy', async () => {
    const { check } = await startWebhook({ configuration: accepting });
    const pod = altered(marked(podIn(stored.kelosStatefulSet) ?? {}), ({ spec }) => {
      spec['shareProcessNamespace'] = true;
    });
    expect(messageOf(await check(reviewOf(pod)))).toContain('[MCP503] spec.shareProcessNamespace');
  });

  it('of an operator is refused where its egress proxy would receive a credential in plain text', async () => {
    const webhook = await startWebhook({ configuration: kelos.on });
    const pod = altered(marked(podIn(stored.kelosStatefulSet) ?? {}), (copy) => {
      const [entry] = proxyOf(copy)['env'] as { value: string }[];
      const config = JSON.parse(entry?.value ?? '') as { servers: Json[] };
      for (const server of config.servers)
        Object.assign(server, { upstream: 'http://mcp.example.com/mcp', tls: null });
      Object.assign(entry ?? {}, { value: JSON.stringify(config) });
      const http = { name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' };
      for (const one of copy.spec.containers) one['env'] = [...((one['env'] ?? []) as Json[]), http];
    });
    const renewed = applyPatch(pod, operationsOf(await webhook.rewrite(reviewOf(pod))));
    expect(messageOf(await webhook.check(reviewOf(renewed as unknown as Pod)))).toContain(
      '[MCP512] spec.containers[0].env: server github has an http:// URL',
    );
  });

  it('with a configuration that cannot be read is refused', async () => {
    const webhook = await startWebhook({ configuration: kelos.on });
    const pod = altered(marked(podIn(stored.kelosStatefulSet) ?? {}), (copy) => {
      const [config] = proxyOf(copy)['env'] as Json[];
      Object.assign(config ?? {}, { value: '{"version":2}' });
    });
    expect(await webhook.rewrite(reviewOf(pod))).toMatchObject({ allowed: true });
    expect(messageOf(await webhook.check(reviewOf(pod)))).toContain(
      '[MCP501] spec.initContainers[0].env: Sallyport cannot read the configuration of sallyport-proxy',
    );
  });
});
