import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { crAnnotations, podAnnotations } from '../../src/core/annotations.ts';
import { App, digest } from './app.ts';
import { storedWith } from './etcd.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, pod, secret, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { configured, withNobodyThere } from './sallyport.ts';
import { secureUpstream, tlsKeys } from './secure-upstream.ts';

/**
 * kagent's controller is in no module that can be downloaded, so what it makes is made here: the Secret with an agent's
 * configuration, in plain text, and its Deployment. ReplicaSet, pods and everything after that are real.
 */
const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('kagent');
const elsewhere = testNamespace('kagent-elsewhere');
const [token, second, own, theirs] = Array.from({ length: 4 }, () => randomBytes(12).toString('hex'));
const values = {
  linear: `Bearer ${token}`,
  rotated: `Bearer ${second}`,
  own: `own-${own}`,
  theirs: `${theirs}`,
};
const kmcp = `test-mcp.${ns}`;

let address = '';

const header = (name: string, of: string) => ({ name, valueFrom: { type: 'Secret', name: of, key: 'key' } });

const remoteServer = (ns: string, name: string, spec: object, annotations = {}): Manifest => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { namespace: ns, name, annotations },
  spec: { description: name, protocol: 'STREAMABLE_HTTP', timeout: '5s', ...spec },
});

const tool = (name: string, more: object = {}, kind = 'RemoteMCPServer', namespace?: string) => ({
  type: 'McpServer',
  mcpServer: {
    kind,
    apiGroup: 'kagent.dev',
    name,
    toolNames: [name],
    ...(namespace === undefined ? {} : { namespace }),
  },
  ...more,
});

const agent = (name: string): Manifest => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'Agent',
  metadata: { namespace: ns, name },
  spec: {
    type: 'Declarative',
    description: 'd',
    declarative: {
      modelConfig: 'mc',
      systemMessage: 'hi',
      tools: [
        tool('linear', { headersFrom: [header('X-Extra', 'agent-extra')] }),
        tool('test-mcp', {}, 'MCPServer'),
        tool('theirs', {}, 'RemoteMCPServer', elsewhere),
      ],
    },
  },
});

const labelsOf = (name: string) => ({
  app: 'kagent',
  kagent: name,
  'app.kubernetes.io/managed-by': 'kagent',
});

/** As the controller writes it: every header resolved. */
const configSecret = (name: string, url = `https://${address}/mcp?team=a`) =>
  secret(ns, name, {
    'agent-card.json': '{"name":"helper"}',
    'config.json': JSON.stringify({
      model: { type: 'openai', model: 'gpt-4o', base_url: '' },
      description: 'd',
      instruction: 'hi',
      http_tools: [
        {
          params: {
            url,
            headers: { Authorization: values.linear, 'X-Extra': values.own, 'X-Tenant': 'acme' },
            timeout: 5,
            tls_insecure_skip_verify: false,
            tls_ca_cert_path: '/etc/ssl/certs/custom/ca/ca.crt',
            tls_disable_system_cas: false,
          },
          tools: ['linear'],
        },
        { params: { url: `http://${kmcp}:443/mcp`, timeout: 30 }, tools: ['test-mcp'] },
        {
          params: { url: `http://${address}/theirs`, headers: { Authorization: values.theirs } },
          tools: ['theirs'],
        },
      ],
      stream: false,
    }),
  });

const uidOf = async (what: string) =>
  (await kubectl.get<{ readonly metadata: { readonly uid: string } }>(ns, what)).metadata.uid;

const deployment = async (name: string): Promise<Manifest> => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    namespace: ns,
    name,
    labels: labelsOf(name),
    ownerReferences: [
      {
        apiVersion: 'kagent.dev/v1alpha2',
        kind: 'Agent',
        name,
        uid: await uidOf(`agents.kagent.dev/${name}`),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'kagent', kagent: name } },
    template: {
      metadata: { labels: labelsOf(name), annotations: { 'kagent.dev/config-hash': '9412975346286139458' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        // There is no DNS.
        hostAliases: [{ ip: address, hostnames: [kmcp, `${kmcp}.svc`] }],
        volumes: [
          { name: 'config', secret: { secretName: name } },
          { name: 'tls-ca-ca', secret: { secretName: 'ca', defaultMode: 0o444 } },
        ],
        containers: [
          {
            name: 'kagent',
            image: 'upstream:test',
            imagePullPolicy: 'Never',
            command: ['node', '/kagent-agent.mjs'],
            args: ['--host', '0.0.0.0', '--port', '8080', '--filepath', '/config'],
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [{ name: 'KAGENT_NAME', value: name }],
            volumeMounts: [
              { name: 'config', mountPath: '/config' },
              { name: 'tls-ca-ca', mountPath: '/etc/ssl/certs/custom/ca', readOnly: true },
            ],
          },
        ],
      },
    },
  },
});

/** What the agent was answered, a line for each of its servers. */
const said = (name: string) =>
  until('its calls', 60, async () => {
    const { stdout } = await kubectl.try(['logs', '-n', ns, `deployment/${name}`, '-c', 'kagent']);
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    return lines.length === 3
      ? lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      : undefined;
  });

const podsOf = (name: string) => kubectl.run(['get', '-n', ns, 'pods', '-l', `kagent=${name}`, '-o', 'json']);
const rolledOut = (name: string) =>
  kubectl.run(['rollout', 'status', '-n', ns, `deployment/${name}`, '--timeout=90s']);

beforeAll(async () => {
  await configured(kubectl, { inject: { families: { kagent: true } } });
  await kubectl.apply(namespace(ns), namespace(elsewhere));
  const upstream = await secureUpstream(kubectl, ns, [`${kmcp}.svc`]);
  ({ address } = upstream);
  const certificate = async (name: string) => tlsKeys(await upstream.client(name));
  await kubectl.apply(
    secret(ns, 'linear-token', { key: values.linear }),
    secret(ns, 'agent-extra', { key: values.own }),
    secret(ns, 'client', await certificate('linear-client')),
    secret(ns, 'kmcp-client', { ...(await certificate('kmcp-client')), 'ca.crt': upstream.authority }),
    secret(ns, 'ca', { 'ca.crt': upstream.authority }),
    secret(elsewhere, 'their-token', { key: values.theirs }),
  );
  await kubectl.apply(
    remoteServer(
      ns,
      'linear',
      {
        url: `https://${address}/mcp?team=a`,
        headersFrom: [header('Authorization', 'linear-token'), { name: 'X-Tenant', value: 'acme' }],
        tls: { caCertSecretRef: 'ca', caCertSecretKey: 'ca.crt' },
      },
      { [crAnnotations.clientTlsSecret]: 'client' },
    ),
    remoteServer(elsewhere, 'theirs', {
      url: `http://${address}/theirs`,
      headersFrom: [header('Authorization', 'their-token')],
      allowedNamespaces: { from: 'All' },
    }),
    {
      apiVersion: 'kagent.dev/v1alpha1',
      kind: 'MCPServer',
      metadata: { namespace: ns, name: 'test-mcp' },
      spec: {
        transportType: 'http',
        deployment: { image: 'example.com/mcp:1', port: 443 },
        httpTransport: { targetPort: 443, path: '/mcp', tls: { secretRef: 'kmcp-client' } },
      },
    },
    agent('helper'),
    agent('late'),
  );
  await kubectl.apply(configSecret('helper'), configSecret('late'));
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
}, 150_000);

afterAll(async () => {
  await kubectl.run(['delete', 'namespace', ns, elsewhere, '--wait=false']);
  await configured(kubectl, {});
}, 120_000);

describe('with kagent switched on, the pod of an agent', () => {
  it('calls its servers with headers and certificates it does not have', async () => {
    await kubectl.apply(await deployment('helper'));
    await rolledOut('helper');
    const [linear, mine, others] = await said('helper');
    expect(linear).toMatchObject({
      status: 200,
      path: '/mcp?team=a',
      sent: ['X-Tenant'],
      credential: digest(values.linear),
      client: 'linear-client',
      headers: { 'x-extra': digest(values.own), 'x-tenant': digest('acme') },
    });
    // kagent wrote http:// for it, and no release of kagent can show a certificate. 401: it asks for a header too.
    expect(mine).toMatchObject({ status: 401, path: '/mcp', client: 'kmcp-client' });
    // What cannot be taken out is as it came.
    expect(others).toMatchObject({ status: 200, sent: ['Authorization'], credential: digest(values.theirs) });
  }, 150_000);

  it('cannot read the header of its server anywhere', async () => {
    const name = await kubectl.run(['get', '-n', ns, 'pods', '-l', 'kagent=helper', '-o', 'name']);
    const script = `
      const fs = require('node:fs');
      const files = fs.readdirSync('/config').map((file) => fs.readFileSync('/config/' + file, 'utf8'));
      console.log(JSON.stringify({ names: fs.readdirSync('/config'), text: files.join(), env: process.env }));`;
    const seen = await kubectl.exec(ns, name.trim(), 'kagent', 'node', '-e', script);
    expect((JSON.parse(seen) as { names: string[] }).names.toSorted()).toEqual([
      'agent-card.json',
      'config.json',
    ]);
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(own);
    expect(await podsOf('helper')).not.toContain(token);
  }, 60_000);

  it('leaves the copies that kagent keeps where they are: its own Secret, and no other object', async () => {
    const held = await storedWith(cluster, `${token}`);
    expect(held.toSorted()).toEqual(
      ['helper', 'late', 'linear-token'].map((name) => `/registry/secrets/${ns}/${name}`),
    );
  }, 60_000);

  it('uses a rotated Secret without a restart, though kagent does not write it anew', async () => {
    await kubectl.apply(secret(ns, 'linear-token', { key: values.rotated }));
    const name = (await kubectl.run(['get', '-n', ns, 'pods', '-l', 'kagent=helper', '-o', 'name'])).trim();
    await kubectl.run(['annotate', '-n', ns, name, `example.com/look=${Date.now()}`]);
    const script = `
      const [{ params }] = JSON.parse(require('node:fs').readFileSync('/config/config.json', 'utf8')).http_tools;
      fetch(params.url).then((answer) => answer.text()).then(console.log);`;
    await until('the new value', 90, async () => {
      const text = await kubectl.exec(ns, name, 'kagent', 'node', '-e', script);
      return text.includes(digest(values.rotated)) ? true : undefined;
    });
    await kubectl.apply(secret(ns, 'linear-token', { key: values.linear }));
  }, 120_000);

  it('whose configuration is another one when it starts reads that one as it is, and the step says so', async () => {
    const made = await deployment('late');
    const spec = made['spec'] as { readonly template: { readonly spec: object } };
    const gated = { ...spec.template.spec, schedulingGates: [{ name: 'example.com/wait' }] };
    await kubectl.apply({ ...made, spec: { ...spec, template: { ...spec.template, spec: gated } } });
    const name = await until('its pod', 60, async () => {
      const found = await kubectl.run(['get', '-n', ns, 'pods', '-l', 'kagent=late', '-o', 'name']);
      return found.trim() === '' ? undefined : found.trim();
    });
    // Admitted with one configuration; no node has it yet when kagent writes another.
    await kubectl.apply(configSecret('late', `http://${address}/changed`));
    const open = '[{"op":"remove","path":"/spec/schedulingGates"}]';
    await kubectl.run(['patch', '-n', ns, name, '--type=json', '-p', open]);
    await rolledOut('late');
    const [changed] = await said('late');
    expect(changed).toMatchObject({ path: '/changed', sent: ['Authorization', 'X-Extra', 'X-Tenant'] });
    const log = await kubectl.run(['logs', '-n', ns, 'deployment/late', '-c', 'sallyport-config']);
    expect(log).toBe(
      'sallyport config: config.json calls test-mcp through the proxy; copied as it came: http_tools[0].params.url (server linear) is not what it was when the pod was admitted\n',
    );
  }, 180_000);

  it('is made without anybody there, as it came', async () => {
    await withNobodyThere(kubectl, async () => {
      await kubectl.run(['delete', 'pod', '-n', ns, '-l', 'kagent=helper', '--wait=true']);
      await rolledOut('helper');
    });
    expect(await podsOf('helper')).not.toContain('sallyport-proxy');
    await kubectl.run(['delete', 'pod', '-n', ns, '-l', 'kagent=helper', '--wait=true']);
    await rolledOut('helper');
    expect(await podsOf('helper')).toContain('sallyport-proxy');
  }, 180_000);
});

/** What kagent's controller does, which dials each server itself: http, whatever the resource says. */
describe('a labelled pod that takes an HTTP proxy but no other URL', () => {
  const controller = new App(kubectl, ns, 'controller');
  const url = `http://${kmcp}:443/mcp`;

  beforeAll(async () => {
    await kubectl.apply(
      pod(ns, 'controller', {
        servers: 'mcpserver.kagent.dev/test-mcp',
        annotations: { [podAnnotations.forward]: 'others=refuse' },
        hosts: [{ ip: address, hostnames: [kmcp, `${kmcp}.svc`] }],
      }),
    );
    await kubectl.wait(ns, 'pod/controller', 'condition=Ready', 90);
  }, 120_000);

  it('reaches a server over TLS with a client certificate', async () => {
    const answer = JSON.parse(
      await controller.sh(`wget -qO- --header "Authorization: mine" '${url}'`),
    ) as unknown;
    expect(answer).toMatchObject({ path: '/mcp', client: 'kmcp-client', credential: digest('mine') });
  }, 60_000);

  it('reaches nobody else through it', async () => {
    const said = await controller.sh(`wget -O- 'http://${address}/requests' 2>&1 || true`);
    expect(said).toContain('403');
  }, 60_000);
});
