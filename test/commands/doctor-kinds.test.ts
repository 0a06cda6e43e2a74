import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { sendChunked } from '../support/api-server.ts';
import { readRepositoryFile } from '../support/generated-files.ts';
import { startObjectApi } from '../support/object-api.ts';
import { runSallyport } from '../support/terminal.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Webhook {
  readonly name: string;
  readonly rules: readonly { readonly apiGroups: readonly string[] }[];
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly Webhook[];
}

/** The installed webhook configurations, without the rules about these groups. */
const installed = (...left: readonly string[]): Manifest[] =>
  parseAllDocuments(readRepositoryFile('manifests/base/webhooks.yaml')).map((document) => {
    const manifest = document.toJS() as Manifest;
    return {
      ...manifest,
      webhooks: manifest.webhooks.map((webhook) => ({
        ...webhook,
        rules: webhook.rules.filter(({ apiGroups }) => !apiGroups.some((group) => left.includes(group))),
      })),
    };
  });

const text = { type: 'string' };
const object = (properties: object) => ({ type: 'object', properties });

const definition = (group: string, kind: string, plural: string, version: string, fields: object) => ({
  spec: {
    group,
    names: { kind, plural },
    versions: [
      { name: version, served: true, schema: { openAPIV3Schema: object({ spec: object(fields) }) } },
    ],
  },
});
const entry = (version: string, fields: object) =>
  definition('toolhive.stacklok.dev', 'MCPServerEntry', 'mcpserverentries', version, fields);
const bridge = definition('tools.example.com', 'MCPBridge', 'mcpbridges', 'v1', { token: text });
const certificate = definition('certs.example.com', 'Certificate', 'certificates', 'v1', {
  secretName: text,
});

/** The line of `doctor` about coverage in a cluster with these definitions, one on each page; `undefined` refuses to list them. */
async function coverageLine(definitions: readonly object[] | undefined): Promise<string> {
  const pages = definitions ?? [];
  const api = await startObjectApi(installed(), {
    permits: ({ resource }) => definitions !== undefined || resource !== 'customresourcedefinitions',
    other(path, res) {
      if (path === '/apis') sendChunked(res, 200, { kind: 'APIGroupList', groups: [] });
      else if (path.endsWith('/customresourcedefinitions')) {
        const at = Number(new URL(res.req.url ?? '', 'https://x').searchParams.get('continue') ?? 0);
        const next = at + 1 < pages.length ? { continue: String(at + 1) } : {};
        sendChunked(res, 200, { metadata: next, items: pages.slice(at, at + 1) });
      } else return false;
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const { out } = await runSallyport(['doctor', '--context', 'test']);
  return out.split('\n').find((line) => line.slice(4).startsWith('coverage ')) ?? '';
}

describe('doctor on what the definitions of the cluster have', () => {
  it('counts the kinds that are read completely', async () => {
    expect(await coverageLine([entry('v1beta1', { remoteUrl: text }), certificate])).toMatch(
      /^ok {2}coverage +every field that can hold a credential is read, of all 1 known kinds that the cluster has$/,
    );
  });

  it('counts a version, a field and a kind that no description reads, from every page', async () => {
    expect(await coverageLine([bridge, certificate, entry('v2', { proxyPassword: text })])).toMatch(
      /^\? {3}coverage +1 version, 1 field, 1 kind can hold a credential and are not read, of MCPBridge\.tools\.example\.com, MCPServerEntry\.toolhive\.stacklok\.dev; to list them: sallyport kinds coverage --context NAME$/,
    );
  });

  it('says that it may not read the definitions', async () => {
    expect(await coverageLine(undefined)).toMatch(
      /^\? {3}coverage +the custom resource definitions were not compared with what Sallyport reads: you may not list them/,
    );
  });
});

/** The line of `doctor` about kinds, with its fix, in a cluster that serves these plurals by group and version. */
async function kindsLine(
  objects: readonly Manifest[],
  served: Readonly<Record<string, readonly string[]>>,
): Promise<string> {
  const groups = Object.keys(served).map((at) => {
    const [name = '', version = ''] = at.split('/');
    return { name, versions: [{ groupVersion: at, version }] };
  });
  const api = await startObjectApi(objects, {
    other(path, res) {
      const resources = served[path.replace(/^\/apis\//, '')];
      if (path === '/apis') sendChunked(res, 200, { kind: 'APIGroupList', groups });
      else if (resources)
        sendChunked(res, 200, {
          kind: 'APIResourceList',
          resources: resources.flatMap((name) => [{ name }, { name: `${name}/status` }]),
        });
      else return false;
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const { out } = await runSallyport(['doctor', '--context', 'test']);
  const lines = out.split('\n');
  const at = lines.findIndex((line) => line.slice(4).startsWith('kinds '));
  return lines.slice(at, at + 2).join('\n');
}

const served = {
  'toolhive.stacklok.dev/v1beta1': ['mcpservers', 'mcpserverentries'],
  'dapr.io/v1alpha1': ['mcpservers', 'components'],
  'apps/v1': ['deployments'],
};

describe('doctor on the kinds that the cluster serves', () => {
  it('counts those for which the webhook is called', async () => {
    expect(await kindsLine(installed(), served)).toMatch(
      /^ok {2}kinds +the webhook is called for all 3 known kinds that the cluster serves\n/,
    );
  });

  it('names one that appeared after the installation, with the command that covers it', async () => {
    const text = await kindsLine(installed('dapr.io'), served);
    expect(text).toMatch(
      /^NO {2}kinds +the cluster serves mcpservers\.dapr\.io, but the webhook is not called for it\n/,
    );
    expect(text).toContain('helm upgrade');
    expect(text).toContain('--set families.dapr=true');
  });

  /** An installation whose entries have these rules about the group dapr.io. */
  const withRules = (entries: (name: string) => boolean, rule: object): Manifest[] =>
    installed('dapr.io').map((manifest) => ({
      ...manifest,
      webhooks: manifest.webhooks.map((webhook) =>
        entries(webhook.name)
          ? { ...webhook, rules: [...webhook.rules, rule as Webhook['rules'][number]] }
          : webhook,
      ),
    }));
  const validates = (name: string) => name === 'validate-mcp-resources.sallyport.dev';

  it.each([
    ['every resource of the group', { apiGroups: ['dapr.io'], resources: ['*'] }],
    ['the resource in every group', { apiGroups: ['*'], resources: ['mcpservers'] }],
  ])('counts a kind as covered by a rule about %s', async (_, rule) => {
    expect(await kindsLine(withRules(validates, rule), served)).toMatch(/^ok {2}kinds /);
  });

  it.each([
    ['another resource of the group', validates, { apiGroups: ['dapr.io'], resources: ['components'] }],
    [
      'the kind in an entry that does not validate resources',
      (name: string) => name.startsWith('check-'),
      { apiGroups: ['dapr.io'], resources: ['mcpservers'] },
    ],
  ])('names a kind when the only rule is about %s', async (_, entries, rule) => {
    expect(await kindsLine(withRules(entries, rule), served)).toMatch(
      /^NO {2}kinds +the cluster serves mcpservers\.dapr\.io, but the webhook is not called for it\n/,
    );
  });

  it('does not name a family that the cluster does not serve', async () => {
    const { 'dapr.io/v1alpha1': _, ...others } = served;
    expect(await kindsLine(installed('dapr.io'), others)).toMatch(/^ok {2}kinds /);
  });
});
