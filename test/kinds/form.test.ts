import { describe, expect, it } from 'vitest';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKind } from '../../src/core/kinds/reader.ts';
import { codesOf, summary } from './reading.ts';

/** What the form can say, each word on a kind of its own. */
const described = (servers: unknown) =>
  compileKind(
    kindDescription.parse({
      family: 'ours',
      group: 'tools.example.com',
      kind: 'Toolbox',
      plural: 'toolboxes',
      versions: ['v3', 'v2', 'v1'],
      servers,
    }),
  );
const read = (servers: unknown, spec: object, version = 'v3') =>
  described(servers).read(
    { metadata: { name: 'one' }, spec },
    { group: 'tools.example.com', version, kind: 'Toolbox', namespace: 'team', name: 'one' },
  );
const endpoint = (fields: object) => ({ role: 'endpoint', name: '$.metadata.name', ...fields });

describe('a URL that may lack its scheme', () => {
  const url = { address: '$.spec.host', scheme: 'https', insecureWhen: '$.spec.plain' };
  it.each([
    ['a host and a port', { host: 'a.example:4318' }, 'https://a.example:4318'],
    ['a host alone', { host: 'a.example' }, 'https://a.example'],
    ['a URL', { host: 'http://a.example' }, 'http://a.example'],
    ['another scheme', { host: 'grpc://a.example' }, 'grpc://a.example'],
    ['the switch for plain http', { host: 'a.example', plain: true }, 'http://a.example'],
    ['the switch, and a scheme', { host: 'https://a.example', plain: true }, 'http://a.example'],
    ['the switch, off', { host: 'a.example', plain: false }, 'https://a.example'],
    ['nothing', {}, undefined],
    ['an empty text', { host: '' }, undefined],
  ])('is read from %s', (_, spec, expected) => {
    const { servers, mismatches } = read(endpoint({ url }), spec);
    expect(servers.map((server) => summary(server).url)).toEqual([expected]);
    expect(mismatches).toEqual([]);
  });
});

describe('a URL with parts that are filled in later', () => {
  const codes = (url: string) => codesOf(read(endpoint({ url: { template: '$.spec.url' } }), { url }));
  it.each([
    'https://a.example/items/{{.Number}}',
    'https://a.example/items/{{ .Number }}?view={{ .Kind }}',
    'https://{{ .Host }}/items',
    'https://{{ .Host }}.example:8443/items',
    'https://a.example/?token={{ .Token }}',
    'https://a.example/{{ index .Labels "a" }}#{{.B}}',
    '{{ .Link }}',
    '{{ .Scheme }}://a.example',
  ])('has no finding for %s', (url) => {
    expect(codes(url)).toEqual([]);
  });
  it.each([
    ['https://a.example/{{ .Number }}?token=made-up', 'MCP102 spec.url'],
    ['https://169.254.169.254/{{ .Number }}', 'MCP405 spec.url'],
    ['//{{ .Host }}/items', 'MCP404 spec.url'],
    ['https://a.example/a b/{{ .Number }}', 'MCP404 spec.url'],
  ])('is judged around them: %s', (url, code) => {
    expect(codes(url)).toEqual([code]);
  });
});

describe('a name that may hold a namespace', () => {
  const env = (qualified?: boolean) =>
    endpoint({
      env: [{ secret: '$.spec.secret', key: "'key'", ...(qualified === undefined ? {} : { qualified }) }],
    });
  it.each([
    ['is taken apart', true, 'other/tokens', { namespace: 'other', name: 'tokens' }],
    ['may be plain', true, 'tokens', { namespace: 'team', name: 'tokens' }],
    ['is taken apart once', true, 'other/a/b', { namespace: 'other', name: 'a/b' }],
    [
      'is left alone where the form does not say so',
      undefined,
      'other/tokens',
      { namespace: 'team', name: 'other/tokens' },
    ],
  ])('%s', (_, qualified, secret, expected) => {
    const [server] = read(env(qualified), { secret }).servers;
    expect(server?.env[0]?.source).toEqual({ kind: 'Secret', ...expected });
  });

  it('is taken apart in a link too, where a namespace beside it wins', () => {
    const link = endpoint({
      links: [{ name: '$.spec.parent', kind: "'Toolbox'", namespace: '$.spec.namespace', qualified: true }],
    });
    const targets = (spec: object) =>
      read(link, spec).servers[0]?.links.map(({ target }) => target.namespace);
    expect(targets({ parent: 'other/a' })).toEqual(['other']);
    expect(targets({ parent: 'other/a', namespace: 'third' })).toEqual(['third']);
    expect(targets({ parent: 'a' })).toEqual(['team']);
  });
});

describe('a default for a key', () => {
  it('is placed at the name, which is what stands there', () => {
    const reading = read(
      endpoint({ each: '$.spec.login', env: [{ secret: '@.secret', key: "@.key | 'token'" }] }),
      {
        login: { secret: 'tokens' },
      },
    );
    expect(reading.servers[0]?.env.map((ref) => 'key' in ref && [ref.key, String(ref.keyAt)])).toEqual([
      ['token', 'spec.login.secret'],
    ]);
  });
});

describe('a part that may be missing', () => {
  const header = { each: '@.token', name: "'Authorization'", secret: '@.name', key: '@.key' };
  it.each([
    ['not written', {}],
    ['null', { login: null }],
    ['there, without what is read below it', { login: {} }],
    ['there, with null below it', { login: { token: null } }],
  ])('says nothing when it is %s', (_, spec) => {
    expect(codesOf(read(endpoint({ each: '$.spec.login', headers: [header] }), spec))).toEqual([]);
  });
});

describe('a shape of some versions', () => {
  const shapes = [
    endpoint({ versions: ['v1'], env: [{ secret: '$.spec.old' }] }),
    endpoint({ versions: ['v3', 'v2'], env: [{ secret: '$.spec.new' }] }),
  ];
  const names = (version: string) =>
    read(shapes, { old: 'old', new: 'new' }, version).servers.flatMap(({ env }) =>
      env.map(({ source }) => source.name),
    );
  it('is read in those, and in the newest when the version is unknown', () => {
    expect(['v1', 'v2', 'v3', 'v4'].map(names)).toEqual([['old'], ['new'], ['new'], ['new']]);
  });
});

describe('a text with lines', () => {
  const codes = (settings: string) =>
    codesOf(read(endpoint({ plain: [{ value: '$.spec.settings', lines: true }] }), { settings }));
  it.each([
    'auth:\n  mode: oauth',
    'auth: { mode: oauth, clientSecretFile: /secrets/a }',
    'password: ""',
    "- token: ''",
    'password: ${PASSWORD}',
    'passwordFile: /run/password\r\nuser: reader',
    '# the password: see the vault',
  ])('has no finding for %j', (text) => {
    expect(codes(text)).toEqual([]);
  });
  it.each([
    'database:\n  password: made-up',
    '- token: made-up',
    'auth: { user: reader, password: made-up }',
    'a: b\nsource: postgres://reader:made-up@db/a',
  ])('has one for %j', (text) => {
    expect(codes(text)).toEqual(['MCP103 spec.settings']);
  });
});

describe('TLS annotations on a kind without servers', () => {
  it('have no effect', () => {
    const { ineffective } = described(endpoint({})).read(
      { metadata: { name: 'one', annotations: { 'sallyport.dev/ca-secret': 'authority' } } },
      { group: 'tools.example.com', version: 'v1', kind: 'Toolbox', namespace: 'team', name: 'one' },
    );
    expect(ineffective.map(({ at }) => String(at))).toEqual([
      'metadata.annotations[sallyport.dev/ca-secret]',
    ]);
  });
});
