import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { runConfigStep } from '../../src/config-step/run.ts';
import { configStepDirs, configStepEnv } from '../../src/core/contracts/config-step-contract.ts';
import { containersOf, fieldsAt, listAt, type Fields } from '../../src/core/k8s/objects.ts';
import {
  newestProxy,
  newestProxyPod,
  newestRunconfig,
  newestRunconfigMap,
  newestVmcpConfig,
  newestVmcpConfigMap,
  newestVmcpPod,
} from '../core/operators/toolhive-newest-world.ts';
import {
  configMap,
  entry,
  fromSecret,
  on,
  proxyWorld,
  remoteProxy,
  upstream,
  vmcpWorld,
} from '../core/operators/toolhive-world.ts';
import { rewritten, webhookWith, world } from '../support/toolhive.ts';
import { reviewOf, tempFolder } from '../support/webhook.ts';

/** What the operator of ToolHive v0.63.0 makes, sent through the webhook; then the step in the pod, on its files. */
const newestWorld = world(proxyWorld, newestProxy, newestRunconfigMap);

const authority = await createAuthority('upstream-ca');
const newestVmcpWorld = world(
  vmcpWorld,
  newestVmcpConfigMap,
  entry('entry1', { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } }),
  configMap('ca', { 'ca.crt': authority.certificate }),
);

/** What the program reads, when the step has run on the operator's files. */
function filesInPod(stepText: string, data: unknown): Record<string, string> {
  const root = tempFolder();
  const [from, to] = [path.join(root, configStepDirs.from), path.join(root, configStepDirs.to)];
  for (const folder of [from, to]) mkdirSync(folder, { recursive: true });
  const files = Object.entries(data as Record<string, string>);
  for (const [name, text] of files) writeFileSync(path.join(from, name), text);
  let problem = '';
  const code = runConfigStep({
    env: { SALLYPORT_ROOT: root, [configStepEnv]: stepText },
    stdout: () => undefined,
    stderr: (text) => void (problem += text),
  });
  expect({ code, problem }).toEqual({ code: 0, problem: '' });
  return Object.fromEntries(files.map(([name]) => [name, readFileSync(path.join(to, name), 'utf8')]));
}

const variables = (pod: Fields, container: string): unknown[] =>
  containersOf(pod)
    .filter(({ name }) => name === container)
    .flatMap(({ fields }) => listAt(fields, 'env').map(({ name }) => name));

describe('the pod of an MCPRemoteProxy of ToolHive 0.63', () => {
  it('reads a runconfig.json that differs in the URL and the headers of Secrets, and in no other byte', async () => {
    const { proxy, stepText } = await rewritten(newestProxyPod(), newestWorld);
    const files = filesInPod(stepText(), newestRunconfigMap.data);
    const local = `http://127.0.0.1:${proxy().servers[0]?.port}/mcp/?team=a`;
    expect(files['runconfig.json']).toBe(
      newestRunconfig
        .replace(`"remote_url": "${upstream}"`, `"remote_url": "${local}"`)
        .replace(/,\n {4}"add_headers_from_secret": \{[^}]*\}/, ''),
    );
  });

  it('keeps its Secrets of Redis, of its TLS listener and of issuers, in variables and in files', async () => {
    const pod = newestProxyPod();
    const { stored, named } = await rewritten(pod, newestWorld);
    expect(variables(stored, 'toolhive')).toEqual(
      variables(pod, 'toolhive').filter(
        (name) => name !== 'TOOLHIVE_SECRET_HEADER_FORWARD_AUTHORIZATION_GITHUB',
      ),
    );
    const [before] = containersOf(pod);
    expect(listAt(named('toolhive'), 'volumeMounts').slice(1)).toEqual(
      listAt(before?.fields, 'volumeMounts').slice(1),
    );
    const volumes = listAt(fieldsAt(stored, 'spec'), 'volumes');
    expect(volumes).toEqual(expect.arrayContaining(listAt(fieldsAt(pod, 'spec'), 'volumes')));
    expect(fieldsAt(fieldsAt(stored, 'metadata'), 'annotations')).toMatchObject(
      fieldsAt(fieldsAt(pod, 'metadata'), 'annotations'),
    );
  });

  it('shares neither port 8443, which its TLS listener takes undeclared, nor its own', async () => {
    const narrow = { inject: { ...on.inject, ports: [8442, 8444] } };
    const { proxy } = await rewritten(newestProxyPod(), newestWorld, narrow);
    expect(new Set([proxy().admin, proxy().servers[0]?.port])).toEqual(new Set([8442, 8444]));
  });

  it('calls the same local port in each replica and after a change, because its sessions in Redis store the address', async () => {
    const one = await rewritten(newestProxyPod(), newestWorld);
    const changed = newestRunconfig.replace('"45s"', '"50s"');
    const other = await rewritten(
      newestProxyPod({ annotations: { 'toolhive.stacklok.dev/runconfig-checksum': 'b0b0' } }),
      world(newestWorld, configMap('github-runconfig', { 'runconfig.json': changed })),
    );
    expect(other.proxy().servers[0]?.port).toBe(one.proxy().servers[0]?.port);
  });

  it('is left exactly as it came when a key that is read has another form', async () => {
    const other = newestRunconfig.replace(`"remote_url": "${upstream}"`, `"remote_url": ["${upstream}"]`);
    const objects = world(newestWorld, configMap('github-runconfig', { 'runconfig.json': other }));
    const { rewrite } = await webhookWith(objects);
    const answer = await rewrite(reviewOf(newestProxyPod()));
    expect(answer.patch).toBeUndefined();
    expect(answer.auditAnnotations?.['left-alone']).toMatch(/remote_url in runconfig\.json differs/);
  });
});

describe('the pod of a static VirtualMCPServer of ToolHive 0.63', () => {
  it('reads a config.yaml that differs in the URL and the CA file of its entry, and in no other byte', async () => {
    const { proxy, stepText } = await rewritten(newestVmcpPod(), newestVmcpWorld);
    const files = filesInPod(stepText(), newestVmcpConfigMap.data);
    const [server] = proxy().servers;
    const local = `http://127.0.0.1:${server?.port}/mcp/?team=a`;
    expect(files).toEqual({
      'config.yaml': newestVmcpConfig
        .replace(`      url: ${upstream}`, `      url: "${local}"`)
        .replace(/ +caBundlePath: .*\n/, ''),
      'authserver-config.yaml': newestVmcpConfigMap.data['authserver-config.yaml'],
    });
    expect(server?.tls?.ca).toBe('+/ca.crt');
  });

  it('keeps the Secrets of Redis and of auth configurations that its workloads refer to', async () => {
    const { stored } = await rewritten(newestVmcpPod(), newestVmcpWorld);
    expect(variables(stored, 'vmcp')).toEqual([
      'VMCP_NAME',
      'VMCP_NAMESPACE',
      'TOOLHIVE_SECRET_LOCAL_AUTH',
      'THV_SESSION_REDIS_PASSWORD',
      'TOOLHIVE_SECRETS_PROVIDER',
    ]);
  });
});

it('a header Close is rejected, because the runner of ToolHive does not start with it since 0.62', async () => {
  const { validate } = await webhookWith(proxyWorld);
  const spec = { headerForward: { addHeadersFromSecret: [fromSecret('Close')] } };
  const answer = await validate(reviewOf(remoteProxy(spec)));
  expect(answer.allowed).toBe(false);
  expect(answer.status?.message).toContain(
    '[MCP303] spec.headerForward.addHeadersFromSecret[0].headerName: header Close is reserved',
  );
});
