import { describe, expect, it } from 'vitest';
import { casOf, references } from '../../src/core/model.ts';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
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

describe('a URL from its parts', () => {
  const parts = {
    host: '$.spec.host',
    scheme: "$.spec.scheme | 'https'",
    port: '$.spec.port',
    path: '$.spec.path',
  };
  const read1 = (url: object, spec: object) => {
    const { servers, mismatches } = read(endpoint({ url }), spec);
    return [
      ...servers.map((one) => one.url && `${one.url.value.reveal()} at ${String(one.url.at)}`),
      ...mismatches.map((one) => `${String(one.at)}: ${one.expected}`),
    ];
  };
  it.each([
    [
      'all of them',
      parts,
      { host: 'a.example', scheme: 'HTTP', port: 8080, path: 'mcp' },
      ['http://a.example:8080/mcp at spec.host'],
    ],
    ['a host alone', parts, { host: 'a.example' }, ['https://a.example/ at spec.host']],
    [
      'a default port',
      { ...parts, defaultPort: 3000 },
      { host: 'a.example' },
      ['https://a.example:3000/ at spec.host'],
    ],
    ['no host', parts, { port: 80 }, [undefined]],
    [
      'another scheme',
      parts,
      { host: 'a.example', scheme: 'ftp' },
      ['https://a.example/ at spec.host', 'spec.scheme: http or https'],
    ],
    [
      'a port that is a text',
      parts,
      { host: 'a.example', port: '80' },
      ['https://a.example/ at spec.host', 'spec.port: a number'],
    ],
    [
      'the name of the object',
      { host: "'{name}.{namespace}.svc'", secureWhen: "$.spec.tls == 'On'", port: '$.spec.port' },
      { port: 80, tls: 'On' },
      ['https://one.team.svc:80/ at spec.port'],
    ],
    [
      'a host that looks like a placeholder',
      { host: "$.spec.host | '{name}'", scheme: "'http'" },
      { host: '{namespace}' },
      ['http://{namespace}/ at spec.host'],
    ],
  ])('is read from %s', (_, url, spec, expected) => {
    expect(read1(url, spec)).toEqual(expected);
  });

  it.each([
    ['neither', {}],
    ['both', { scheme: "'https'", secureWhen: '$.spec.tls' }],
  ])('has exactly one of scheme and secureWhen, not %s', (_, given) => {
    expect(() => described(endpoint({ url: { host: '$.spec.host', ...given } }))).toThrow(
      'a URL from parts has exactly one of scheme and secureWhen',
    );
  });
});

describe('a server that several lists hold', () => {
  const token = { name: "'Authorization'", secret: '@.token', key: "'token'" };
  const servers = {
    each: ['$.spec.inner[]', '$.spec.outer.one', '$.spec.outer.list[]'],
    name: '@.name',
    url: '@.url',
    headers: [{ each: '@.auth', ...token }],
  };
  it('is read from each of them, in the order of the description', () => {
    const one = (name: string) => ({ name, url: `https://${name}.example`, auth: { token: name } });
    const { servers: found, mismatches } = read(servers, {
      outer: { one: one('b'), list: [one('c')] },
      inner: [one('a')],
    });
    expect(found.map((server) => [server.name, ...references(server).map(({ at }) => String(at))])).toEqual([
      ['a', 'spec.inner[0].auth.token'],
      ['b', 'spec.outer.one.auth.token'],
      ['c', 'spec.outer.list[0].auth.token'],
    ]);
    expect(mismatches).toEqual([]);
  });
  it('needs one list at least', () => {
    expect(() => described({ ...servers, each: [] })).toThrow('expected array to have >=1 items');
  });
  it('is refused with the path that cannot be read', () => {
    expect(() => described({ ...servers, each: ['$.spec.a[]', 'spec.b[]'] })).toThrow(
      'path \\"spec.b[]\\": starts with $, @, ^ or a quote',
    );
  });
});

describe('a client certificate from a source of several kinds', () => {
  const client = {
    when: "$.spec.tls.kind | 'Secret' == 'Secret'",
    unless: "$.spec.tls.source == 'Workload'",
    secret: '$.spec.tls.name',
  };
  it.each([
    ['a Secret', { name: 'pair', kind: 'Secret' }, ['pair']],
    ['the default', { name: 'pair' }, ['pair']],
    ['another kind', { name: 'pair', kind: 'Vault' }, []],
    ['a source that needs none', { name: 'pair', source: 'Workload' }, []],
  ])('is read from %s where its conditions hold', (_, tls, names) => {
    const found = read(endpoint({ tls: { client } }), { tls }).servers;
    expect(found.flatMap((one) => one.tls.client?.source.name ?? [])).toEqual(names);
  });
});

describe('several CAs', () => {
  const tls = {
    client: { secret: '$.spec.client.name', namespace: '$.spec.client.namespace' },
    ca: [
      { secret: '$.spec.ca.secret', key: "'ca.crt'" },
      {
        unless: "$.spec.ca.use == 'Secret'",
        configMap: '$.spec.ca.map',
        key: "'root.pem'",
        namespace: "'trust'",
      },
    ],
  };
  const cas = (ca: object) =>
    read(endpoint({ url: '$.spec.url', tls }), { url: 'https://a.example', ca }).servers.flatMap((one) =>
      casOf(one.tls).map(({ source, key }) => `${source.kind} ${source.namespace}/${source.name}/${key}`),
    );
  it('are all read, each with its kind, key and namespace', () => {
    expect(cas({ secret: 'a', map: 'b' })).toEqual(['Secret team/a/ca.crt', 'ConfigMap trust/b/root.pem']);
    expect(cas({ map: 'b' })).toEqual(['ConfigMap trust/b/root.pem']);
    expect(cas({ secret: 'a', map: 'b', use: 'Secret' })).toEqual(['Secret team/a/ca.crt']);
    expect(cas({})).toEqual([]);
  });
  it('go with a client certificate, which may be in another namespace', () => {
    const [server] = read(endpoint({ tls }), { client: { name: 'pair', namespace: 'vault' } }).servers;
    expect(server?.tls.client?.source).toEqual({ kind: 'Secret', namespace: 'vault', name: 'pair' });
  });
  it('have exactly one of secret and configMap', () => {
    expect(() => described(endpoint({ tls: { ca: [{ key: "'ca.crt'" }] } }))).toThrow(
      'a CA has exactly one of secret and configMap',
    );
  });
});

describe('the item around an item', () => {
  const names = (shape: object, spec: object) =>
    read(endpoint(shape), spec).servers.flatMap((one) =>
      one.headers.map(({ name, at }) => `${name} ${String(at)}`),
    );
  const header = { name: '^.header', secret: '@.secret', key: "'key'" };
  it('is the server, in a list of the server', () => {
    expect(
      names(
        { each: '$.spec.servers[]', headers: [{ each: '@.refs[]', ...header }] },
        {
          servers: [
            { header: 'X-A', refs: [{ secret: 'a' }] },
            { header: 'X-B', refs: [{ secret: 'b' }] },
          ],
        },
      ),
    ).toEqual(['X-A spec.servers[0].header', 'X-B spec.servers[1].header']);
  });
  it('is the item of the outer list, in a list within a list', () => {
    expect(
      names(
        { headers: [{ each: '$.spec.routes[].refs[]', ...header }] },
        {
          routes: [
            { header: 'X-A', refs: [{ secret: 'a' }, { secret: 'b' }] },
            { header: 'X-B', refs: [] },
          ],
        },
      ),
    ).toEqual(['X-A spec.routes[0].header', 'X-A spec.routes[0].header']);
  });
  it('is what holds a part that may be missing', () => {
    expect(
      names(
        { each: '$.spec.servers[]', headers: [{ each: '@.auth', ...header }] },
        { servers: [{ header: 'X-A', auth: { secret: 'a' } }, { header: 'X-B' }] },
      ),
    ).toEqual(['X-A spec.servers[0].header']);
  });
  it('may be the condition of a server', () => {
    const shape = {
      each: '$.spec.routes[].backends[]',
      when: "^.kind == 'mcp'",
      url: '@.url',
      name: '^.name',
    };
    const { servers } = read(endpoint(shape), {
      routes: [
        { kind: 'mcp', name: 'a', backends: [{ url: 'https://a.example' }] },
        { kind: 'web', name: 'b', backends: [{ url: 'https://b.example' }] },
      ],
    });
    expect(servers.map(({ name }) => name)).toEqual(['a']);
  });
  it('is nothing around the object itself', () => {
    expect(read(endpoint({ url: '^.url' }), { url: 'https://a.example' }).servers[0]?.url).toBeUndefined();
  });
});

describe('a key that goes with a word', () => {
  const keyByWord = { path: '$.spec.provider', values: { openai: 'OPENAI_API_KEY', azure: 'apitoken' } };
  const ref = { secret: '$.spec.secret', keyByWord };
  const env = (given: object, spec: object) =>
    read(endpoint({ env: [{ ...ref, ...given }] }), { secret: 'a', ...spec }).servers.flatMap(
      (one) => summary(one).env,
    );
  it.each([
    ['a known word', {}, { provider: 'azure' }, ['Secret a/apitoken']],
    ['a key that is written', { key: '$.spec.key' }, { provider: 'azure', key: 'own' }, ['Secret a/own']],
    ['an unknown word', {}, { provider: 'other' }, ['Secret a']],
    [
      'an unknown word, with a default',
      { keyByWord: { ...keyByWord, default: 'token' } },
      { provider: 'other' },
      ['Secret a/token'],
    ],
    ['no word, with a default', { keyByWord: { ...keyByWord, default: 'token' } }, {}, ['Secret a/token']],
    ['a word of every object', {}, { provider: 'constructor' }, ['Secret a']],
  ])('is read for %s', (_, given, spec, expected) => {
    expect(env(given, spec)).toEqual(expected);
  });
  it('is one that a header needs', () => {
    const headers = [{ each: '$.spec', name: "'X-Key'", ...ref }];
    const of = (provider: string) => read(endpoint({ headers }), { secret: 'a', provider });
    expect(of('openai').servers.flatMap((one) => summary(one).headers)).toEqual([
      'X-Key from Secret a/OPENAI_API_KEY',
    ]);
    expect(of('other').mismatches.map(({ expected }) => expected)).toEqual([
      'complete: it names no key of the Secret',
    ]);
  });
});

describe("the operator's namespace", () => {
  const description = (more: object, servers: object) => ({
    family: 'ours',
    group: 'tools.example.com',
    kind: 'Toolbox',
    plural: 'toolboxes',
    versions: ['v1'],
    servers: endpoint(servers),
    ...more,
  });
  const env = { env: [{ secret: '$.spec.secret', namespace: 'operator' }, { secret: '$.spec.secret' }] };
  const namespaces = (given: object, overrides: Record<string, string> = {}) =>
    compileKinds([kindDescription.parse(given)], overrides)
      .find('tools.example.com', 'Toolbox')
      ?.read(
        { spec: { secret: 'a' } },
        { group: 'tools.example.com', version: 'v1', kind: 'Toolbox', namespace: 'team', name: 'one' },
      )
      .servers.flatMap((one) => one.env.map(({ source }) => source.namespace));

  it('is the default of the description, or that of the configuration for its family', () => {
    const given = description({ operatorNamespace: 'tools-system' }, env);
    expect(namespaces(given)).toEqual(['tools-system', 'team']);
    expect(namespaces(given, { ours: 'elsewhere', other: 'third' })).toEqual(['elsewhere', 'team']);
  });

  it('is that of every Secret of an object without a namespace', () => {
    const given = description({ operatorNamespace: 'tools-system', scope: 'Cluster' }, env);
    expect(namespaces(given)).toEqual(['tools-system', 'tools-system']);
  });

  it.each([
    [
      { scope: 'Cluster' },
      {},
      'a kind with the scope Cluster needs operatorNamespace, where its Secrets are',
    ],
    [
      {},
      env,
      'namespace: operator needs operatorNamespace, the namespace in which the operator runs by default',
    ],
    [
      { operatorNamespace: 'a' },
      { env: [{ secret: '$.spec.secret', namespace: 'operators' }] },
      'path \\"operators\\": starts with $, @, ^ or a quote',
    ],
    [
      { operatorNamespace: 'a' },
      { env: [{ secret: 'operator' }] },
      'path \\"operator\\": starts with $, @, ^ or a quote',
    ],
  ])('is a description that is refused: %j %j', (more, servers, message) => {
    expect(() => kindDescription.parse(description(more, servers))).toThrow(message);
  });
});

describe('labels that a Secret needs', () => {
  const requiredLabels = { 'tools.example.com/credential': 'true' };
  const ref = { secret: '$.spec.secret', key: "'key'", requiredLabels };
  const whole = { secret: '$.spec.secret', requiredLabels };
  it.each([
    ['a header', { headers: [{ each: '$.spec', name: "'X-Key'", ...ref }] }],
    [
      'a header from a user',
      { headers: [{ each: '$.spec', name: "'X-Key'", basic: { username: ref, password: ref } }] },
    ],
    ['a whole Secret', { bundles: [whole] }],
    ['a checked key', { env: [ref] }],
    ['a checked Secret', { env: [whole] }],
    ['a client certificate', { tls: { client: whole } }],
    ['a CA', { tls: { ca: [ref] } }],
  ])('are read for %s', (_, fields) => {
    const refs = read(endpoint(fields), { secret: 'a' }).servers.flatMap(references);
    expect(refs.length).toBeGreaterThan(0);
    for (const one of refs) expect(one.requiredLabels).toEqual(requiredLabels);
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

describe('a namespace beside a name', () => {
  const place = { secret: '@.secret', key: "'token'", namespace: '@.namespace' };
  const whole = { secret: '@.secret', namespace: '@.namespace' };
  const records = {
    'a header': { headers: [{ each: '$.spec.at', name: "'X-Key'", ...place }] },
    'a header from a ConfigMap': {
      headers: [{ each: '$.spec.at', name: "'X-Key'", ...place, secret: undefined, configMap: '@.secret' }],
    },
    'a header from a user': {
      headers: [{ each: '$.spec.at', name: "'X-Key'", basic: { username: place, password: place } }],
    },
    'a whole Secret': { bundles: [{ each: '$.spec.at', ...whole }] },
    'a checked key': { env: [{ each: '$.spec.at', ...place }] },
    'a client certificate': { each: '$.spec.at', tls: { client: whole } },
    'a CA': { each: '$.spec.at', tls: { ca: [place] } },
    'a checked Secret': { env: [{ each: '$.spec.at', ...whole }] },
  };
  it.each(Object.entries(records))('is read for %s', (_, fields) => {
    const namespaces = (at: object) => {
      const { servers, mismatches } = read(endpoint(fields), { at });
      expect(mismatches).toEqual([]);
      return new Set(servers.flatMap(references).map(({ source }) => source.namespace));
    };
    expect(namespaces({ secret: 'a', namespace: 'other' })).toEqual(new Set(['other']));
    expect(namespaces({ secret: 'a' })).toEqual(new Set(['team']));
    expect(namespaces({ secret: 'a', namespace: '' })).toEqual(new Set(['team']));
  });

  it('may be a text of the description', () => {
    const [server] = read(endpoint({ env: [{ secret: '$.spec.secret', namespace: "'operators'" }] }), {
      secret: 'a',
    }).servers;
    expect(server?.env.map(({ source }) => source.namespace)).toEqual(['operators']);
  });

  it('wins over a namespace in the name', () => {
    const env = [{ secret: '$.spec.secret', namespace: '$.spec.namespace', qualified: true }];
    const places = (spec: object) =>
      read(endpoint({ env }), spec).servers[0]?.env.map(({ source }) => `${source.namespace}/${source.name}`);
    expect(places({ secret: 'other/a', namespace: 'third' })).toEqual(['third/a']);
    expect(places({ secret: 'other/a' })).toEqual(['other/a']);
  });

  it('of another type is MCP001', () => {
    expect(
      codesOf(
        read(endpoint({ env: [{ secret: '$.spec.secret', namespace: '$.spec.namespace' }] }), {
          secret: 'a',
          namespace: 7,
        }),
      ),
    ).toContain('MCP001 spec.namespace');
  });
});

describe('a condition on a shape', () => {
  const shapes = [
    endpoint({
      each: '$.spec.targets[]',
      when: "@.type == 'secret'",
      env: [{ secret: '@.ref' }],
    }),
    endpoint({ each: '$.spec.targets[]', unless: "@.type == 'secret'", url: '@.ref' }),
  ];
  it('picks the items that are read', () => {
    const { servers, mismatches } = read(shapes, {
      targets: [
        { type: 'secret', ref: 'a' },
        { type: 'url', ref: 'https://a.example' },
        { ref: 'https://b.example' },
      ],
    });
    expect(mismatches).toEqual([]);
    expect(servers.map((server) => [summary(server).env, summary(server).url])).toEqual([
      [['Secret a'], undefined],
      [[], 'https://a.example'],
      [[], 'https://b.example'],
    ]);
  });
  it('is about the object, where the shape has no list', () => {
    const one = endpoint({ when: "$.spec.type == 'remote'", url: '$.spec.url' });
    expect(read(one, { type: 'remote', url: 'https://a.example' }).servers).toHaveLength(1);
    expect(read(one, { type: 'local', url: 7 })).toMatchObject({ servers: [], mismatches: [] });
  });
  it('on a field of another type is MCP001', () => {
    expect(codesOf(read(shapes, { targets: [{ type: 7 }] }))).toContain('MCP001 spec.targets.0.type');
  });
});

describe('a switch', () => {
  const unverified = (unverifiedWhen: string, spec: object) => {
    const { servers, mismatches } = read(endpoint({ url: '$.spec.url', tls: { unverifiedWhen } }), {
      url: 'https://a.example',
      ...spec,
    });
    const at = servers[0]?.tls.unverified?.at;
    return [at && String(at), ...mismatches.map((one) => `${String(one.at)}: ${one.expected}`)];
  };
  it.each([
    ['$.spec.skip', { skip: true }, ['spec.skip']],
    ['$.spec.skip', { skip: false }, [undefined]],
    ['$.spec.skip', {}, [undefined]],
    ['$.spec.skip', { skip: 'All' }, [undefined, 'spec.skip: true or false']],
    ["$.spec.skip == 'All'", { skip: 'All' }, ['spec.skip']],
    ["$.spec.skip == 'All'", { skip: 'None' }, [undefined]],
    ["$.spec.skip == 'All'", {}, [undefined]],
    ["$.spec.skip == 'All'", { skip: null }, [undefined]],
    ["$.spec.skip == 'All'", { skip: true }, [undefined, 'spec.skip: a string']],
    ["$.spec.skip | 'All' == 'All'", {}, ['(root)']],
  ])('%s of %j is read as %j', (source, spec, expected) => {
    expect(unverified(source, spec)).toEqual(expected);
  });

  it('may be a word wherever there is one', () => {
    const fields = {
      url: { address: '$.spec.host', insecureWhen: "$.spec.mode == 'plain'" },
      env: [{ secret: '$.spec.secret', optional: "$.spec.presence == 'Optional'" }],
      tls: { replaceRootsWhen: "$.spec.roots == 'Only'" },
    };
    const [server] = read(endpoint(fields), {
      host: 'a.example',
      mode: 'plain',
      secret: 'a',
      presence: 'Optional',
      roots: 'Only',
    }).servers;
    expect(server && summary(server)).toMatchObject({
      url: 'http://a.example',
      env: ['Secret a (optional)'],
    });
    expect(server?.tls.roots).toBe('replace');
  });
});

describe('a list in which a header may name a Secret', () => {
  const literalOrSecret = endpoint({
    headers: [
      { each: '$.spec.headers[]', name: '@.name', value: '@.value' },
      { each: '$.spec.headers[]', name: '@.name', secret: '@.secretRef.name', key: '@.secretRef.key' },
    ],
  });
  const backends = endpoint({
    headers: [
      {
        each: '$.spec.backends[]',
        name: "@.auth.header | 'Authorization'",
        secret: '@.auth.secretRef.name',
        key: "'key'",
      },
    ],
  });
  const found = (shape: object, spec: object) => {
    const { servers, mismatches } = read(shape, spec);
    return [
      ...servers.flatMap((one) => summary(one).headers),
      ...mismatches.map((one) => `${String(one.at)}: ${one.expected}`),
    ];
  };
  it.each([
    [
      'has a value',
      literalOrSecret,
      { headers: [{ name: 'X-Region', value: 'eu' }] },
      ['X-Region from the object'],
    ],
    [
      'names one',
      literalOrSecret,
      { headers: [{ name: 'X-Key', secretRef: { name: 'a', key: 'b' } }] },
      ['X-Key from Secret a/b'],
    ],
    [
      'has nothing of a header',
      backends,
      { backends: [{ name: 'search' }, { name: 'notes', auth: null }] },
      [],
    ],
    [
      'has it where the header has a default name',
      backends,
      { backends: [{ name: 'search', auth: { secretRef: { name: 'a' } } }] },
      ['Authorization from Secret a/key'],
    ],
  ])('is read without MCP001 where an entry %s', (_, shape, spec, expected) => {
    expect(found(shape, spec)).toEqual(expected);
  });
  it.each([
    [
      'neither a value nor a Secret',
      literalOrSecret,
      { headers: [{ name: 'X-Key' }] },
      'spec.headers[0]: complete: it names no Secret',
    ],
    [
      'a Secret without a name',
      backends,
      { backends: [{ auth: { secretRef: {} } }] },
      'spec.backends[0]: complete: it names no Secret',
    ],
    [
      'a header name without a Secret',
      backends,
      { backends: [{ auth: { header: 'X-Key' } }] },
      'spec.backends[0]: complete: it names no Secret',
    ],
    [
      'a Secret of another type',
      literalOrSecret,
      { headers: [{ name: 'X-Key', value: 'a', secretRef: 'b' }] },
      'spec.headers[0].secretRef: an object',
    ],
  ])('has MCP001 where an entry has %s', (_, shape, spec, expected) => {
    expect(found(shape, spec)).toContain(expected);
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
