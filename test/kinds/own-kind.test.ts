import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfiguration } from '../../src/core/configuration.ts';
import { runSallyport } from '../support/terminal.ts';
import { findingsIn } from '../support/findings.ts';

const temporary: string[] = [];
afterEach(() => {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const own = (servers: object) => ({
  apiVersion: 'sallyport.dev/v1',
  kind: 'Configuration',
  kinds: [
    {
      family: 'ours',
      group: 'tools.example.com',
      kind: 'Toolbox',
      plural: 'toolboxes',
      versions: ['v1'],
      servers: { name: '$.metadata.name', transport: { default: 'http' }, loopback: 'forbidden', ...servers },
    },
  ],
});

async function lintWith(configuration: object, toolbox: object) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-own-'));
  temporary.push(folder);
  const file = path.join(folder, 'configuration.yaml');
  writeFileSync(file, stringify(configuration));
  const { code, out, err } = await runSallyport(['lint', '--config', file, '-o', 'json', '-'], {
    stdin: stringify({
      apiVersion: 'tools.example.com/v1',
      kind: 'Toolbox',
      metadata: { name: 'a' },
      ...toolbox,
    }),
  });
  return {
    code,
    err,
    found: out === '' ? [] : findingsIn<{ code: string }>(out).map((one) => one.code),
  };
}

describe("a team's own kind", () => {
  it('is read like a built-in one', async () => {
    const { code, found } = await lintWith(own({ url: '$.spec.url' }), {
      spec: { url: 'http://localhost/mcp' },
    });
    expect({ code, found }).toEqual({ code: 1, found: ['MCP405'] });
  });

  it.each([
    ['does not start with $, @ or a quote', { url: 'spec.url' }],
    ['holds what the language does not have', { url: '$.spec.urls[0]' }],
    [
      'compares with no literal',
      { headers: [{ each: '$.spec.a[]', when: '@.a == @.b', name: '@.name', value: '@.value' }] },
    ],
  ])('is a problem of the configuration, in one line, when a path %s', async (_, servers) => {
    expect(readConfiguration(own(servers))).toHaveProperty('problems');
    const { code, err } = await lintWith(own(servers), {});
    expect(code).toBe(2);
    expect(err).toMatch(/^sallyport: .*kinds\[0\]\..*\n$/);
  });

  it.each([
    ['none', {}],
    ['two', { value: '@.value', secret: '@.secret', key: '@.key' }],
    ['a token and another', { serviceAccountToken: { audience: '@.a' }, secret: '@.secret', key: '@.key' }],
  ])('may not have a header whose value comes from %s of value, secret and configMap', (_, source) => {
    const headers = [{ each: '$.spec.headers[]', name: '@.name', ...source }];
    expect(readConfiguration(own({ url: '$.spec.url', headers }))).toHaveProperty('problems');
  });

  const token = {
    each: '$.spec.token',
    name: "@.header | 'Authorization'",
    serviceAccountToken: { audience: '@.audience', expirationSeconds: '@.seconds' },
    template: 'Bearer {value}',
  };

  it('may read a service account token, which is judged as in a ConfigMap', async () => {
    const configuration = {
      ...own({ url: '$.spec.url', headers: [token] }),
      credentials: {
        serviceAccountTokens: [
          { audience: 'https://a.example', namespaces: ['default'], origins: ['https://a.example'] },
        ],
      },
    };
    const spec = (audience: string, seconds?: number) => ({
      spec: { url: 'https://a.example/mcp', token: { audience, seconds } },
    });
    expect(await lintWith(configuration, spec('https://a.example'))).toMatchObject({ code: 0, found: [] });
    expect((await lintWith(configuration, spec('https://b.example'))).found).toEqual(['MCP215']);
    expect((await lintWith(configuration, spec('https://a.example', 10))).found).toEqual(['MCP213']);
    expect(
      (await lintWith(configuration, { spec: { url: 'https://a.example', token: { seconds: 3600 } } })).found,
    ).toEqual(['MCP001']);
    expect((await lintWith(configuration, { spec: { url: 'https://a.example' } })).found).toEqual([]);
  });

  it.each([
    ['an endpoint', { role: 'endpoint' }],
    ['a server behind an egress gateway', { egressGateway: true }],
  ])('may not read a service account token for %s', (_, shape) => {
    const read = readConfiguration(own({ url: '$.spec.url', headers: [token], ...shape }));
    expect(read).toMatchObject({
      problems: [
        {
          text: 'kinds[0].servers[0]: serviceAccountToken needs the role server and no egressGateway, because the token is for the proxy in a pod',
        },
      ],
    });
  });
});
