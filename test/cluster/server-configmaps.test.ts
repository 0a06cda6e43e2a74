import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from './app.ts';
import { Kubectl } from './kubectl.ts';
import {
  configMap,
  namespace,
  pod,
  secret,
  serverConfigMap,
  testNamespace,
  upstreamPod,
  upstreamService,
} from './objects.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('server-configmaps');
const app = new App(kubectl, ns, 'app');

const key = (name: string, of: string) => ({ secretKeyRef: { name, key: of } });

beforeAll(() =>
  kubectl.apply(
    namespace(ns),
    upstreamService(ns),
    upstreamPod(ns),
    secret(ns, 'token', { token: 'abc\n' }),
    secret(ns, 'login', { user: 'somebody', password: 'pässword' }),
    secret(ns, 'some', { 'X-One': 'one', 'X-Both': 'of the first' }),
    secret(ns, 'more', { 'X-Two': 'two' }),
  ),
);
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

describe('a ConfigMap that says it is a server', () => {
  it('is refused with everything that is wrong with it', async () => {
    const text = await kubectl.refused(
      serverConfigMap(ns, 'wrong', {
        url: 'https://mcp.example.com',
        headers: [
          { name: 'Authorization', value: 'Bearer s3cr3t-s3cr3t-s3cr3t' },
          { name: 'X-Key', ...key('nowhere', 'token') },
        ],
        hedaersFrom: [],
      }),
    );
    const lines = text.trim().split('\n');
    const warnings = lines.filter((line) => line.startsWith('Warning: '));
    // kubectl's own copy of what was applied.
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('[MCP105] metadata.annotations');
    const [start, ...findings] = lines.filter((line) => !warnings.includes(line));
    expect(start).toBe(
      'Error from server (Forbidden): error when creating "STDIN": admission webhook ' +
        `"validate-server-configmaps.sallyport.dev" denied the request: ConfigMap ${ns}/wrong: 3 problems.`,
    );
    expect(findings.map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
      '[MCP101] data[server.yaml].headers[0].value',
      '[MCP201] data[server.yaml].headers[1].secretKeyRef.name',
      '[MCP001] data[server.yaml].hedaersFrom',
    ]);
    expect(findings[2]).toContain('unknown field hedaersFrom (did you mean headersFrom?)');
    expect(text).not.toContain('s3cr3t');
  });

  it('is refused when it cannot be read, without a word of it', async () => {
    const text = await kubectl.refused(serverConfigMap(ns, 'broken', 'url: [s3cr3t'));
    expect(text).toContain('[MCP001] data[server.yaml]: this must be YAML that can be read (line 1: ');
    expect(text).not.toContain('s3cr3t');
  });

  it('is judged when the label comes later, and no other ConfigMap ever is', async () => {
    await kubectl.apply(configMap(ns, 'later', { 'server.yaml': 'url: nowhere' }));
    await kubectl.apply(serverConfigMap(ns, 'other', 'url: nowhere', 'no'));
    const labelled = await kubectl.try([
      'label',
      '-n',
      ns,
      'configmap',
      'later',
      'sallyport.dev/server=true',
    ]);
    expect(labelled.code).toBe(1);
    expect(labelled.stderr).toContain('[MCP404] data[server.yaml].url');
  });

  it('can lose its label whatever it says, and is nobody to ask for then', async () => {
    await kubectl.apply(serverConfigMap(ns, 'unlabelled', { url: 'https://mcp.example.com' }));
    await kubectl.run(['label', '-n', ns, 'configmap', 'unlabelled', 'sallyport.dev/server-']);
    expect(await kubectl.refused(pod(ns, 'asks', { servers: 'configmap/unlabelled' }))).toContain(
      '[MCP504] metadata.annotations[sallyport.dev/servers]: configmap/unlabelled exists, but does not have the label ' +
        'sallyport.dev/server: "true"',
    );
  });
});

describe('a pod that asks for one', () => {
  beforeAll(async () => {
    await kubectl.apply(
      serverConfigMap(ns, 'tickets', {
        url: `http://${await clusterIp(kubectl, ns)}/tickets`,
        headers: [
          { name: 'Authorization', ...key('token', 'token'), template: 'Token {value}' },
          { name: 'X-Tenant', value: 'acme' },
          { name: 'X-Login', basic: { username: key('login', 'user'), password: key('login', 'password') } },
          { name: 'X-Both', ...key('token', 'token') },
        ],
        headersFrom: [{ secretRef: { name: 'some' } }, { secretRef: { name: 'more' } }],
      }),
      pod(ns, 'app', { servers: 'cm/tickets' }),
    );
    await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
    await kubectl.wait(ns, 'pod/app', 'condition=Ready');
  }, 90_000);

  const headers = {
    'x-tenant': digest('acme'),
    'x-login': digest(`Basic ${Buffer.from('somebody:pässword').toString('base64')}`),
    'x-both': digest('abc'),
    'x-one': digest('one'),
    'x-two': digest('two'),
  };

  it('sends a template, a literal, Basic from two keys and the keys of two whole Secrets', async () => {
    expect(await app.call('tickets')).toEqual({
      path: '/tickets',
      client: null,
      credential: digest('Token abc'),
      headers,
    });
  });

  it('follows the second whole Secret, which is a volume of its own', async () => {
    await kubectl.apply(secret(ns, 'more', { 'X-Two': 'changed', 'X-Three': 'three' }));
    await app.lookAgain();
    await expect
      .poll(async () => (await app.call('tickets')).headers, { timeout: 90_000, interval: 1_000 })
      .toEqual({ ...headers, 'x-two': digest('changed'), 'x-three': digest('three') });
    expect(await app.restarts()).toEqual([0, 0]);
  });
});
