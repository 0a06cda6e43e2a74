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

  it('does not name a family that the cluster does not serve', async () => {
    const { 'dapr.io/v1alpha1': _, ...others } = served;
    expect(await kindsLine(installed('dapr.io'), others)).toMatch(/^ok {2}kinds /);
  });
});
