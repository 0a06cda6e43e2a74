import { describe, expect, it } from 'vitest';
import { reviewOf, startWebhook } from '../support/webhook.ts';
import { read, readOne, summary } from './reading.ts';

type Annotations = Readonly<Record<string, unknown>>;

const client = 'sallyport.dev/client-tls-secret';
const caSecret = 'sallyport.dev/ca-secret';
const caConfigMap = 'sallyport.dev/ca-configmap';

const entry = (annotations: unknown, spec: object = {}) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: 'one', annotations },
  spec: { remoteUrl: 'https://a.example', ...spec },
});
const remote = (annotations: unknown, spec: object = {}) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name: 'one', annotations },
  spec: { url: 'https://a.example', ...spec },
});
const kmcp = (annotations: unknown, spec: object) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'one', annotations },
  spec,
});
const listed = (annotations: unknown) => ({
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'AgentConfig',
  metadata: { name: 'config', annotations },
  spec: {
    mcpServers: ['forge', 'search'].map((name) => ({ name, type: 'http', url: 'https://a.example' })),
  },
});

describe('TLS annotations on a resource that is one server', () => {
  it.each<[string, Annotations, { client?: string; ca?: string }]>([
    ['a client certificate', { [client]: 'pair' }, { client: 'Secret pair' }],
    ['spaces around the name', { [client]: ' pair ' }, { client: 'Secret pair' }],
    ['a CA Secret', { [caSecret]: 'authority' }, { ca: 'Secret authority/ca.crt' }],
    ['a CA Secret and its key', { [caSecret]: 'authority/root.pem' }, { ca: 'Secret authority/root.pem' }],
    ['a CA ConfigMap', { [caConfigMap]: 'authority' }, { ca: 'ConfigMap authority/ca.crt' }],
    [
      'a CA ConfigMap and its key',
      { [caConfigMap]: 'authority/root.pem' },
      { ca: 'ConfigMap authority/root.pem' },
    ],
    [
      'both CAs, of which the Secret wins',
      { [caSecret]: 'one', [caConfigMap]: 'two' },
      { ca: 'Secret one/ca.crt' },
    ],
    [
      'a certificate and a CA',
      { [client]: 'pair', [caSecret]: 'pair' },
      { client: 'Secret pair', ca: 'Secret pair/ca.crt' },
    ],
    ['an empty name', { [client]: '', [caSecret]: ' ' }, {}],
    ['nothing of ours', { 'example.com/client-tls-secret': 'pair' }, {}],
  ])('may hold %s', (_, annotations, tls) => {
    const expected = { client: tls.client, ca: tls.ca };
    for (const object of [entry(annotations), remote(annotations)])
      expect(summary(readOne(object))).toMatchObject(expected);
  });

  it('yield to a field', () => {
    const both = { [client]: 'annotated', [caSecret]: 'annotated' };
    const bundle = { caBundleRef: { configMapRef: { name: 'field', key: 'root.pem' } } };
    expect(summary(readOne(entry(both, bundle)))).toMatchObject({
      client: 'Secret annotated',
      ca: 'ConfigMap field/root.pem',
    });
    const tls = { tls: { caCertSecretRef: 'field', caCertSecretKey: 'root.pem' } };
    expect(summary(readOne(remote(both, tls))).ca).toBe('Secret field/root.pem');
    const pair = { httpTransport: { tls: { secretRef: 'field' } } };
    expect(summary(readOne(kmcp(both, pair)))).toMatchObject({
      client: 'Secret field',
      ca: 'Secret field/ca.crt (optional)',
    });
  });

  it('are blamed at their own place', () => {
    const { tls } = readOne(entry({ [client]: 'pair', [caSecret]: 'authority' }));
    expect(String(tls.client?.at)).toBe(`metadata.annotations[${client}]`);
    expect(String(tls.ca?.at)).toBe(`metadata.annotations[${caSecret}]`);
  });

  it.each([7, true, null, ['pair'], { name: 'pair' }])('are not read when the value is %j', (value) => {
    expect(summary(readOne(entry({ [client]: value }))).client).toBeUndefined();
    expect(summary(readOne(entry(value))).client).toBeUndefined();
  });
});

describe('TLS annotations on a resource that lists servers', () => {
  const clients = (annotations: Annotations) =>
    read(listed(annotations)).servers.map((server) => summary(server).client);
  const authorities = (annotations: Annotations) =>
    read(listed(annotations)).servers.map((server) => summary(server).ca);

  it('name the server each', () => {
    expect(clients({ [client]: 'forge=a, search=b' })).toEqual(['Secret a', 'Secret b']);
    expect(clients({ [client]: ' search = b ' })).toEqual([undefined, 'Secret b']);
    expect(authorities({ [caSecret]: 'forge=a/root.pem', [caConfigMap]: 'search=b' })).toEqual([
      'Secret a/root.pem',
      'ConfigMap b/ca.crt',
    ]);
  });

  it.each(['pair', 'other=pair', 'forge=', '=pair', ',', 'Forge=pair'])(
    'reach no server when they say %j',
    (text) => {
      expect(clients({ [client]: text })).toEqual([undefined, undefined]);
    },
  );
});

describe('the admission warning about a CA annotation without a server on a kind that lists servers', () => {
  const warningsOf = async (value: string) => {
    const { validate } = await startWebhook();
    const { warnings = [] } = await validate(
      reviewOf({
        ...listed({ [caConfigMap]: value }),
        metadata: { name: 'c', namespace: 'n', annotations: { [caConfigMap]: value } },
      }),
    );
    return warnings.filter((one) => one.includes('MCP305'));
  };

  it('has the form of the value, with its names', async () => {
    expect(await warningsOf('authority/root.pem')).toEqual([
      '[MCP305] metadata.annotations[sallyport.dev/ca-configmap]: this setting has no effect: AgentConfig lists servers, so write SERVER=NAME, for example forge=authority/root.pem',
    ]);
    expect(await warningsOf('forge=authority/root.pem')).toEqual([]);
  });

  it('does not repeat a value that is no reference', async () => {
    expect((await warningsOf('Bearer canary-in-an-annotation')).join()).not.toContain('canary');
  });
});
