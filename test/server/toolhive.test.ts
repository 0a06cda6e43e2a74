import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { containersOf, fieldsAt, listAt, type Fields } from '../../src/core/k8s/objects.ts';
import { defaultProxyImage } from '../../src/core/version.ts';
import {
  backend,
  configMap,
  deployment,
  entry,
  fromSecret,
  manifestVariable,
  on,
  provider,
  proxyEnv,
  proxyPod,
  proxyWorld,
  remoteProxy,
  runconfig,
  secret,
  secretVariable,
  serviceBackend,
  upstream,
  virtualServer,
  vmcpConfig,
  vmcpEnv,
  vmcpPod,
  vmcpWorld,
} from '../core/operators/toolhive-world.ts';
import { beyondClosedList } from '../support/closed-list.ts';
import { rewritten, webhookWith, world } from '../support/toolhive.ts';
import { reviewOf } from '../support/webhook.ts';

const authority = await createAuthority('upstream-ca');
const client = await authority.issue({ commonName: 'proxy', names: [], usage: 'client' });

const allowed = { uid: 'd9b1c9b0-0000-4000-8000-000000000001', allowed: true };

describe('the pod of an MCPRemoteProxy', () => {
  it('calls the proxy with the same path and query, and the proxy adds the header', async () => {
    const { proxy, step } = await rewritten(proxyPod());
    const [server] = proxy().servers;
    expect(server).toMatchObject({
      name: 'github',
      ref: 'mcpremoteproxy.toolhive.stacklok.dev/github',
      upstream,
      headers: [{ name: 'Authorization', file: '+/h0', conflict: 'override' }],
      sources: { '+/h0': 'secret/gh-token/token' },
    });
    const local = `http://127.0.0.1:${server?.port}/mcp/?team=a`;
    expect(step()).toMatchObject({ file: 'runconfig.json', format: 'json', onMismatch: 'exit' });
    expect(step().entries).toEqual([
      {
        server: 'github',
        seen: [
          { at: ['remote_url'], value: upstream },
          {
            at: ['header_forward', 'add_headers_from_secret'],
            value: { Authorization: 'HEADER_FORWARD_AUTHORIZATION_GITHUB' },
          },
        ],
        set: [{ at: ['remote_url'], value: local }],
        remove: [['header_forward', 'add_headers_from_secret']],
      },
    ]);
  });

  it('loses the variable of the Secret and nothing else of its environment', async () => {
    const { env, stored } = await rewritten(proxyPod());
    expect(env('toolhive')).toEqual([provider, { name: 'HOME', value: '/tmp' }, provider]);
    expect(JSON.stringify(stored)).not.toContain('canary');
  });

  it('reads the copy in memory that the step before the proxy wrote from its ConfigMap', async () => {
    const { stored, named } = await rewritten(
      proxyPod({ spec: { initContainers: [{ name: 'own', image: 'x' }] } }),
    );
    expect(containersOf(stored).map(({ name }) => name)).toEqual([
      'sallyport-config',
      'sallyport-proxy',
      'own',
      'toolhive',
    ]);
    const [mount] = listAt(named('toolhive'), 'volumeMounts');
    expect(mount).toMatchObject({ readOnly: true, mountPath: '/etc/runconfig' });
    const volume = listAt(fieldsAt(stored, 'spec'), 'volumes').find((one) => one['name'] === mount?.['name']);
    expect(volume).toMatchObject({ emptyDir: { medium: 'Memory', sizeLimit: '2Mi' } });
    const step = named('sallyport-config');
    expect(step).toMatchObject({
      image: defaultProxyImage,
      command: ['node', '/sallyport/config.mjs'],
      securityContext: named('sallyport-proxy')['securityContext'],
      resources: named('sallyport-proxy')['resources'],
    });
    expect(step['restartPolicy']).toBeUndefined();
    const mounted = listAt(step, 'volumeMounts').map((one) => [
      one['name'],
      one['mountPath'],
      one['readOnly'],
    ]);
    expect(mounted).toEqual([
      ['runconfig', '/var/run/sallyport/config/from', true],
      [mount?.['name'], '/var/run/sallyport/config/to', undefined],
      [expect.stringMatching(/^sallyport-no-token/), '/var/run/secrets/kubernetes.io/serviceaccount', true],
    ]);
  });

  it('keeps what its owner set in resourceOverrides, and gets the same bytes each time', async () => {
    const own = { name: 'LOG_LEVEL', value: 'debug' };
    const pod = proxyPod({ env: [...proxyEnv, own] });
    expect((await rewritten(pod)).env('toolhive')).toContainEqual(own);
    const { rewrite } = await webhookWith();
    expect(await rewrite(reviewOf(pod))).toEqual(await rewrite(reviewOf(pod)));
  });

  it('has a client certificate and a CA by annotations, which ToolHive has no field for', async () => {
    const annotations = { 'sallyport.dev/client-tls-secret': 'pair', 'sallyport.dev/ca-configmap': 'ca' };
    const { headerForward: _, ...spec } = fieldsAt(remoteProxy(), 'spec');
    const plain = { ...remoteProxy({}, { annotations }), spec };
    const { header_forward: __, ...config } = JSON.parse(
      (runconfig().data as { 'runconfig.json': string })['runconfig.json'],
    ) as Record<string, unknown>;
    const objects = world(
      proxyWorld,
      plain,
      configMap('github-runconfig', { 'runconfig.json': JSON.stringify(config) }),
      configMap('ca', { 'ca.crt': authority.certificate }),
      secret('pair', { 'tls.crt': client.certificate, 'tls.key': client.key }),
    );
    const { proxy, step } = await rewritten(proxyPod({ env: [provider] }), objects);
    expect(proxy().servers[0]).toMatchObject({
      headers: [],
      tls: { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', verify: true },
    });
    expect(step().entries[0]?.seen).toEqual([
      { at: ['remote_url'], value: upstream },
      { at: ['header_forward', 'add_headers_from_secret'] },
    ]);
  });

  it('leaves Authorization to the bearer token of an external auth, which ToolHive writes over it', async () => {
    const bearer = runconfig({ remote_auth_config: { bearer_token: 'other,target=bearer_token' } });
    const { proxy } = await rewritten(proxyPod(), world(proxyWorld, bearer));
    expect(proxy().servers[0]?.headers).toMatchObject([{ name: 'Authorization', conflict: 'keep' }]);
  });

  it('listens on no port that is its own, nor on the one of its metrics', async () => {
    const narrow = { inject: { ...on.inject, ports: [9463, 9466] } };
    const ports = [{ name: 'http', containerPort: 9463 }];
    const { proxy } = await rewritten(proxyPod({ container: { ports } }), proxyWorld, narrow);
    expect(new Set([proxy().admin, proxy().servers[0]?.port])).toEqual(new Set([9465, 9466]));
  });

  it('of the days when the field was called remoteURL is rewritten too', async () => {
    const { spec, ...rest } = remoteProxy();
    const { remoteUrl, ...others } = spec as Fields;
    const old = {
      ...rest,
      apiVersion: 'toolhive.stacklok.dev/v1alpha1',
      spec: { ...others, remoteURL: remoteUrl },
    };
    const { proxy } = await rewritten(proxyPod(), world(proxyWorld, old));
    expect(proxy().servers[0]?.upstream).toBe(upstream);
  });
});

describe('the pod of a VirtualMCPServer in static mode', () => {
  it('calls each MCPServerEntry through the proxy, and its other servers as before', async () => {
    const { proxy, step } = await rewritten(vmcpPod(), vmcpWorld);
    const [server] = proxy().servers;
    expect(server).toMatchObject({
      name: 'entry1',
      upstream,
      headers: [
        { name: 'X-Api-Key', file: '+/h0', conflict: 'keep' },
        { name: 'X-Tenant', value: 'acme', conflict: 'keep' },
      ],
    });
    expect(step()).toMatchObject({ file: 'config.yaml', format: 'yaml', onMismatch: 'exit' });
    expect(step().entries).toEqual([
      {
        server: 'entry1',
        seen: [
          { at: ['backends', 1, 'name'], value: 'entry1' },
          { at: ['backends', 1, 'url'], value: upstream },
        ],
        set: [{ at: ['backends', 1, 'url'], value: `http://127.0.0.1:${server?.port}/mcp/?team=a` }],
        remove: [['backends', 1, 'caBundlePath']],
      },
    ]);
  });

  it('loses both variables of each entry and keeps its own Secrets', async () => {
    const { env } = await rewritten(vmcpPod(), vmcpWorld);
    expect(env('vmcp').map(({ name }) => name)).toEqual([
      'VMCP_NAME',
      'VMCP_SESSION_HMAC_SECRET',
      'TOOLHIVE_SECRETS_PROVIDER',
    ]);
  });

  it('has a port for each entry, with the CA of its own, and leaves those without a credential', async () => {
    const ca = { configMapRef: { name: 'ca', key: 'ca.crt' } };
    const two = entry('two', {
      headerForward: undefined,
      caBundleRef: ca,
      remoteUrl: 'https://two.example.com/',
    });
    const open = entry('open', { headerForward: { addPlaintextHeaders: { 'X-Tenant': 'acme' } } });
    const backends = [
      backend('open'),
      backend('two', {
        url: 'https://two.example.com/',
        caBundlePath: '/etc/toolhive/ca-bundles/two/ca.crt',
      }),
      backend('entry1'),
    ];
    const openVariable = manifestVariable('OPEN', { addPlaintextHeaders: { 'X-Tenant': 'acme' } });
    const objects = world(
      vmcpWorld,
      vmcpConfig(backends),
      two,
      open,
      configMap('ca', { 'ca.crt': authority.certificate }),
    );
    const { proxy, step, env } = await rewritten(vmcpPod({ env: [openVariable, ...vmcpEnv] }), objects);
    expect(proxy().servers.map(({ name, tls }) => [name, tls?.ca])).toEqual([
      ['entry1', null],
      ['two', '+/ca.crt'],
    ]);
    expect(new Set(proxy().servers.map(({ port }) => port)).size).toBe(2);
    expect(step().entries.map(({ set }) => set[0]?.at)).toEqual([
      ['backends', 2, 'url'],
      ['backends', 1, 'url'],
    ]);
    expect(env('vmcp')).toContainEqual(openVariable);
  });

  it('has a User-Agent of its entry sent in place of the one that Go adds', async () => {
    const headers = { 'X-Tenant': 'acme', 'User-Agent': 'acme/1' };
    const named = entry('entry1', {
      headerForward: { addPlaintextHeaders: headers, addHeadersFromSecret: [fromSecret('X-Api-Key')] },
    });
    const [name, manifest, ...rest] = vmcpEnv;
    const both = manifestVariable('ENTRY1', {
      addPlaintextHeaders: headers,
      addHeadersFromSecret: { 'X-Api-Key': 'HEADER_FORWARD_X_API_KEY_ENTRY1' },
    });
    expect(manifest?.name).toBe(both.name);
    const { proxy } = await rewritten(vmcpPod({ env: [name ?? {}, both, ...rest] }), world(vmcpWorld, named));
    expect(proxy().servers[0]?.headers.map((one) => [one.name, one.conflict])).toEqual([
      ['X-Api-Key', 'keep'],
      ['User-Agent', 'override'],
      ['X-Tenant', 'keep'],
    ]);
  });

  it('is none of our business when none of its entries has a credential', async () => {
    const { rewrite } = await webhookWith(world(vmcpWorld, vmcpConfig([serviceBackend])));
    expect(await rewrite(reviewOf(vmcpPod({ env: [provider] })))).toEqual(allowed);
  });
});

describe('the pod of a VirtualMCPServer that discovers its backends', () => {
  const found = world(vmcpWorld, virtualServer({}));

  it('is left exactly as it came, and the reason says what to do', async () => {
    const { rewrite, logged } = await webhookWith(found);
    const answer = await rewrite(reviewOf(vmcpPod()));
    expect({ ...answer, auditAnnotations: undefined }).toEqual(allowed);
    expect(answer.auditAnnotations?.['left-alone']).toMatch(/outgoingAuth\.source: discovered/);
    expect(JSON.parse(logged.at(-1) ?? '{}')).toMatchObject({ audited: ['MCP511'] });
  });

  it('is none of our business without a credential of an entry', async () => {
    const { rewrite } = await webhookWith(found);
    expect(await rewrite(reviewOf(vmcpPod({ env: [provider] })))).toEqual(allowed);
  });
});

describe('what is not certain is left exactly as it came, with the reason in the audit log', () => {
  const other = (more: object) => world(proxyWorld, runconfig(more));
  const proxied = { name: 'HTTPS_PROXY', value: 'http://me:made-up@egress.example.com:3128' };
  const volumes = (volume: object) => ({ spec: { volumes: [{ name: 'runconfig', ...volume }] } });
  const mounts = (...volumeMounts: object[]) => ({ container: { volumeMounts } });
  const mount = { name: 'runconfig', readOnly: true, mountPath: '/etc/runconfig' };

  it.each<[string, readonly object[], Fields, RegExp]>([
    [
      'its ReplicaSet is not there',
      world(proxyWorld.filter((one) => one !== proxyWorld[2])),
      proxyPod(),
      /ReplicaSet/,
    ],
    [
      'its resource is another one of that name',
      world(proxyWorld, remoteProxy({}, { uid: 'another' })),
      proxyPod(),
      /MCPRemoteProxy github/,
    ],
    [
      'its ConfigMap is not there',
      proxyWorld.filter((one) => one !== proxyWorld[3]),
      proxyPod(),
      /ConfigMap github-runconfig/,
    ],
    [
      'its ConfigMap holds no JSON',
      world(proxyWorld, configMap('github-runconfig', { 'runconfig.json': '{' })),
      proxyPod(),
      /does not have the form that ToolHive writes/,
    ],
    [
      'its configuration calls another URL',
      other({ remote_url: 'https://other.example.com/' }),
      proxyPod(),
      /remote_url in runconfig\.json differs/,
    ],
    [
      'its configuration has no header',
      other({ header_forward: {} }),
      proxyPod(),
      /the headers in .+ differ from/,
    ],
    [
      'its configuration has one header more',
      other({
        header_forward: {
          add_headers_from_secret: {
            Authorization: 'HEADER_FORWARD_AUTHORIZATION_GITHUB',
            'X-B': 'HEADER_FORWARD_X_B_GITHUB',
          },
        },
      }),
      proxyPod(),
      /the headers in .+ differ from/,
    ],
    ['its variable is not there', proxyWorld, proxyPod({ env: [provider] }), /the headers in .+ differ from/],
    [
      'its variable is of another Secret',
      proxyWorld,
      proxyPod({ env: [secretVariable('AUTHORIZATION', 'GITHUB', 'other')] }),
      /the headers in .+ differ from/,
    ],
    [
      'its variable is set again in resourceOverrides',
      proxyWorld,
      proxyPod({
        env: [...proxyEnv, { name: 'TOOLHIVE_SECRET_HEADER_FORWARD_AUTHORIZATION_GITHUB', value: 'x' }],
      }),
      /the headers in .+ differ from/,
    ],
    [
      'it goes out through an HTTP proxy with a password',
      proxyWorld,
      proxyPod({ env: [...proxyEnv, proxied] }),
      /container toolhive uses an HTTP proxy that sallyport-proxy cannot use/,
    ],
    [
      'another volume is mounted',
      proxyWorld,
      proxyPod(volumes({ emptyDir: {} })),
      /does not mount a whole ConfigMap/,
    ],
    [
      'a part of its ConfigMap is mounted',
      proxyWorld,
      proxyPod(volumes({ configMap: { name: 'github-runconfig', items: [{ key: 'a', path: 'b' }] } })),
      /does not mount a whole ConfigMap/,
    ],
    [
      'one file of it is mounted',
      proxyWorld,
      proxyPod(mounts({ ...mount, subPath: 'x' })),
      /does not mount a whole ConfigMap/,
    ],
    [
      'something is mounted below it',
      proxyWorld,
      proxyPod(mounts(mount, { name: 'more', mountPath: '/etc/runconfig/more' })),
      /does not mount a whole ConfigMap/,
    ],
    ['it shares the network of the node', proxyWorld, proxyPod({ spec: { hostNetwork: true } }), /MCP503/],
    [
      'it runs on Windows nodes',
      proxyWorld,
      proxyPod({ spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } } }),
      /MCP503/,
    ],
    ['its Secret is not there', proxyWorld.filter((one) => one !== proxyWorld[4]), proxyPod(), /MCP201/],
    [
      'an entry is not there',
      vmcpWorld.filter((one) => one !== vmcpWorld[3]),
      vmcpPod(),
      /MCPServerEntry entry1/,
    ],
    [
      'an entry has another URL',
      world(vmcpWorld, entry('entry1', { remoteUrl: 'https://x.example.com' })),
      vmcpPod(),
      /the url in config\.yaml differs/,
    ],
    [
      'an entry has another plain header',
      world(
        vmcpWorld,
        entry('entry1', {
          headerForward: {
            addPlaintextHeaders: { 'X-Tenant': 'b' },
            addHeadersFromSecret: [fromSecret('X-Api-Key')],
          },
        }),
      ),
      vmcpPod(),
      /the headers in .+ differ from/,
    ],
    [
      'an entry has a header of a Secret more',
      world(
        vmcpWorld,
        entry('entry1', {
          headerForward: {
            addPlaintextHeaders: { 'X-Tenant': 'acme' },
            addHeadersFromSecret: [fromSecret('X-Api-Key'), fromSecret('X-B')],
          },
        }),
      ),
      vmcpPod(),
      /the headers in .+ differ from/,
    ],
    [
      'its configuration is no YAML',
      world(vmcpWorld, configMap('v1-vmcp-config', { 'config.yaml': 'a: [' })),
      vmcpPod(),
      /does not have the form that ToolHive writes/,
    ],
  ])('%s', async (_what, objects, pod, reason) => {
    const { rewrite, logged } = await webhookWith(objects);
    const answer = await rewrite(reviewOf(pod));
    expect({ ...answer, auditAnnotations: undefined }).toEqual(allowed);
    expect(answer.auditAnnotations?.['left-alone']).toMatch(reason);
    expect(answer.auditAnnotations?.['left-alone']).toMatch(/^toolhive: /);
    expect(JSON.stringify([answer, logged])).not.toContain('canary');
  });

  it.each<[string, readonly object[], Fields]>([
    [
      'a pod of somebody else with the same labels',
      proxyWorld,
      proxyPod({ metadata: { ownerReferences: undefined } }),
    ],
    [
      'a pod of somebody else’s Deployment',
      world(proxyWorld, {
        ...deployment('github', 'MCPRemoteProxy'),
        metadata: { name: 'github-deployment', namespace: 'team-a', uid: 'uid-of-github-deployment' },
      }),
      proxyPod(),
    ],
    [
      'a proxy without a credential',
      world(proxyWorld, remoteProxy({ headerForward: { addPlaintextHeaders: { 'X-Tenant': 'acme' } } })),
      proxyPod(),
    ],
    [
      'an MCPServer, which others call',
      proxyWorld,
      proxyPod({ metadata: { labels: { toolhive: 'true', app: 'mcpserver' } } }),
    ],
    [
      'the proxy of a ToolHive MCPServer under a false label',
      world(proxyWorld, deployment('github', 'MCPServer')),
      proxyPod(),
    ],
    [
      'a server of kmcp',
      proxyWorld,
      proxyPod({
        metadata: {
          labels: { 'app.kubernetes.io/managed-by': 'kmcp', 'app.kubernetes.io/name': 'everything' },
        },
      }),
    ],
  ])('%s is none of our business', async (_what, objects, pod) => {
    const { rewrite } = await webhookWith(objects);
    expect(await rewrite(reviewOf(pod))).toEqual(allowed);
  });

  it('everything is, while the operator is switched off', async () => {
    const { rewrite } = await webhookWith(proxyWorld, {});
    expect(await rewrite(reviewOf(proxyPod()))).toEqual(allowed);
  });

  it('a pod that was rewritten is left as it is', async () => {
    const { stored } = await rewritten(proxyPod());
    const { rewrite } = await webhookWith();
    expect(await rewrite(reviewOf(stored))).toEqual(allowed);
  });
});

it.each([
  ['remove', '/spec/containers/0/env/0'],
  ['replace', '/spec/containers/0/env/1/value'],
  ['replace', '/spec/containers/0/image'],
  ['remove', '/spec/containers/0/volumeMounts/0'],
])('the closed list lets nobody %s %s', (op, path) => {
  expect(beyondClosedList(proxyPod(), [{ op, path }])).toEqual([`${op} ${path}`]);
});
