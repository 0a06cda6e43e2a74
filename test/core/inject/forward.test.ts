import { describe, expect, it } from 'vitest';
import { decodeProxyConfig, encodeProxyConfig } from '../../../src/core/contracts/proxy-contract.ts';
import { explainPlan } from '../../../src/core/inject/explain.ts';
import { containersOf, listAt, textAt, type Fields } from '../../../src/core/k8s/objects.ts';
import { injectInto, planned, podWith, refusals, remoteProxy, secret, stored } from './world.ts';

const objects = [
  remoteProxy('github', { Authorization: 'github-token/token' }),
  secret('github-token', 'token'),
];

const asking = (forward: string | undefined, container: object = {}): Fields =>
  podWith(
    { servers: 'mcpremoteproxy/github', ...(forward === undefined ? {} : { forward }) },
    { containers: [{ name: 'app', image: 'a', ...container }] },
  );

const envOf = (pod: Fields, name: string) =>
  listAt(containersOf(pod).find((one) => one.name === name)?.fields, 'env');

const configOf = (pod: Fields) => decodeProxyConfig(textAt(envOf(pod, 'sallyport-proxy')[0], 'value'));

const valueOf = (pod: Fields, variable: string) =>
  envOf(pod, 'app').findLast(({ name }) => name === variable)?.['value'];

describe('a pod that asks for a forward listener', () => {
  it.each(['pass', 'refuse'] as const)('gets one that does as it says: others=%s', async (others) => {
    const pod = await stored(asking(`others=${others}`), objects);
    const { forward } = configOf(pod);
    expect(forward?.others).toBe(others);
    const url = `http://127.0.0.1:${forward?.port}`;
    expect(envOf(pod, 'app').slice(-3)).toEqual([
      { name: 'SALLYPORT_FORWARD_URL', value: url },
      { name: 'HTTP_PROXY', value: url },
      { name: 'http_proxy', value: url },
    ]);
    expect(valueOf(pod, 'NO_PROXY')).toBeUndefined();
  });

  it('has its servers on the same ports as without', async () => {
    const [withIt, without] = [
      await stored(asking('others=pass'), objects),
      await stored(asking(undefined), objects),
    ];
    expect(configOf(withIt).servers).toEqual(configOf(without).servers);
    expect(configOf(withIt).admin).toBe(configOf(without).admin);
    expect(configOf(without).forward).toBeUndefined();
  });

  it('is told in words', async () => {
    const lines = explainPlan(planned(await injectInto(asking('others=refuse'), objects))).join('\n');
    expect(lines).toMatch(/listens on 127\.0\.0\.1 for github at 147\d\d, and for HTTP_PROXY at 147\d\d/);
    expect(lines).toMatch(/\+ container app: env HTTP_PROXY=http:\/\/127\.0\.0\.1:147\d\d/);
  });

  it('gets nothing more when it is looked at again', async () => {
    const once = await stored(asking('others=pass'), objects);
    expect(planned(await injectInto(once, objects)).edits).toEqual([]);
  });

  it('restored with the port of another time gets the one that holds now', async () => {
    const once = await stored(asking('others=pass'), objects);
    const port = String(configOf(once).forward?.port);
    const old = JSON.parse(
      JSON.stringify(once).replaceAll(`http://127.0.0.1:${port}`, 'http://127.0.0.1:1'),
    ) as Fields;
    const again = await stored(old, objects);
    expect(envOf(again, 'app')).toEqual(envOf(once, 'app'));
  });

  it.each<[string, object]>([
    ['of its own', { env: [{ name: 'HTTP_PROXY', value: 'http://corporate:3128' }] }],
    ['of its own in small letters', { env: [{ name: 'http_proxy', value: 'http://corporate:3128' }] }],
    ['for everything', { env: [{ name: 'ALL_PROXY', value: 'http://corporate:3128' }] }],
    ['perhaps from elsewhere', { envFrom: [{ configMapRef: { name: 'settings' } }] }],
  ])('and has an HTTP proxy %s keeps it, with a warning and the address to use', async (_, container) => {
    const pod = asking('others=pass', container);
    const injection = planned(await injectInto(pod, objects));
    expect(injection.warnings.map(({ code, fix }) => `${code} ${fix}`)).toContain(
      'MCP509 set HTTP_PROXY and http_proxy in the env of container app to $(SALLYPORT_FORWARD_URL)',
    );
    const after = await stored(pod, objects);
    expect(valueOf(after, 'SALLYPORT_FORWARD_URL')).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const own = listAt(container, 'env').map((entry) => textAt(entry, 'name'));
    for (const name of ['HTTP_PROXY', 'http_proxy'])
      expect(valueOf(after, name)).toBe(own.includes(name) ? 'http://corporate:3128' : undefined);
  });

  it('and names it itself keeps its own words, looked at once or twice', async () => {
    const env = [{ name: 'HTTP_PROXY', value: '$(SALLYPORT_FORWARD_URL)' }];
    const pod = asking('others=pass', { env, envFrom: [{ configMapRef: { name: 'settings' } }] });
    const injection = planned(await injectInto(pod, objects));
    expect(injection.warnings).toEqual([]);
    const once = await stored(pod, objects);
    expect(valueOf(once, 'HTTP_PROXY')).toBe('$(SALLYPORT_FORWARD_URL)');
    expect(planned(await injectInto(once, objects)).edits).toEqual([]);
  });

  it('keeps its proxy for https, which goes another way', async () => {
    const env = [{ name: 'HTTPS_PROXY', value: 'http://corporate:3128' }];
    const after = await stored(asking('others=pass', { env }), objects);
    expect(valueOf(after, 'HTTP_PROXY')).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(valueOf(after, 'HTTPS_PROXY')).toBe('http://corporate:3128');
  });

  it.each(['yes', '', 'others=drop', 'others=pass,refuse', 'other=pass'])(
    'in words nobody knows is refused: %j',
    async (forward) =>
      expect(refusals(await injectInto(asking(forward), objects))).toEqual([
        `MCP506: ${JSON.stringify(forward)} is not a valid value of sallyport.dev/forward`,
      ]),
  );

  it('for two servers at one address is refused, since nobody could tell them apart', async () => {
    const twin = remoteProxy('twin', {}, { remoteUrl: 'http://github.example.com/mcp' });
    const pod = podWith({ servers: 'mcpremoteproxy/github, mcpremoteproxy/twin', forward: 'others=pass' });
    expect(refusals(await injectInto(pod, [...objects, twin]))).toEqual([
      'MCP504: servers github and twin have the same host and path',
    ]);
  });

  it('has no port for it where the range is used up', async () => {
    const range = { inject: { ports: [14700, 14701] } };
    expect(planned(await injectInto(asking(undefined), objects, range)).kind).toBe('planned');
    expect(refusals(await injectInto(asking('others=pass'), objects, range))).toEqual([
      'MCP505: ports 14700 to 14701 do not suffice for this pod',
    ]);
  });
});

describe('the forward listener in the contract', () => {
  const config = { version: 1, admin: 14700, onMissing: 'wait', servers: [] } as const;
  const forward = { port: 14732, others: 'pass' } as const;

  it('is its last key, and none where there is no such listener', () => {
    expect(encodeProxyConfig({ ...config, forward })).toBe(
      '{"version":1,"admin":14700,"onMissing":"wait","servers":[],"forward":{"port":14732,"others":"pass"}}',
    );
    expect(encodeProxyConfig(config)).toBe('{"version":1,"admin":14700,"onMissing":"wait","servers":[]}');
    expect(decodeProxyConfig(encodeProxyConfig({ ...config, forward })).forward).toEqual(forward);
  });

  it.each<[object, string]>([
    [{ port: 14732 }, 'forward.others is missing'],
    [{ port: 0, others: 'pass' }, 'forward.port must be a port number'],
    [{ ...forward, others: 'drop' }, 'forward.others must be one of pass, refuse'],
    [{ ...forward, connect: true }, 'forward.connect is not a key of contract version 1'],
    [{ ...forward, port: 14700 }, 'forward.port 14700 is used twice'],
  ])('%j is one line: %s', (wrong, message) =>
    expect(() => decodeProxyConfig(JSON.stringify({ ...config, forward: wrong }))).toThrow(message),
  );
});
