import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import { agentConfig, injectInto, planned, podWith, refusals, remoteProxy, secret, stored } from './world.ts';

const github = remoteProxy('github', { Authorization: 'github-token/token' });
const token = secret('github-token', 'token');
const loopback = '127.0.0.1,localhost';
type Entry = Readonly<Record<string, unknown>>;

const agent = (container: object, spec: object = {}): Fields =>
  podWith(
    { servers: 'mcpremoteproxy/github' },
    { containers: [{ name: 'app', image: 'a', ...container }], ...spec },
  );

/** What the app's container has in its env after ours, and what was said about it. */
async function appEnv(env: readonly Entry[], more: object = {}) {
  const pod = agent({ env, ...more });
  const after = (await stored(pod, [github, token])) as { spec: { containers: { env: Entry[] }[] } };
  const { warnings } = planned(await injectInto(pod, [github, token]));
  return {
    env: after.spec.containers[0]?.env.filter(({ name }) => !String(name).startsWith('SALLYPORT_')),
    warnings: warnings.map(({ code, at }) => `${code} ${String(at)}`),
  };
}

describe("an app's own HTTP proxy", () => {
  const proxy = { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' };

  it.each<[string, readonly Entry[], readonly Entry[]]>([
    ['is not there: nothing is added', [{ name: 'A', value: '1' }], []],
    ['is switched off: nothing is added', [{ name: 'HTTP_PROXY', value: '' }], []],
    [
      'stands alone: both spellings are added',
      [proxy],
      [
        { name: 'NO_PROXY', value: loopback },
        { name: 'no_proxy', value: loopback },
      ],
    ],
    [
      'has exemptions: they are extended, not replaced',
      [proxy, { name: 'NO_PROXY', value: '.svc,10.0.0.0/8' }],
      [{ name: 'NO_PROXY', value: `$(NO_PROXY),${loopback}` }],
    ],
    [
      'has exemptions in both spellings: both are extended',
      [{ name: 'no_proxy', value: '.svc' }, { name: 'NO_PROXY', value: '.svc' }, proxy],
      [
        { name: 'no_proxy', value: `$(no_proxy),${loopback}` },
        { name: 'NO_PROXY', value: `$(NO_PROXY),${loopback}` },
      ],
    ],
    [
      'has exemptions from elsewhere: they are extended too',
      [{ name: 'NO_PROXY', valueFrom: { configMapKeyRef: { name: 'proxy', key: 'none' } } }],
      [{ name: 'NO_PROXY', value: `$(NO_PROXY),${loopback}` }],
    ],
    [
      'exempts loopback already: nothing is added',
      [proxy, { name: 'NO_PROXY', value: `.svc,${loopback}` }],
      [],
    ],
  ])('%s', async (_, env, added) => {
    const after = await appEnv(env);
    expect(after.warnings).toEqual([]);
    expect(after.env?.filter((entry) => !env.some((one) => one === entry || isSame(one, entry)))).toEqual(
      added,
    );
    // Each addition stands behind what it extends, because kubelet expands what came before.
    for (const entry of added) {
      const same = after.env?.filter(({ name }) => name === entry['name']) ?? [];
      expect(same.at(-1)).toEqual(entry);
    }
    expect(after.env?.filter((entry) => env.some((one) => isSame(one, entry)))).toEqual(env);
  });

  it('may be exempted by something we cannot see: nothing is added, and its author is told', async () => {
    const { env, warnings } = await appEnv([proxy], { envFrom: [{ configMapRef: { name: 'proxy' } }] });
    expect(env).toEqual([proxy]);
    expect(warnings).toEqual(['MCP509 spec.containers[0].env']);
  });
});

describe('the way out of the cluster that an app has', () => {
  const https = { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' };
  const none = { name: 'NO_PROXY', value: '.svc' };

  /** The variables of the proxy, beside its own two, and again when the stored pod is reviewed once more. */
  async function ofProxy(env: readonly Entry[]) {
    const pod = podWith(
      { servers: 'mcpremoteproxy/github' },
      { containers: [{ name: 'app', image: 'example.com/agent:1', env }] },
    );
    const once = await stored(pod, [github, token]);
    expect(planned(await injectInto(once, [github, token])).edits).toEqual([]);
    const { initContainers } = once['spec'] as { initContainers: readonly { env: readonly Entry[] }[] };
    return initContainers[0]?.env.slice(2);
  }

  it.each<[string, readonly Entry[], readonly Entry[]]>([
    ["is the proxy's too", [none, https], [https, none]],
    ["is the proxy's too where nothing is exempted", [https], [https]],
    ['is none: neither has the proxy one', [{ name: 'A', value: '1' }], []],
    [
      'has a password: it is not written a second time',
      [{ name: 'HTTPS_PROXY', value: 'http://me:made-up@p:1' }],
      [],
    ],
    [
      'is made of another variable: it is not copied',
      [{ name: 'HTTPS_PROXY', value: 'http://$(HOST):1' }],
      [],
    ],
    [
      'comes from elsewhere: it is not copied',
      [{ name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'p', key: 'u' } } }],
      [],
    ],
  ])('%s', async (_, env, expected) => {
    expect(await ofProxy(env)).toEqual(expected);
  });
});

describe('a server with an http:// URL behind an HTTP proxy of the app', () => {
  const plain = remoteProxy(
    'github',
    { Authorization: 'github-token/token' },
    { remoteUrl: 'http://mcp.example.com:8080/mcp' },
  );
  const http = { name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' };
  const ask = (env: readonly Entry[], server: object = plain) =>
    injectInto(agent({ env }), [server as typeof plain, token], { modes: { rules: { MCP403: 'off' } } });

  it.each<[string, readonly Entry[]]>([
    ['in upper case', [http]],
    ['in lower case', [{ ...http, name: 'http_proxy' }]],
    ['with other exemptions', [http, { name: 'NO_PROXY', value: '.svc,10.0.0.0/8,example.com:443' }]],
  ])('is refused with MCP512 and names the fix: %s', async (_, env) => {
    const injection = await ask(env);
    if (injection.kind !== 'denied') throw new Error('not refused');
    expect(injection.findings.map(({ code, at, fix }) => [code, String(at), fix])).toEqual([
      [
        'MCP512',
        'spec.containers[0].env',
        'use an https:// URL for server github, or add mcp.example.com to NO_PROXY of container app',
      ],
    ]);
  });

  it('is refused whatever the modes say, because the proxy sends no such request', async () => {
    const settings = { modes: { ceiling: 'warn', rules: { MCP512: 'off' } } };
    expect(refusals(await injectInto(agent({ env: [http] }), [plain, token], settings))).toEqual([
      'MCP512: server github has an http:// URL and a credential, and container app sends its requests through HTTP_PROXY',
    ]);
  });

  it.each<[string, readonly Entry[], object]>([
    ['only https goes through a proxy', [{ ...http, name: 'HTTPS_PROXY' }], plain],
    ['NO_PROXY exempts it', [http, { name: 'NO_PROXY', value: 'mcp.example.com' }], plain],
    ['NO_PROXY exempts its domain', [http, { name: 'no_proxy', value: '.example.com' }], plain],
    ['its URL is https', [http], github],
    [
      'it carries no credential',
      [http],
      remoteProxy('github', {}, { remoteUrl: 'http://mcp.example.com/mcp' }),
    ],
  ])('is injected when %s', async (_, env, server) => {
    expect((await ask(env, server)).kind).toBe('planned');
  });
});

const isSame = (a: Entry, b: Entry) => JSON.stringify(a) === JSON.stringify(b);

describe('a Secret that the proxy gets', () => {
  const volumes = [{ name: 'token', secret: { secretName: 'github-token' } }];
  const projected = [{ name: 'token', projected: { sources: [{ secret: { name: 'github-token' } }] } }];
  const volumeMounts = [{ name: 'token', mountPath: '/token' }];

  it.each<[string, object, object]>([
    [
      'in a variable',
      { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'github-token', key: 'token' } } }] },
      {},
    ],
    ['in all variables', { envFrom: [{ secretRef: { name: 'github-token' } }] }, {}],
    ['in a volume', { volumeMounts }, { volumes }],
    ['in a projected volume', { volumeMounts }, { volumes: projected }],
  ])('is worth a warning when another container has it %s', async (_, container, spec) => {
    const { warnings } = planned(await injectInto(agent(container, spec), [github, token]));
    expect(warnings.map(({ code, what }) => `${code} ${what}`)).toEqual([
      'MCP508 container app reads Secret github-token, which the proxy uses',
    ]);
  });

  it.each<[string, object, object]>([
    [
      'a client certificate',
      { ...github.metadata, annotations: { 'sallyport.dev/client-tls-secret': 'github-client' } },
      secret('github-client', 'tls.crt', 'tls.key'),
    ],
    [
      'a CA',
      { ...github.metadata, annotations: { 'sallyport.dev/ca-secret': 'github-ca' } },
      secret('github-ca', 'ca.crt'),
    ],
  ])('as %s is worth a warning when another container mounts it', async (_, metadata, more) => {
    const { name } = (more as typeof token).metadata;
    const mounted = { volumes: [{ name: 'token', secret: { secretName: name } }] };
    const objects = [{ ...github, metadata } as typeof github, token, more as typeof token];
    const { warnings } = planned(await injectInto(agent({ volumeMounts }, mounted), objects));
    expect(warnings.map(({ code, what }) => `${code} ${what}`)).toContain(
      `MCP508 container app reads Secret ${name}, which the proxy uses`,
    );
  });

  it('with all headers of a server is worth a warning when another container mounts it', async () => {
    const headersFrom = { secretRef: { name: 'all-headers' } };
    const config = agentConfig('tools', [
      { name: 'github', type: 'http', url: 'https://github.example.com/mcp', headersFrom },
    ]);
    const pod = podWith(
      { servers: 'agentconfig/tools/github' },
      { containers: [{ name: 'app', image: 'a', envFrom: [{ secretRef: { name: 'all-headers' } }] }] },
    );
    const { warnings } = planned(await injectInto(pod, [config, secret('all-headers', 'X-Key')]));
    expect(warnings.map(({ code, what }) => `${code} ${what}`)).toEqual([
      'MCP508 container app reads Secret all-headers, which the proxy uses',
    ]);
  });

  it("is nobody else's in a volume that nobody mounts, nor is another Secret", async () => {
    const other = { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'other', key: 'token' } } }] };
    expect(planned(await injectInto(agent(other, { volumes }), [github, token])).warnings).toEqual([]);
  });

  it('refuses the pod where the platform says so', async () => {
    const pod = agent({ envFrom: [{ secretRef: { name: 'github-token' } }] });
    const enforced = { modes: { rules: { MCP508: 'enforce' } } };
    expect(refusals(await injectInto(pod, [github, token], enforced))).toEqual([
      'MCP508: container app reads Secret github-token, which the proxy uses',
    ]);
    const off = { modes: { rules: { MCP508: 'off' } } };
    expect(planned(await injectInto(pod, [github, token], off)).warnings).toEqual([]);
  });

  it('is not sent to an origin its owner did not list', async () => {
    const listed = (upstreams: string) => ({
      ...token,
      metadata: { ...token.metadata, annotations: { 'sallyport.dev/upstreams': upstreams } },
    });
    expect(
      refusals(await injectInto(agent({}), [github, listed('https://other.example.com')])).join(),
    ).toContain('MCP208: mcpremoteproxy/github has MCP208 at');
    expect(
      planned(await injectInto(agent({}), [github, listed('https://github.example.com')])).warnings,
    ).toEqual([]);
  });

  it('is worth a warning when it can never rotate', async () => {
    const { warnings } = planned(await injectInto(agent({}), [github, { ...token, immutable: true }]));
    expect(warnings.map(({ code }) => code)).toEqual(['MCP207']);
  });
});

describe('a gateway that asks who is calling', () => {
  const guarded = (spec: Readonly<Record<string, unknown>>, annotations: object = {}) => {
    const proxy = remoteProxy('github', { Authorization: 'github-token/token' }, spec);
    return { ...proxy, metadata: { ...proxy.metadata, annotations } };
  };

  it.each([
    ['oidcConfigRef', { oidcConfigRef: { name: 'login', audience: 'mcp' } }],
    ['oidcConfig', { oidcConfig: { type: 'inline', inline: { issuer: 'https://login.example.com' } } }],
    ['authServerRef', { authServerRef: { kind: 'MCPExternalAuthConfig', name: 'login' } }],
    ['authzConfig', { authzConfig: { type: 'inline', inline: { policies: [] } } }],
    ['authzConfigRef', { authzConfigRef: { name: 'rules' } }],
    ['toolConfigRef', { toolConfigRef: { name: 'few' } }],
  ])('by %s is not gone around', async (field, spec) => {
    const injection = await injectInto(agent({}), [guarded({ ...spec, proxyPort: 9000 }), token]);
    expect(refusals(injection)).toEqual([
      `MCP507: the gateway of mcpremoteproxy.toolhive.stacklok.dev/github authenticates its callers (spec.${field}), and this pod would call the upstream directly`,
    ]);
    const [finding] = injection.kind === 'denied' ? injection.findings : [];
    expect(finding?.fix).toContain('http://mcp-github-remote-proxy.team-a.svc:9000');
  });

  it('is gone around where its owner allows it, or the platform', async () => {
    const spec = { toolConfigRef: { name: 'few' } };
    const allowed = guarded(spec, { 'sallyport.dev/allow-direct': 'true' });
    expect(planned(await injectInto(agent({}), [allowed, token])).warnings).toEqual([]);
    const warn = { modes: { rules: { MCP507: 'warn' } } };
    const { warnings } = planned(await injectInto(agent({}), [guarded(spec), token], warn));
    expect(warnings.map(({ code }) => code)).toEqual(['MCP507']);
  });
});
