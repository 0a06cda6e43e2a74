import { describe, expect, it } from 'vitest';
import { annotations, podAnnotations } from '../../src/core/annotations.ts';
import { configStepEnv, decodeConfigStep } from '../../src/core/contracts/config-step-contract.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { decodeProxyConfig, proxyEnv, type ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { rewriteFile } from '../../src/config-step/rewrite.ts';
import {
  agent,
  configOf,
  configSecret,
  deployment,
  entry,
  extra,
  fromSecret,
  kmcpServer,
  linear,
  linearToken,
  namespace,
  on,
  pod,
  remoteServer,
  replicaSet,
  sandbox,
  sandboxPod,
  secret,
  service,
  token,
  tool,
  world,
  type Entry,
} from '../core/operators/kagent-world.ts';
import { operationsOf, reviewOf, startWebhook } from '../support/webhook.ts';

const allowed = { uid: 'd9b1c9b0-0000-4000-8000-000000000001', allowed: true };

const webhookWith = (objects: readonly object[] = world, configuration: object = on) =>
  startWebhook({ objects: { 'cluster.yaml': objects }, configuration });

/** A cluster with this agent and these servers; `config` is what kagent wrote for it. */
const worldOf = (tools: readonly object[], config: string, others: readonly object[]): readonly object[] => [
  agent(tools),
  deployment(),
  replicaSet(),
  configSecret(config),
  ...others,
];

async function answerTo(objects: readonly object[] = world, object: Fields = pod()) {
  const { rewrite, logged } = await webhookWith(objects);
  const answer = await rewrite(reviewOf(object));
  const stored = applyPatch(object, answer.patch === undefined ? [] : operationsOf(answer));
  return { answer, logged, stored };
}

const envOf = (object: Fields, container: string, name: string) =>
  textAt(
    listAt(containersOf(object).find((one) => one.name === container)?.fields, 'env').find(
      (one) => textAt(one, 'name') === name,
    ),
    'value',
  );

const proxyOf = (object: Fields): readonly ProxyServer[] =>
  decodeProxyConfig(envOf(object, 'sallyport-proxy', proxyEnv.config)).servers;

/** What the step in the pod makes of the agent's configuration, which may be another one by then. */
const stepOn = (object: Fields, config: string) =>
  rewriteFile(config, decodeConfigStep(envOf(object, 'sallyport-config', configStepEnv)));

interface Config {
  readonly http_tools?: readonly Entry[];
  readonly sse_tools?: readonly Entry[];
}

/** The pod as it is stored, and the configuration its agent reads. */
async function rewritten(objects: readonly object[] = world, config = configOf(), object: Fields = pod()) {
  const { answer, stored } = await answerTo(objects, object);
  if (answer.patch === undefined) throw new Error(`not rewritten: ${JSON.stringify(answer)}`);
  const { text } = stepOn(stored, config);
  return { answer, stored, text, config: JSON.parse(text) as Config };
}

const reasonOf = async (objects: readonly object[], object: Fields = pod()) => {
  const { answer, logged, stored } = await answerTo(objects, object);
  expect(stored).toEqual(object);
  expect(JSON.stringify([answer, logged])).not.toMatch(/canary/);
  return answer.auditAnnotations?.['left-alone'] ?? '';
};

describe('a pod that kagent makes for an agent', () => {
  it('reads a copy of its configuration: the Secret’s header is gone, the URL is the proxy’s', async () => {
    const { stored, config } = await rewritten();
    expect(config.http_tools?.[0]?.params).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:147\d\d\/mcp\?team=a$/) as unknown,
      headers: { 'X-Tenant': 'acme' },
      timeout: 5,
      terminate_on_close: true,
    });
    expect(JSON.stringify([stored, config])).not.toContain('canary');
    expect(containersOf(stored).map(({ name }) => name)).toEqual([
      'sallyport-config',
      'sallyport-proxy',
      'kagent',
    ]);
  });

  it('has the Secret with its configuration in the step alone', async () => {
    const { stored } = await rewritten();
    const mounting = containersOf(stored).filter(({ fields }) =>
      listAt(fields, 'volumeMounts').some((mount) => textAt(mount, 'name') === 'config'),
    );
    expect(mounting.map(({ name }) => name)).toEqual(['sallyport-config']);
    const own = containersOf(stored).find(({ name }) => name === 'kagent');
    const mount = listAt(own?.fields, 'volumeMounts').find((one) => one['mountPath'] === '/config');
    const volumes = listAt(fieldsAt(stored, 'spec'), 'volumes');
    const copy = volumes.find((one) => textAt(one, 'name') === textAt(mount, 'name'));
    expect(copy?.['emptyDir']).toMatchObject({ medium: 'Memory' });
  });

  it('keeps everything else of its configuration to the byte', async () => {
    const { text } = await rewritten();
    const expected = configOf([entry({ headers: { 'X-Tenant': 'acme' } })]);
    expect(text.replace(/http:\/\/127\.0\.0\.1:\d+/, 'https://linear.example.com')).toBe(expected);
  });

  it('gets its credential from the Secret of its server', async () => {
    const { stored } = await rewritten();
    expect(proxyOf(stored)).toMatchObject([
      {
        name: 'linear',
        ref: 'remotemcpserver.kagent.dev/linear',
        upstream: 'https://linear.example.com/mcp?team=a',
        headers: [{ name: 'Authorization', template: '{value}', conflict: 'override' }],
        sources: { '+/h0': 'secret/linear-token/key' },
      },
    ]);
  });

  it('is not touched while its operator is switched off, as it is after an install', async () => {
    const { rewrite } = await webhookWith(world, {});
    expect(await rewrite(reviewOf(pod()))).toEqual(allowed);
  });

  it('gets the same bytes each time, and nothing more the second time', async () => {
    const { rewrite } = await webhookWith();
    const first = await rewrite(reviewOf(pod()));
    expect(await rewrite(reviewOf(pod()))).toEqual(first);
    expect(await rewrite(reviewOf(applyPatch(pod(), operationsOf(first))))).toEqual(allowed);
  });

  const withRuntime = (runtime: string) => {
    const declarative = { modelConfig: 'mc', systemMessage: 'hi', runtime, tools: [tool('linear')] };
    return world.map((one) => (one === world[2] ? agent([], { declarative }) : one));
  };

  it('of the Python runtime goes out through its HTTP proxy, and reaches ours past it', async () => {
    const env = [{ name: 'HTTPS_PROXY', value: 'http://corporate:3128' }];
    const { stored } = await rewritten(withRuntime('python'), configOf(), pod({}, { env }));
    expect(envOf(stored, 'sallyport-proxy', 'HTTPS_PROXY')).toBe('http://corporate:3128');
    expect(envOf(stored, 'kagent', 'NO_PROXY')).toBe('127.0.0.1,localhost');
  });

  it('of the Go runtime heeds no variable that envFrom may bring', async () => {
    const envFrom = [{ secretRef: { name: 'settings' } }];
    const { stored } = await rewritten(withRuntime('go'), configOf(), pod({}, { envFrom }));
    expect(proxyOf(stored)).toHaveLength(1);
  });

  it('in a sandbox is found by its own owners', async () => {
    const objects = [
      linear,
      linearToken,
      agent([tool('linear')], {}, 'SandboxAgent'),
      sandbox(),
      configSecret(),
    ];
    const { stored } = await rewritten(objects, configOf(), sandboxPod());
    expect(proxyOf(stored)).toHaveLength(1);
  });
});

describe('a configuration with several servers', () => {
  const sse = remoteServer('legacy', {
    url: 'https://legacy.example.com/sse',
    protocol: 'SSE',
    headersFrom: [fromSecret('X-Api-Key', 'legacy-token')],
  });
  const legacyToken = secret('legacy-token', { key: extra });
  const sseEntry = entry({ url: 'https://legacy.example.com/sse', headers: { 'X-Api-Key': extra } });
  const second = remoteServer('second', { url: 'https://second.example.com/mcp' });
  const secondToken = secret('second-token', { key: extra });
  const secondEntry = (more: object = {}) =>
    entry({
      url: 'https://second.example.com/mcp',
      headers: { Authorization: extra, 'X-Tenant': 'acme' },
      ...more,
    });

  it('pairs them by their order in each of its two lists', async () => {
    const config = configOf([entry(), secondEntry()], [sseEntry]);
    const tools = [tool('linear'), tool('legacy'), { type: 'Agent', agent: { name: 'x' } }, tool('second')];
    const objects = worldOf(tools, config, [linear, linearToken, sse, legacyToken, second, secondToken]);
    const { stored, config: read } = await rewritten(objects, config);
    const byName = new Map(proxyOf(stored).map((server) => [server.name, server]));
    expect(byName.get('legacy')).toMatchObject({ transport: 'sse' });
    const port = (name: string) => byName.get(name)?.port;
    expect(read.http_tools?.map(({ params }) => params['url'])).toEqual([
      `http://127.0.0.1:${port('linear')}/mcp?team=a`,
      `http://127.0.0.1:${port('second')}/mcp`,
    ]);
    expect(read.sse_tools?.[0]?.params).toEqual({
      url: `http://127.0.0.1:${port('legacy')}/sse`,
      headers: {},
      timeout: 5,
      terminate_on_close: true,
    });
  });

  it('takes one server twice, each time with the headers that stand beside its tool', async () => {
    const tools = [tool('linear'), tool('linear', { headersFrom: [fromSecret('X-Extra', 'agent-extra')] })];
    const withExtra = entry({ headers: { Authorization: token, 'X-Extra': extra, 'X-Tenant': 'acme' } });
    const config = configOf([entry(), withExtra]);
    const objects = worldOf(tools, config, [linear, linearToken, secret('agent-extra', { key: extra })]);
    const { stored, config: read } = await rewritten(objects, config);
    expect(proxyOf(stored).map(({ name, headers }) => [name, headers.map((header) => header.name)])).toEqual([
      ['2-linear', ['Authorization', 'X-Extra']],
      ['linear', ['Authorization']],
    ]);
    expect(JSON.stringify(read)).not.toContain('canary');
    const volumes = listAt(fieldsAt(stored, 'spec'), 'volumes').map(({ name }) => name);
    expect(new Set(volumes).size).toBe(volumes.length);
  });

  it('rewrites those it is certain of, leaves the others as they came, and says why', async () => {
    const elsewhere = remoteServer('second', { url: 'https://second.example.com/mcp' }, {}, 'team-b');
    const theirs = secret('second-token', { key: extra }, 'team-b');
    const config = configOf([entry(), secondEntry()]);
    const tools = [tool('linear'), tool('second', {}, { namespace: 'team-b' })];
    const { answer, stored } = await answerTo(
      worldOf(tools, config, [linear, linearToken, elsewhere, theirs]),
    );
    expect(proxyOf(stored).map(({ name }) => name)).toEqual(['linear']);
    expect(answer.auditAnnotations?.['left-alone']).toMatch(
      /^kagent: server second: its Secret second-token is in namespace team-b, and a pod can only mount those of its own namespace$/,
    );
    // Where kubectl describe shows it, and sallyport why finds it.
    const status = annotations(stored).get(podAnnotations.status) ?? '';
    expect(JSON.parse(status)).toMatchObject({
      servers: [{ name: 'linear' }],
      left: [
        'server second: its Secret second-token is in namespace team-b, and a pod can only mount those of its own namespace',
      ],
    });
    const read = JSON.parse(stepOn(stored, config).text) as Config;
    expect(read.http_tools?.[1]).toEqual(secondEntry());
  });

  it('from another namespace with headers of the agent’s own is rewritten: those are here', async () => {
    const elsewhere = remoteServer(
      'second',
      { url: 'https://second.example.com/mcp', headersFrom: [{ name: 'X-Tenant', value: 'acme' }] },
      {},
      'team-b',
    );
    const tools = [
      tool('second', { headersFrom: [fromSecret('Authorization', 'agent-extra')] }, { namespace: 'team-b' }),
    ];
    const config = configOf([secondEntry()]);
    const { stored } = await rewritten(
      worldOf(tools, config, [elsewhere, secret('agent-extra', { key: extra })]),
      config,
    );
    expect(proxyOf(stored)[0]?.sources).toEqual({ '+/h0': 'secret/agent-extra/key' });
  });

  it('leaves a server without credentials as it is, and says nothing of it', async () => {
    const open = remoteServer('open', { url: 'https://open.example.com/mcp', headersFrom: [] });
    const config = configOf([entry(), entry({ url: 'https://open.example.com/mcp', headers: undefined })]);
    const { answer, stored } = await rewritten(
      worldOf([tool('linear'), tool('open')], config, [linear, linearToken, open]),
      config,
    );
    expect(proxyOf(stored)).toHaveLength(1);
    expect(answer.auditAnnotations).toBeUndefined();
  });
});

describe('headers beside a tool', () => {
  const own = (headersFrom: readonly object[]) => tool('linear', { headersFrom });
  const agentExtra = secret('agent-extra', { key: extra });
  const take = (headersFrom: readonly object[], headers: object) => {
    const config = configOf([entry({ headers })]);
    return rewritten(worldOf([own(headersFrom)], config, [linear, linearToken, agentExtra]), config);
  };

  it('win over the server’s of that name', async () => {
    const { stored } = await take([fromSecret('Authorization', 'agent-extra')], {
      Authorization: extra,
      'X-Tenant': 'acme',
    });
    expect(proxyOf(stored)[0]?.sources).toEqual({ '+/h0': 'secret/agent-extra/key' });
  });

  it('win in another spelling too, and both spellings go', async () => {
    const { stored, config } = await take([fromSecret('authorization', 'agent-extra')], {
      Authorization: token,
      authorization: extra,
      'X-Tenant': 'acme',
    });
    expect(proxyOf(stored)[0]?.sources).toEqual({ '+/h0': 'secret/agent-extra/key' });
    expect(config.http_tools?.[0]?.params['headers']).toEqual({ 'X-Tenant': 'acme' });
  });

  it('that are harmless and win over a Secret’s stay, and the Secret’s goes', async () => {
    const { stored, config } = await take(
      [{ name: 'x-tenant', value: 'other' }, fromSecret('X-Extra', 'agent-extra')],
      { Authorization: token, 'X-Extra': extra, 'X-Tenant': 'acme', 'x-tenant': 'other' },
    );
    expect(proxyOf(stored)[0]?.headers.map(({ name }) => name)).toEqual(['Authorization', 'X-Extra']);
    expect(config.http_tools?.[0]?.params['headers']).toEqual({ 'x-tenant': 'other' });
  });
});

describe('the two ways in which kagent changes a URL', () => {
  const gateway = entry({
    url: 'http://gateway.infra:8080/mcp',
    headers: { Authorization: token, 'X-Tenant': 'acme', 'x-kagent-host': 'linear.example.com' },
  });
  const gatewayWorld = worldOf([tool('linear')], configOf([gateway]), [linear, linearToken]);

  it('through a gateway: the proxy calls the gateway, and the agent goes on saying whom it means', async () => {
    const { stored, config } = await rewritten(gatewayWorld, configOf([gateway]));
    expect(proxyOf(stored)[0]).toMatchObject({ upstream: 'http://gateway.infra:8080/mcp', tls: null });
    expect(config.http_tools?.[0]?.params['headers']).toEqual({
      'X-Tenant': 'acme',
      'x-kagent-host': 'linear.example.com',
    });
  });

  it('through a gateway for somebody else by then is copied as it is', async () => {
    const { stored } = await answerTo(gatewayWorld);
    const other = configOf([
      entry({
        ...gateway.params,
        headers: { ...(gateway.params['headers'] as object), 'x-kagent-host': 'other' },
      }),
    ]);
    const { text, mismatches } = stepOn(stored, other);
    expect(text).toBe(other);
    expect(mismatches).toEqual([
      'http_tools[0].params.headers.x-kagent-host (server linear) has changed since the pod was admitted',
    ]);
  });

  it('as plain http to an egress proxy that speaks TLS: the proxy sends it there as kagent would', async () => {
    const plain = entry({ url: 'http://linear.example.com:443/mcp?team=a' });
    const config = configOf([plain]);
    const { stored } = await rewritten(worldOf([tool('linear')], config, [linear, linearToken]), config);
    expect(proxyOf(stored)[0]).toMatchObject({ upstream: 'http://linear.example.com:443/mcp?team=a' });
  });

  it.each<[string, Entry]>([
    ['a gateway', gateway],
    ['an egress proxy', entry({ url: 'http://linear.example.com:443/mcp?team=a' })],
  ])('do not go with a client certificate: through %s it is left as it came', async (through, changed) => {
    const certified = remoteServer('linear', {}, { 'sallyport.dev/client-tls-secret': 'pair' });
    const reason = await reasonOf(worldOf([tool('linear')], configOf([changed]), [certified, linearToken]));
    expect(reason).toContain(`it has a client certificate, and kagent sends its requests through ${through}`);
  });
});

describe('a server that kmcp runs', () => {
  const tools = [{ type: 'McpServer', mcpServer: { name: 'test-mcp', toolNames: ['a'] } }];
  const written = entry({ url: 'http://test-mcp.team-a:8443/mcp', headers: undefined });
  const config = configOf([written]);

  it('over TLS is called with its client certificate, where kagent writes http and another path', async () => {
    const pair = secret('test-pair', { 'tls.crt': 'x', 'tls.key': 'y' });
    const server = kmcpServer('test-mcp', { path: '/', tls: { secretRef: 'test-pair' } });
    const { rewrite } = await webhookWith(worldOf(tools, config, [server, pair]), {
      ...on,
      modes: { rules: { MCP401: 'warn' } },
    });
    const answer = await rewrite(reviewOf(pod()));
    const stored = applyPatch(pod(), operationsOf(answer));
    expect(proxyOf(stored)[0]).toMatchObject({
      ref: 'mcpserver.kagent.dev/test-mcp',
      upstream: 'https://test-mcp.team-a.svc:8443/',
      tls: { cert: '+/tls.crt', key: '+/tls.key' },
    });
    const read = JSON.parse(stepOn(stored, config).text) as Config;
    expect(read.http_tools?.[0]?.params['url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it('without TLS is called as kagent calls it, where the agent has headers for it', async () => {
    const withHeader = [{ ...tools[0], headersFrom: [fromSecret('Authorization', 'agent-extra')] }];
    const configured = configOf([
      entry({ url: 'http://test-mcp.team-a:8443/mcp', headers: { Authorization: extra } }),
    ]);
    const { stored } = await rewritten(
      worldOf(withHeader, configured, [kmcpServer('test-mcp'), secret('agent-extra', { key: extra })]),
      configured,
    );
    expect(proxyOf(stored)[0]).toMatchObject({ upstream: 'http://test-mcp.team-a:8443/mcp', tls: null });
  });

  it('without anything to protect is none of our business', async () => {
    const { answer } = await answerTo(worldOf(tools, config, [kmcpServer('test-mcp')]));
    expect(answer).toEqual(allowed);
  });
});

describe('a Service that is taken for a server', () => {
  const agentExtra = secret('agent-extra', { key: extra });
  const named = {
    type: 'McpServer',
    mcpServer: { kind: 'Service', name: 'plain', toolNames: ['a'] },
    headersFrom: [fromSecret('Authorization', 'agent-extra')],
  };

  it.each<[string, object, object[], object[] | undefined]>([
    ['', {}, [entry({ url: 'http://plain.team-a:3000/mcp', headers: { Authorization: extra } })], undefined],
    [
      ', with the legacy transport',
      { 'kagent.dev/mcp-service-protocol': 'SSE', 'kagent.dev/mcp-service-path': '/sse' },
      [],
      [entry({ url: 'http://plain.team-a:3000/sse', headers: { Authorization: extra } })],
    ],
  ])('is called with the agent’s own headers%s', async (_what, annotations, http, sse) => {
    const config = configOf(http, sse);
    const { stored, config: read } = await rewritten(
      worldOf([named], config, [service('plain', annotations), agentExtra]),
      config,
    );
    expect(proxyOf(stored)[0]).toMatchObject({ ref: 'service/plain', transport: sse ? 'sse' : 'http' });
    expect(JSON.stringify(read)).not.toContain('canary');
  });
});

describe('what the step finds changed', () => {
  it('is copied as it is, one entry at a time, with the place and no value', async () => {
    const { stored } = await answerTo();
    const other = configOf([entry({ url: 'https://elsewhere.example.com/mcp' })]);
    expect(stepOn(stored, other)).toEqual({
      text: other,
      done: [],
      mismatches: ['http_tools[0].params.url (server linear) has changed since the pod was admitted'],
    });
  });

  it('besides the URL makes no difference: a value of the same header goes too', async () => {
    const { stored } = await answerTo();
    const rotated = configOf([
      entry({
        headers: { Authorization: 'Bearer canary-of-tomorrow', 'X-Tenant': 'acme' },
        tls_ca_cert_path: '/etc/ssl/certs/custom/x/ca.crt',
        tls_insecure_skip_verify: false,
        tls_disable_system_cas: true,
      }),
    ]);
    const { text, done } = stepOn(stored, rotated);
    expect(done).toEqual(['linear']);
    expect(text).not.toMatch(/canary|tls_/);
  });
});

describe('what is not certain is left exactly as it came, with the reason in the audit log', () => {
  const without = (one: object) => world.filter((other) => other !== one);
  const [, , storedAgent] = world;

  it.each<[string, readonly object[], Fields, RegExp]>([
    [
      'its ReplicaSet is not there',
      world.slice(0, 4).concat(world.slice(5)),
      pod(),
      /ReplicaSet helper-7d4f/,
    ],
    ['its Deployment is not there', world.slice(0, 3).concat(world.slice(4)), pod(), /Deployment helper/],
    ['its agent is not there', without(storedAgent ?? {}), pod(), /Agent helper/],
    ['its server is not there', without(linear), pod(), /RemoteMCPServer team-a\/linear does not exist/],
    ['its configuration is not there', world.slice(0, 5), pod(), /Secret helper.*does not exist/],
    [
      'its configuration is no JSON',
      [...world.slice(0, 5), configSecret('{')],
      pod(),
      /not what kagent writes/,
    ],
    [
      'its configuration lists something else than servers',
      [...world.slice(0, 5), configSecret('{"http_tools":{"a":"canary"}}')],
      pod(),
      /not what kagent writes/,
    ],
    [
      'its configuration has another number of servers',
      [...world.slice(0, 5), configSecret(configOf([entry(), entry()]))],
      pod(),
      /names 1 servers, and http_tools of its configuration has 2/,
    ],
    [
      'the URL is another one than its server’s',
      [...world.slice(0, 5), configSecret(configOf([entry({ url: 'https://other.example.com/mcp' })]))],
      pod(),
      /server linear: its URL differs from the URL of its RemoteMCPServer/,
    ],
    [
      "a header is nobody's",
      [
        ...world.slice(0, 5),
        configSecret(
          configOf([entry({ headers: { Authorization: token, 'X-Tenant': 'a', 'X-New': extra } })]),
        ),
      ],
      pod(),
      /header X-New is neither in its RemoteMCPServer nor in the agent/,
    ],
    [
      'a header is not there yet',
      [...world.slice(0, 5), configSecret(configOf([entry({ headers: { 'X-Tenant': 'acme' } })]))],
      pod(),
      /header Authorization is not yet in the configuration of the agent/,
    ],
    [
      'its tool is of a kind nobody knows',
      worldOf([tool('linear', {}, { kind: 'Gateway', apiGroup: 'example.com' })], configOf(), []),
      pod(),
      /tool linear is a Gateway\.example\.com/,
    ],
    ['its Secret is not there', without(linearToken), pod(), /linear-token.*MCP201/],
    [
      'its server has an open finding',
      [
        remoteServer('linear', { headersFrom: [fromSecret('Host', 'linear-token')] }),
        ...world.slice(1, 5),
        configSecret(configOf([entry({ headers: { Host: token } })])),
      ],
      pod(),
      /MCP303/,
    ],
    [
      'its pod reads the configuration of another agent',
      world,
      pod({ volumes: [{ name: 'config', secret: { secretName: 'other' } }] }),
      /Secret other, which does not belong to agent helper/,
    ],
    [
      'another container reads the configuration too',
      world,
      pod({
        initContainers: [{ name: 'peek', image: 'p', volumeMounts: [{ name: 'config', mountPath: '/c' }] }],
      }),
      /container peek also mounts the configuration of the agent/,
    ],
    [
      'its agent goes through an HTTP proxy of its own',
      world,
      pod({}, { env: [{ name: 'HTTPS_PROXY', value: 'http://corporate:3128' }] }),
      /container kagent has the variable HTTPS_PROXY, which only kagent's Python runtime uses/,
    ],
    [
      'its agent may go through an HTTP proxy of its own',
      world,
      pod({}, { envFrom: [{ secretRef: { name: 'settings' } }] }),
      /may take an HTTP proxy from envFrom/,
    ],
    [
      'its Secret may not be sent where kagent sends it',
      [
        {
          ...linearToken,
          metadata: {
            ...linearToken.metadata,
            annotations: { 'sallyport.dev/upstreams': 'https://linear.example.com' },
          },
        },
        ...worldOf(
          [tool('linear')],
          configOf([
            entry({
              url: 'http://gateway.infra:8080/mcp',
              headers: { Authorization: token, 'X-Tenant': 'acme', 'x-kagent-host': 'linear.example.com' },
            }),
          ]),
          [linear],
        ),
      ],
      pod(),
      /MCP208/,
    ],
    [
      'a Secret beside its tool may not be sent to its server',
      [
        {
          ...secret('agent-extra', { key: extra }),
          metadata: {
            name: 'agent-extra',
            namespace,
            annotations: { 'sallyport.dev/upstreams': 'https://other.example.com' },
          },
        },
        ...worldOf(
          [tool('linear', { headersFrom: [fromSecret('X-Extra', 'agent-extra')] })],
          configOf([entry({ headers: { Authorization: token, 'X-Extra': extra, 'X-Tenant': 'acme' } })]),
          [linear, linearToken],
        ),
      ],
      pod(),
      /MCP208/,
    ],
    ['its pod shares the network of the node', world, pod({ hostNetwork: true }), /MCP503/],
  ])('%s', async (_what, objects, object, reason) => {
    expect(await reasonOf(objects, object)).toMatch(reason);
  });

  it.each<[string, readonly object[], Fields]>([
    ['a pod of somebody else with the same labels', world, pod({}, {}, { ownerReferences: [] })],
    [
      'an agent that runs a program of its own',
      [agent([], { type: 'BYO' }), deployment(), replicaSet(), configSecret('')],
      pod(),
    ],
    ['an agent without servers', worldOf([], configOf([]), []), pod()],
    ['a pod without a configuration', world, pod({ volumes: [] })],
  ])('%s is none of our business', async (_what, objects, object) => {
    const { answer } = await answerTo(objects, object);
    expect(answer).toEqual(allowed);
  });
});

it(`is done for the pods of ${namespace} as for any other namespace's, by the request's own`, async () => {
  const elsewhere = JSON.parse(JSON.stringify(world).replaceAll('"team-a"', '"team-c"')) as object[];
  const nameless = pod();
  const metadata = { ...fieldsAt(nameless, 'metadata'), namespace: undefined };
  const { rewrite } = await webhookWith(elsewhere);
  const review = reviewOf({ ...nameless, metadata });
  const answer = await rewrite({ ...review, request: { ...review.request, namespace: 'team-c' } });
  expect(answer.patch).toBeDefined();
});
