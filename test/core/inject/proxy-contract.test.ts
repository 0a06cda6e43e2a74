import { describe, expect, it } from 'vitest';
import { ContractError, maxConfigBytes } from '../../../src/core/contracts/contract-checks.ts';
import {
  decodeProxyConfig,
  encodeProxyConfig,
  type ProxyConfig,
} from '../../../src/core/contracts/proxy-contract.ts';

type Json = Record<string, unknown>;

const config: ProxyConfig = {
  version: 1,
  admin: 14700,
  onMissing: 'wait',
  servers: [
    {
      name: 'github',
      ref: 'mcpserverentry.toolhive.stacklok.dev/github',
      port: 14731,
      transport: 'http',
      upstream: 'https://api.example.com/mcp/?a=$(HOME)',
      dir: '/var/run/sallyport/servers/sallyport-github-0123456789ab',
      headers: [
        { name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict: 'override' },
        { name: 'X-Basic', basic: ['+/h1', '+/h2'], conflict: 'keep' },
        { name: 'X-Tenant-ID', value: '$(TENANT)', conflict: 'reject' },
      ],
      bundles: [{ dir: '.', conflict: 'override' }],
      tls: { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', roots: 'append', verify: true },
      sources: { '+/h0': 'secret/gh-token/token' },
    },
    {
      name: 'plain',
      ref: 'configmap/plain',
      port: 14732,
      transport: 'sse',
      upstream: 'http://plain.example.com/sse',
      dir: '/var/run/sallyport/servers/sallyport-plain-0123456789ab',
      headers: [],
      bundles: [],
      tls: null,
    },
  ],
};

function problemOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  try {
    decodeProxyConfig(text);
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

/** Every object of the configuration with its place as a message writes it. */
function objectsIn(value: unknown, at = ''): { at: string; fields: Json }[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => objectsIn(item, `${at}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    objectsIn(child, at === '' ? key : `${at}.${key}`),
  );
  return [{ at, fields: value as Json }, ...inner];
}

/** One copy of the configuration for each field of each object, with that field changed. */
function eachField(change: (fields: Json, key: string) => boolean) {
  return objectsIn(config)
    .filter(({ at }) => !at.endsWith('.sources'))
    .flatMap(({ at, fields }, index) =>
      Object.keys(fields).flatMap((key) => {
        const copy = structuredClone(config);
        const target = objectsIn(copy).filter((one) => !one.at.endsWith('.sources'))[index];
        if (!target || !change(target.fields, key)) return [];
        return [{ place: at === '' ? key : `${at}.${key}`, copy }];
      }),
    );
}

describe('what the injector writes', () => {
  it('is read back as it was', () => {
    expect(decodeProxyConfig(encodeProxyConfig(config))).toEqual(config);
  });

  it('is one line in the order of the contract, with no dollar that kubelet could expand', () => {
    const shuffled = {
      ...config,
      servers: config.servers.map((server) => Object.fromEntries(Object.entries(server).toReversed())),
    };
    const text = encodeProxyConfig(shuffled as unknown as ProxyConfig);
    expect(text).toBe(encodeProxyConfig(config));
    expect(text).not.toMatch(/[\n$]/);
    expect(text.replaceAll(String.raw`\u0024`, '$')).toBe(JSON.stringify(config));
  });

  it('gives a file header the template that changes nothing when it has none', () => {
    const [server] = structuredClone(config.servers);
    if (!server) throw new Error('no server');
    const text = encodeProxyConfig({
      ...config,
      servers: [{ ...server, headers: [{ name: 'A', file: '+/h0', conflict: 'keep' }] }],
    });
    expect(decodeProxyConfig(text).servers[0]?.headers).toEqual([
      { name: 'A', file: '+/h0', template: '{value}', conflict: 'keep' },
    ]);
  });
});

describe('a configuration the proxy does not know is one line that names the place', () => {
  const optional = /\.(sources|template)$/;
  const removed = eachField((fields, key) => delete fields[key]).filter(({ place }) => !optional.test(place));
  it.each(removed.map(({ place, copy }) => [place, copy] as const))('without %s', (place, copy) => {
    const message = problemOf(copy);
    const header = /^(servers\[\d\]\.headers\[\d\])\.(file|basic|value)$/.exec(place);
    if (place === 'version')
      expect(message).toBe('version missing is not known to this proxy (it reads version 1)');
    else if (header)
      expect(message).toMatch(
        new RegExp(
          `^${(header[1] ?? '').replaceAll(/[[\]]/g, '\\$&')}( must have exactly one|\\.template needs file)`,
        ),
      );
    else expect(message).toBe(`${place} is missing`);
  });

  it.each(
    objectsIn(config)
      .filter(({ at }) => !at.endsWith('.sources'))
      .map(({ at }, i) => [at === '' ? 'the top' : at, at, i] as const),
  )('with an unknown key at %s', (_what, at, i) => {
    const copy = structuredClone(config);
    const target = objectsIn(copy).filter((one) => !one.at.endsWith('.sources'))[i];
    if (target) target.fields['secretValue'] = 'hunter2-hunter2';
    expect(problemOf(copy)).toBe(
      `${at === '' ? '' : `${at}.`}secretValue is not a key of contract version 1`,
    );
  });

  const wrong = [{ a: 'hunter2-hunter2' }, 70_000.5, '', ['hunter2-hunter2'], [7]].flatMap((by, i) =>
    eachField((fields, key) => {
      fields[key] = by;
      return true;
    }).map(({ place, copy }) => [place, i, copy] as const),
  );
  it.each(wrong.filter(([place, i]) => i > 0 || place !== 'servers[0].sources'))(
    'with %s of a wrong type (%i)',
    (place, _i, copy) => {
      const message = problemOf(copy);
      expect(message).toContain(place === 'version' ? 'version ' : place);
      expect(message).not.toMatch(/\n|hunter2/);
    },
  );

  it.each([
    ['{', 'the configuration is not JSON'],
    ['', 'the configuration is not JSON'],
    ['7', 'the configuration must be an object'],
    ['null', 'the configuration must be an object'],
    ['"x"', 'the configuration must be an object'],
    [JSON.stringify({ ...config, version: 2 }), 'version 2 is not known to this proxy (it reads version 1)'],
    [
      JSON.stringify({ ...config, version: '1' }),
      'version missing is not known to this proxy (it reads version 1)',
    ],
  ])('text %j: %s', (text, message) => {
    expect(problemOf(text)).toBe(message);
  });
});

describe('rules between fields', () => {
  const withServer = (change: Json, i = 0) => ({
    ...config,
    servers: config.servers.map((server, at) => (at === i ? { ...server, ...change } : server)),
  });
  const tls = { cert: null, key: null, ca: null, roots: 'append', verify: true };
  const header = (fields: Json) => withServer({ headers: [{ name: 'A', conflict: 'override', ...fields }] });
  it.each<[string, unknown, string]>([
    [
      'a certificate without its key',
      withServer({ tls: { ...tls, cert: '+/tls.crt' } }),
      'servers[0].tls needs both cert and key, or neither',
    ],
    [
      'a key without its certificate',
      withServer({ tls: { ...tls, key: '+/tls.key' } }),
      'servers[0].tls needs both cert and key, or neither',
    ],
    ['TLS towards plain http', withServer({ tls }, 1), 'servers[1].tls needs an https upstream'],
    ['a name of two servers', withServer({ name: 'github' }, 1), 'servers[1].name github is used twice'],
    ['a port of two servers', withServer({ port: 14731 }, 1), 'servers[1].port 14731 is used twice'],
    ['the port of the admin listener', withServer({ port: 14700 }), 'servers[0].port 14700 is used twice'],
    [
      'a header twice, ignoring case',
      withServer({ headers: ['X-A', 'x-a'].map((name) => ({ name, value: 'v', conflict: 'keep' })) }),
      'servers[0].headers: x-a is set twice',
    ],
    [
      'a header from two places',
      header({ file: '+/h0', template: '{value}', value: 'v' }),
      'servers[0].headers[0] must have exactly one of file, basic, value',
    ],
    [
      'a template without its file',
      header({ value: 'v', template: '{value}' }),
      'servers[0].headers[0].template needs file',
    ],
    [
      'a template without a place for the value',
      header({ file: '+/h0', template: 'Bearer' }),
      'servers[0].headers[0].template must contain {value}',
    ],
    [
      'a file outside its folder',
      header({ file: '../other/+/h0', template: '{value}' }),
      "servers[0].headers[0].file must stay below the server's folder",
    ],
    [
      'an absolute file',
      header({ file: '/etc/passwd', template: '{value}' }),
      "servers[0].headers[0].file must stay below the server's folder",
    ],
    [
      'a folder that climbs',
      withServer({ dir: '/var/run/../../etc' }),
      'servers[0].dir must be an absolute path',
    ],
    [
      'a bundle outside its folder',
      withServer({ bundles: [{ dir: '..', conflict: 'keep' }] }),
      "servers[0].bundles[0].dir must stay below the server's folder",
    ],
    [
      'one basic file',
      header({ basic: ['+/h0'] }),
      'servers[0].headers[0].basic must be a list of two files',
    ],
    [
      'userinfo',
      withServer({ upstream: 'https://u:hunter2@example.com/' }),
      'servers[0].upstream must not contain a user or password',
    ],
    [
      'a fragment',
      withServer({ upstream: 'https://example.com/#x' }),
      'servers[0].upstream must not have a fragment',
    ],
    [
      'another scheme',
      withServer({ upstream: 'ftp://example.com/' }),
      'servers[0].upstream must begin with http:// or https://',
    ],
  ])('%s is refused', (_what, value, message) => {
    expect(problemOf(value)).toBe(message);
  });

  it('a configuration of exactly the cap is read, one byte more is not', () => {
    const text = encodeProxyConfig(config);
    const pad = (bytes: number) => text + ' '.repeat(bytes - Buffer.byteLength(text));
    expect(decodeProxyConfig(pad(maxConfigBytes))).toEqual(config);
    expect(problemOf(pad(maxConfigBytes + 1))).toBe('the configuration is over 65536 bytes');
    expect(problemOf(`"${'ü'.repeat(maxConfigBytes / 2)}"`)).toBe('the configuration is over 65536 bytes');
  });
});
