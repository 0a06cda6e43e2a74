import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { configMap, fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { configured, withoutWebhooks } from './sallyport.ts';
import { until } from './processes.ts';

/** Where a credential may go, as the API server answers a user who writes resources and pods. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('destinations');
const origin = 'https://mcp.example.com';

const annotated = (name: string, annotations: Readonly<Record<string, string>>): Manifest => ({
  ...secret(ns, name, { token: 'Bearer abc' }),
  metadata: { namespace: ns, name, annotations },
});
const withCa = (name: string, from = 'limited') =>
  serverEntry(ns, name, fromSecret(from, 'token'), `${origin}/mcp`, {
    'sallyport.dev/ca-configmap': 'chosen-ca',
  });
const codesIn = (text: string) => [...new Set(text.match(/MCP\d+/g))].toSorted();

beforeAll(() =>
  kubectl.apply(
    namespace(ns),
    annotated('limited', { 'sallyport.dev/upstreams': origin }),
    annotated('allowing', {
      'sallyport.dev/upstreams': origin,
      'sallyport.dev/upstream-cas': 'configmap/chosen-ca',
    }),
    secret(ns, 'unlimited', { token: 'Bearer abc' }),
    configMap(ns, 'chosen-ca', { 'ca.crt': 'PEM' }),
  ),
);

describe('a Secret whose owner limits its origins', () => {
  it('is refused to a resource that names a CA of its author', async () => {
    const text = await kubectl.refused(withCa('own-ca'));
    expect(text).toMatch(/: 1 problem\.\n\[MCP210\] /);
    expect(text).toContain(
      `kubectl -n ${ns} annotate secret limited sallyport.dev/upstream-cas=configmap/chosen-ca/ca.crt`,
    );
  });

  it('is refused to a pod of such a resource that was stored before', async () => {
    await withoutWebhooks(kubectl, () => kubectl.apply(withCa('stored')));
    expect(codesIn(await kubectl.refused(pod(ns, 'agent', { servers: 'mcpserverentry/stored' })))).toEqual([
      'MCP210',
    ]);
  });

  it('is used with a CA that its owner allows', async () => {
    expect(await kubectl.apply(withCa('allowed-ca', 'allowing'))).toContain('allowed-ca created');
  });
});

describe('a pod with an HTTP proxy', () => {
  it('is refused for a server with an http:// URL and a credential', async () => {
    await kubectl.apply(
      serverEntry(ns, 'plain', fromSecret('unlimited', 'token'), 'http://mcp.example.com/mcp'),
    );
    const made = pod(ns, 'plain', { servers: 'mcpserverentry/plain' }) as {
      readonly spec: { readonly containers: readonly object[] };
    } & Manifest;
    const env = [{ name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' }];
    const proxied = {
      ...made,
      spec: { ...made.spec, containers: made.spec.containers.map((one) => ({ ...one, env })) },
    };
    expect(codesIn(await kubectl.refused(proxied))).toContain('MCP512');
  });
});

describe('with requireUpstreams: enforce', () => {
  beforeAll(() => configured(kubectl, { credentials: { requireUpstreams: 'enforce' } }));
  afterAll(() => configured(kubectl, {}));

  it('a Secret without an origin limit is refused until kubectl ran the command that the denial names', async () => {
    const entry = serverEntry(ns, 'required', fromSecret('unlimited', 'token'), `${origin}/mcp`);
    const text = await kubectl.refused(entry);
    expect(codesIn(text)).toEqual(['MCP209']);
    const [, command = ''] = /run kubectl (.*) as its owner/.exec(text) ?? [];
    await kubectl.run(command.split(' '));
    // A replica remembers for ten seconds what it read of a Secret.
    await until(
      'the annotation to count',
      30,
      async () => (await kubectl.tryApply([entry])).code === 0 || undefined,
    );
  });
});
