import { describe, expect, it } from 'vitest';
import { read, readOne, summary } from './reading.ts';

const toolhive = (spec: object, kind = 'MCPRemoteProxy', version = 'v1beta1') => ({
  apiVersion: `toolhive.stacklok.dev/${version}`,
  kind,
  metadata: { name: 'one' },
  spec,
});
const kagent = (spec: object) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name: 'one' },
  spec,
});
const kmcp = (spec: object) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'one' },
  spec,
});
const kelos = (server: object, version = 'v1alpha2') => ({
  apiVersion: `kelos.dev/${version}`,
  kind: 'AgentConfig',
  metadata: { name: 'config' },
  spec: { mcpServers: [{ name: 'one', type: 'http', url: 'https://a.example', ...server }] },
});

describe('the URL of a ToolHive server', () => {
  it.each([
    ['remoteUrl', { remoteUrl: 'https://new.example' }, 'https://new.example'],
    ['the old spelling remoteURL', { remoteURL: 'https://old.example' }, 'https://old.example'],
    [
      'remoteUrl before remoteURL',
      { remoteURL: 'https://old.example', remoteUrl: 'https://new.example' },
      'https://new.example',
    ],
    [
      'remoteURL beside an empty remoteUrl',
      { remoteURL: 'https://old.example', remoteUrl: '' },
      'https://old.example',
    ],
    ['neither', {}, undefined],
  ])('is read from %s', (_, spec, url) => {
    expect(summary(readOne(toolhive(spec, 'MCPRemoteProxy', 'v1alpha1'))).url).toBe(url);
    expect(summary(readOne(toolhive(spec, 'MCPServerEntry', 'v1alpha1'))).url).toBe(url);
  });

  it.each(['v1beta1', 'v2'])('is not read from the old spelling in %s, which never had it', (version) => {
    for (const kind of ['MCPRemoteProxy', 'MCPServerEntry']) {
      const server = readOne(toolhive({ remoteURL: 'https://old.example' }, kind, version));
      expect(server.url).toBeUndefined();
      expect(String(server.urlMissing?.misspelt)).toBe('spec.remoteURL');
    }
  });

  it('is placed where it is written', () => {
    const old = toolhive({ remoteURL: 'https://old.example' }, 'MCPRemoteProxy', 'v1alpha1');
    expect(String(readOne(old).url?.at)).toBe('spec.remoteURL');
    expect(String(readOne(toolhive({ remoteUrl: 'https://new.example' })).url?.at)).toBe('spec.remoteUrl');
  });
});

describe('the transport', () => {
  const url = 'https://a.example';
  it.each([
    ['ToolHive sse', toolhive({ remoteUrl: url, transport: 'sse' }), 'sse'],
    ['ToolHive streamable-http', toolhive({ remoteUrl: url, transport: 'streamable-http' }), 'http'],
    ['ToolHive without a word', toolhive({ remoteUrl: url }), 'http'],
    ['kagent SSE', kagent({ url, protocol: 'SSE' }), 'sse'],
    ['kagent STREAMABLE_HTTP', kagent({ url, protocol: 'STREAMABLE_HTTP' }), 'http'],
    ['kagent without a word', kagent({ url }), 'http'],
    ['kmcp stdio, behind its adapter', kmcp({ transportType: 'stdio', deployment: {} }), 'http'],
    ['kmcp http', kmcp({ transportType: 'http', deployment: {} }), 'http'],
    ['Kelos http', kelos({ type: 'http' }), 'http'],
    ['Kelos sse', kelos({ type: 'sse' }), 'sse'],
    ['Kelos stdio', kelos({ type: 'stdio' }), 'stdio'],
    ['an unknown word', kelos({ type: 'carrier-pigeon' }), 'http'],
    ['a word every JavaScript object has', kelos({ type: 'constructor' }), 'http'],
  ])('of %s is understood', (_, object, transport) => {
    expect(readOne(object).transport).toBe(transport);
  });
});

describe('the URL of a kmcp server', () => {
  it.each([
    ['no port, no path', { deployment: {} }, 'http://one.team.svc:3000/mcp'],
    ['a port', { deployment: { port: 8080 } }, 'http://one.team.svc:8080/mcp'],
    ['a path', { httpTransport: { path: '/rpc/v1' } }, 'http://one.team.svc:3000/rpc/v1'],
    ['the path /', { httpTransport: { path: '/' } }, 'http://one.team.svc:3000/'],
    ['a path without a slash', { httpTransport: { path: 'rpc' } }, 'http://one.team.svc:3000/rpc'],
    ['an empty path', { httpTransport: { path: '' } }, 'http://one.team.svc:3000/mcp'],
    ['tls', { httpTransport: { tls: { secretRef: 'client' } } }, 'https://one.team.svc:3000/mcp'],
    ['empty tls', { httpTransport: { tls: {} } }, 'https://one.team.svc:3000/mcp'],
    ['tls that is null', { httpTransport: { tls: null } }, 'http://one.team.svc:3000/mcp'],
    [
      'all of them',
      { deployment: { port: 8443 }, httpTransport: { path: '/', tls: { secretRef: 'client' } } },
      'https://one.team.svc:8443/',
    ],
  ])('with %s is made as kmcp makes its Service', (_, spec, url) => {
    expect(summary(readOne(kmcp(spec))).url).toBe(url);
  });

  it('does not take the container port for the port of the Service', () => {
    const spec = { deployment: { port: 3000 }, httpTransport: { targetPort: 9000 } };
    expect(summary(readOne(kmcp(spec))).url).toBe('http://one.team.svc:3000/mcp');
  });
});

describe('headers and Secrets', () => {
  it('come from a ConfigMap for kagent where the type says so', () => {
    const from = (type: string) =>
      summary(
        readOne(
          kagent({
            url: 'https://a.example',
            headersFrom: [{ name: 'X', valueFrom: { type, name: 'n', key: 'k' } }],
          }),
        ),
      ).headers;
    expect(from('ConfigMap')).toEqual(['X from ConfigMap n/k']);
    expect(from('Secret')).toEqual(['X from Secret n/k']);
  });

  it('of a kmcp server are whole Secrets for its environment, never sent', () => {
    const server = summary(
      readOne(kmcp({ deployment: { secretRefs: [{ name: 'a' }, { name: 'b' }], env: { A: 'b' } } })),
    );
    expect(server).toMatchObject({ env: ['Secret a', 'Secret b'], headers: [], bundles: [] });
  });

  it('of a kmcp client certificate come with the CA of the same Secret, if it has one', () => {
    const server = summary(readOne(kmcp({ httpTransport: { tls: { secretRef: 'pair' } } })));
    expect(server).toMatchObject({ client: 'Secret pair', ca: 'Secret pair/ca.crt (optional)' });
  });

  it('of a Kelos server may be a whole Secret', () => {
    const server = summary(
      readOne(kelos({ headers: { 'X-A': 'a' }, headersFrom: { secretRef: { name: 'all' } } })),
    );
    expect(server).toMatchObject({ headers: ['X-A from the object'], bundles: ['Secret all'] });
  });

  const reference = (more: object) => [
    { name: 'A', valueFrom: { secretKeyRef: { name: 'n', key: 'k', ...more } } },
  ];
  it.each([
    ['v1alpha2 list', kelos({ env: reference({}) }), ['Secret n/k']],
    ['v1alpha2 optional', kelos({ env: reference({ optional: true }) }), ['Secret n/k (optional)']],
    ['v1alpha2 not optional', kelos({ env: reference({ optional: false }) }), ['Secret n/k']],
    ['v1alpha2 value', kelos({ env: [{ name: 'A', value: 'b' }] }), []],
    ['v1alpha1 map', kelos({ env: { A: 'b' } }, 'v1alpha1'), []],
    [
      'v1alpha1 envFrom',
      kelos({ env: { A: 'b' }, envFrom: { secretRef: { name: 'all' } } }, 'v1alpha1'),
      ['Secret all'],
    ],
  ])('of Kelos env are read as %s', (_, object, env) => {
    const { servers, mismatches } = read(object);
    expect(servers.map((server) => summary(server).env)).toEqual([env]);
    expect(mismatches).toEqual([]);
  });

  it('of a stdio server are read without a URL', () => {
    const server = readOne(
      kelos({ type: 'stdio', url: undefined, env: reference({}), headers: { 'X-A': 'a' } }),
    );
    expect(summary(server)).toMatchObject({ transport: 'stdio', url: undefined, env: ['Secret n/k'] });
  });

  it('are all in the namespace of the object that names them', () => {
    const [ref] = readOne(kelos({ headersFrom: { secretRef: { name: 'other/all' } } })).headerSecrets;
    expect(ref?.source).toEqual({ kind: 'Secret', namespace: 'team', name: 'other/all' });
  });
});
