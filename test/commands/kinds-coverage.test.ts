import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { sendChunked, startApiServer } from '../support/api-server.ts';
import { schemaErrors } from '../support/published-schema.ts';
import { definition, object, text } from '../support/resource-definition.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

const entry = (more: object, version = 'v1beta1') =>
  definition('toolhive.stacklok.dev', 'MCPServerEntry', 'mcpserverentries', {
    [version]: { remoteUrl: text, ...more },
  });
const bridge = definition('tools.example.com', 'MCPBridge', 'mcpbridges', {
  v1: {
    tokenSecretRef: object({ name: text, key: text }),
    env: { type: 'array', items: object({ name: text, value: text }) },
  },
});
const certificate = definition('certs.example.com', 'Certificate', 'certificates', {
  v1: { secretName: text },
});

function fileOf(...definitions: object[]): string {
  const file = path.join(tempFolder(), 'crds.yaml');
  writeFileSync(file, definitions.map((one) => `---\n${stringify(one)}`).join(''));
  return file;
}
const covered = (definitions: object[], ...words: string[]) =>
  runSallyport(['kinds', 'coverage', fileOf(...definitions), ...words]);

describe('sallyport kinds coverage', () => {
  it('passes when every field is read', async () => {
    const { code, out } = await covered([entry({}), certificate]);
    expect({ code, out }).toEqual({
      code: 0,
      out: '1 of 1 kinds with a description are read completely; 0 kinds have no description; 1 other kinds have nothing to do with MCP.\n',
    });
  });

  it('names a field that is not read, a version that is not described, and the record that reads the field', async () => {
    const { code, out } = await covered([entry({ proxyPassword: text }, 'v2')]);
    expect(code).toBe(1);
    expect(out).toContain(`MCPServerEntry.toolhive.stacklok.dev: 1 field can hold a credential and is not read
  version v2: not described, read as the newest that is
  $.spec.proxyPassword (v2): its name is that of a credential
    to read it: plain: [{ value: '$.spec.proxyPassword' }]
`);
  });

  it('takes a pod template of a built-in description for reading', async () => {
    const list = (properties: object) => ({ type: 'array', items: object(properties) });
    const volumes = list({ secret: object({ secretName: text }), persistentVolumeClaim: object({}) });
    const kmcp = definition('kagent.dev', 'MCPServer', 'mcpservers', {
      v1alpha1: { deployment: object({ volumes, imagePullSecrets: list({ name: text }) }) },
    });
    expect(await covered([kmcp], '--quiet')).toMatchObject({ code: 0, out: '' });
  });

  it('names a kind about MCP without a description', async () => {
    const { code, out } = await covered([bridge], '--quiet');
    expect({ code, out }).toEqual({
      code: 1,
      out: `MCPBridge.tools.example.com: no description; 2 fields can hold a credential
  $.spec.tokenSecretRef.name (v1): it refers to a Secret or to another source of a credential
    to read it: env: [{ secret: '$.spec.tokenSecretRef.name' }]
  $.spec.env[].value (v1): it is a text of any content
    to read it: plain: [{ each: '$.spec.env[]', value: '@.value' }]

`,
    });
  });

  it("reads a team's own descriptions, with the records that it printed", async () => {
    const file = path.join(tempFolder(), 'config.yaml');
    const kind = {
      family: 'ours',
      group: 'tools.example.com',
      kind: 'MCPBridge',
      plural: 'mcpbridges',
      versions: ['v1'],
    };
    const servers = {
      role: 'endpoint',
      env: [{ secret: '$.spec.tokenSecretRef.name' }],
      plain: [{ each: '$.spec.env[]', value: '@.value' }],
    };
    writeFileSync(
      file,
      stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', kinds: [{ ...kind, servers }] }),
    );
    expect(await covered([bridge], '--config', file)).toMatchObject({ code: 0 });
  });

  it('prints JSON as its schema says', async () => {
    const { code, out } = await covered([bridge, entry({})], '--output', 'json');
    expect(code).toBe(1);
    const document = JSON.parse(out) as { kinds: { kind: string; complete: boolean }[] };
    expect(schemaErrors('coverage')(document)).toEqual([]);
    expect(document.kinds.map(({ kind, complete }) => [kind, complete])).toEqual([
      ['MCPBridge', false],
      ['MCPServerEntry', true],
    ]);
  });

  it('refuses files without a definition, and neither or both of files and a cluster', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'a' } };
    const none = await covered([role]);
    expect(none.code).toBe(2);
    expect(none.err).toContain(
      'contains no CustomResourceDefinition; to write those of a cluster to a file, run: kubectl get crd -o yaml > crds.yaml',
    );
    expect(await runSallyport(['kinds', 'coverage'])).toMatchObject({ code: 2 });
    expect(await covered([entry({})], '--context', 'a')).toMatchObject({ code: 2 });
  });

  it('reads the definitions of a cluster page by page, and nothing else', async () => {
    const pages = [[entry({}), bridge], [certificate]];
    const api = await startApiServer((request, response) => {
      const page = Number(new URL(request.url ?? '', 'https://localhost').searchParams.get('continue') ?? 0);
      // The items of a list have no kind.
      const items = (pages[page] ?? []).map(({ metadata, spec }) => ({ metadata, spec }));
      const metadata = page + 1 < pages.length ? { continue: String(page + 1) } : {};
      sendChunked(response, 200, { items, metadata });
    });
    const { code, out, err } = await inCluster(api.config);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain(
      '1 of 1 kinds with a description are read completely; 1 kinds have no description; 1 other',
    );
    const crds = 'GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect(api.asked.filter((one) => !one.startsWith('GET /version'))).toEqual([
      `${crds}?limit=100`,
      `${crds}?limit=100&continue=1`,
    ]);
  });

  it('says so when the definitions of a cluster cannot be read', async () => {
    const api = await startApiServer((_, response) => sendChunked(response, 403, {}));
    const { code, err } = await inCluster(api.config);
    expect(code).toBe(2);
    expect(err).toContain(
      'the custom resource definitions of context test cannot be read: you may not list them (the API server responded with 403); try: kubectl --context test get crd',
    );
  });
});

function inCluster(config: KubeConfig) {
  const kubeconfig = path.join(tempFolder(), 'config');
  writeFileSync(kubeconfig, config.exportConfig());
  return runSallyport(['kinds', 'coverage', '--context', 'test', '--kubeconfig', kubeconfig]);
}
