import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { crAnnotations } from '../../src/core/annotations.ts';
import { digest } from './app.ts';
import { storedWith } from './etcd.ts';
import {
  agent,
  configSecret,
  deployment,
  header,
  kmcpServer,
  remoteServer,
  sandbox,
  sandboxPod,
  tool,
  type Owner,
} from './kagent.ts';
import { Kubectl } from './kubectl.ts';
import { namespace, secret, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { configured, replicaLabel, system, withNobodyThere } from './sallyport.ts';
import { secureUpstream, tlsKeys } from './secure-upstream.ts';
import { whyOf } from './why.ts';

/** What kagent makes is made here, by kagent.ts; ReplicaSets, pods and everything after that are real. */
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
const switchedOn = { inject: { families: { kagent: true } } };

let address = '';

const linear = (): string => `https://${address}/mcp?team=a`;

/** Cannot be taken out of a pod: its Secret is in another namespace. */
const foreign = tool('theirs', {}, 'RemoteMCPServer', elsewhere);
const tools = [
  tool('linear', { headersFrom: [header('X-Extra', 'agent-extra')] }),
  tool('test-mcp', {}, 'MCPServer'),
  foreign,
];

const calledAsItIs = () => ({
  params: { url: `http://${address}/theirs`, headers: { Authorization: values.theirs } },
  tools: ['theirs'],
});

/** As the controller writes it: every header resolved, the agent's own over the server's. */
const config = (name: string, url = linear()) =>
  configSecret(ns, name, {
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
      calledAsItIs(),
    ],
  });

const configOfLegacy = (name: string) =>
  configSecret(ns, name, {
    http_tools: [],
    sse_tools: [
      {
        params: {
          url: `https://${address}/sse`,
          headers: { Authorization: values.linear },
          timeout: 5,
          tls_ca_cert_path: '/etc/ssl/certs/custom/ca/ca.crt',
        },
        tools: ['legacy'],
      },
    ],
  });
const configOfTheirs = (name: string) => configSecret(ns, name, { http_tools: [calledAsItIs()] });

const ownerOf = (what: string) => kubectl.get<Owner>(ns, what);
/** There is no DNS. */
const hostAliases = () => [{ ip: address, hostnames: [kmcp, `${kmcp}.svc`] }];
const deploymentOf = async (name: string, more: object = {}) =>
  deployment(ns, await ownerOf(`agents.kagent.dev/${name}`), {
    ca: 'ca',
    hostAliases: hostAliases(),
    ...more,
  });

/** What the agent was answered, a line for each of its servers. */
const said = (what: string, servers: number) =>
  until('its calls', 60, async () => {
    const { stdout } = await kubectl.try(['logs', '-n', ns, what, '-c', 'kagent']);
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    return lines.length === servers
      ? lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      : undefined;
  });

/** `pod/NAME` of an agent's only pod. */
const podNamed = async (name: string) =>
  (await kubectl.run(['get', '-n', ns, 'pods', '-l', `kagent=${name}`, '-o', 'name'])).trim();
const podsOf = (name: string) => kubectl.run(['get', '-n', ns, 'pods', '-l', `kagent=${name}`, '-o', 'json']);
const rolledOut = (name: string) =>
  kubectl.run(['rollout', 'status', '-n', ns, `deployment/${name}`, '--timeout=90s']);

beforeAll(async () => {
  await configured(kubectl, switchedOn);
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
        headersFrom: [
          header('Authorization', 'linear-token'),
          { name: 'X-Tenant', value: 'acme' },
          // The agent has one of its own.
          header('X-Extra', 'linear-token'),
        ],
        tls: { caCertSecretRef: 'ca', caCertSecretKey: 'ca.crt' },
      },
      { [crAnnotations.clientTlsSecret]: 'client' },
    ),
    remoteServer(
      ns,
      'legacy',
      {
        url: `https://${address}/sse`,
        protocol: 'SSE',
        headersFrom: [header('Authorization', 'linear-token')],
        tls: { caCertSecretRef: 'ca', caCertSecretKey: 'ca.crt' },
      },
      { [crAnnotations.clientTlsSecret]: 'client' },
    ),
    remoteServer(elsewhere, 'theirs', {
      url: `http://${address}/theirs`,
      headersFrom: [header('Authorization', 'their-token')],
      allowedNamespaces: { from: 'All' },
    }),
    kmcpServer(ns, 'test-mcp', 'kmcp-client'),
    ...['helper', 'late'].map((name) => agent(ns, name, tools)),
    agent(ns, 'boxed', [tool('legacy')], 'SandboxAgent'),
    agent(ns, 'abroad', [foreign]),
  );
  await kubectl.apply(config('helper'), config('late'), configOfLegacy('boxed'), configOfTheirs('abroad'));
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
}, 150_000);

afterAll(async () => {
  await kubectl.run(['delete', 'namespace', ns, elsewhere, '--wait=false']);
  await configured(kubectl, {});
}, 120_000);

describe('with kagent switched on, the pod of an agent', () => {
  it('calls its servers with headers and certificates it does not have', async () => {
    await kubectl.apply(await deploymentOf('helper'));
    await rolledOut('helper');
    const [linear, mine, others] = await said('deployment/helper', 3);
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
    const name = await podNamed('helper');
    const script = `
      const fs = require('node:fs');
      const files = fs.readdirSync('/config').map((file) => fs.readFileSync('/config/' + file, 'utf8'));
      console.log(JSON.stringify({ names: fs.readdirSync('/config'), text: files.join(), env: process.env }));`;
    const seen = await kubectl.exec(ns, name, 'kagent', 'node', '-e', script);
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
      ['boxed', 'helper', 'late', 'linear-token'].map((name) => `/registry/secrets/${ns}/${name}`),
    );
  }, 60_000);

  it('uses a rotated Secret without a restart, though kagent does not write it anew', async () => {
    await kubectl.apply(secret(ns, 'linear-token', { key: values.rotated }));
    const name = await podNamed('helper');
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
    const schedulingGates = [{ name: 'example.com/wait' }];
    await kubectl.apply(await deploymentOf('late', { schedulingGates }));
    const name = await until('its pod', 60, async () => (await podNamed('late')) || undefined);
    // Admitted with one configuration; no node has it yet when kagent writes another.
    await kubectl.apply(config('late', `http://${address}/changed`));
    const open = '[{"op":"remove","path":"/spec/schedulingGates"}]';
    await kubectl.run(['patch', '-n', ns, name, '--type=json', '-p', open]);
    await rolledOut('late');
    const [changed] = await said('deployment/late', 3);
    expect(changed).toMatchObject({ path: '/changed', sent: ['Authorization', 'X-Extra', 'X-Tenant'] });
    const log = await kubectl.run(['logs', '-n', ns, 'deployment/late', '-c', 'sallyport-config']);
    expect(log).toBe(
      'sallyport config: config.json calls test-mcp through the proxy; copied without a change: http_tools[0].params.url (server linear) has changed since the pod was admitted\n',
    );
  }, 180_000);

  it('in a sandbox calls a server of the older transport with a header and a certificate it does not have', async () => {
    await kubectl.apply(sandbox(ns, await ownerOf('sandboxagents.kagent.dev/boxed')));
    const owner = await ownerOf('sandboxes.agents.x-k8s.io/boxed');
    await kubectl.apply(sandboxPod(ns, owner, { ca: 'ca' }));
    const [legacy] = await said('pod/boxed', 1);
    expect(legacy).toMatchObject({
      list: 'sse_tools',
      status: 200,
      // Its server named this with its own origin; there nobody would have added anything.
      path: '/messages?session=1',
      sent: [],
      credential: digest(values.linear),
      client: 'linear-client',
    });
  });

  it('that calls a server of another namespace leaves it as it came, and a person reads why', async () => {
    const left = `server theirs: its Secret their-token is in namespace ${elsewhere}, and a pod can only mount those of its own namespace`;
    await kubectl.apply(await deploymentOf('abroad'));
    await rolledOut('abroad');
    expect(await said('deployment/abroad', 1)).toMatchObject([{ sent: ['Authorization'] }]);
    const reasonOf = async (name: string) =>
      (await whyOf(kubectl, ns, await podNamed(name), switchedOn)).reason;
    expect(await reasonOf('abroad')).toBe(`Sallyport leaves it alone: kagent: ${left}`);
    expect(await reasonOf('helper')).toBe(`Sallyport leaves some of its servers alone: ${left}`);
    expect(await kubectl.run(['describe', '-n', ns, await podNamed('helper')])).toContain(
      'server theirs: its Secret',
    );
    const log = await kubectl.run(['logs', '-n', system, '-l', replicaLabel, '--tail=-1']);
    expect(log.split('\n').filter((line) => line.includes(`"left":"kagent: ${left}"`))).not.toEqual([]);
  });

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
