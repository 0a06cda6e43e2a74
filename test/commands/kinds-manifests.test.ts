import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { tempFolder } from '../support/webhook.ts';
import { runSallyport } from '../support/terminal.ts';

const kind = (word: string, servers: object, versions = ['v1']) => ({
  family: 'ours',
  group: 'tools.example.com',
  kind: word,
  plural: `${word.toLowerCase()}s`,
  versions,
  servers,
});
const own = [
  kind('Bridge', { url: '$.spec.url' }),
  kind('Tunnel', { role: 'endpoint', url: '$.spec.url' }),
  kind('Gate', { url: '$.spec.url' }, ['v2', 'v1']),
];

async function printed(configuration: object, ...words: readonly string[]) {
  const file = path.join(tempFolder(), 'config.yaml');
  writeFileSync(file, stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...configuration }));
  const { code, out, err } = await runSallyport(['kinds', 'manifests', file, ...words]);
  return { code, out, err: err.replaceAll(file, 'config.yaml') };
}

describe('sallyport kinds manifests', () => {
  it('prints roles, bindings and policies of the own kinds alone', async () => {
    const { code, out } = await printed({ kinds: own }, '-n', 'security');
    expect(code).toBe(0);
    const objects = parseAllDocuments(out).map((one) => one.toJS() as Record<string, unknown>);
    expect(
      objects.map((one) => `${String(one['kind'])} ${(one['metadata'] as { name: string }).name}`),
    ).toEqual([
      'ClusterRole sallyport-own-kinds',
      'ClusterRoleBinding sallyport-own-kinds',
      'ClusterRole sallyport-watcher-own-kinds',
      'ClusterRoleBinding sallyport-watcher-own-kinds',
      ...['bridges', 'tunnels', 'gates'].flatMap((plural) => [
        `ValidatingAdmissionPolicy sallyport-floor-${plural}.tools.example.com`,
        `ValidatingAdmissionPolicyBinding sallyport-floor-${plural}.tools.example.com`,
      ]),
    ]);
    expect(objects.map((one) => one['rules'] ?? one['subjects']).slice(0, 4)).toEqual([
      [
        {
          apiGroups: ['tools.example.com'],
          resources: ['bridges', 'gates', 'tunnels'],
          verbs: ['get', 'list', 'watch'],
        },
      ],
      [{ kind: 'ServiceAccount', name: 'sallyport', namespace: 'security' }],
      [{ apiGroups: ['tools.example.com'], resources: ['bridges', 'gates'], verbs: ['get'] }],
      [{ kind: 'ServiceAccount', name: 'sallyport-watcher', namespace: 'security' }],
    ]);
  });

  it('prints the rules of the webhook as a JSON patch, one for kinds with the same versions', async () => {
    const { out } = await printed({ kinds: own }, '--webhook-patch');
    const rule = (resources: string[], apiVersions: string[]) => ({
      op: 'add',
      path: '/webhooks/0/rules/-',
      value: {
        apiGroups: ['tools.example.com'],
        apiVersions,
        resources,
        operations: ['CREATE', 'UPDATE'],
        scope: 'Namespaced',
      },
    });
    expect(parse(out)).toEqual([rule(['bridges', 'tunnels'], ['v1']), rule(['gates'], ['v2', 'v1'])]);
  });

  it('needs a configuration with kinds', async () => {
    expect(await printed({})).toEqual({
      code: 2,
      out: '',
      err: 'sallyport: config.yaml: the configuration has no kinds; to describe one under kinds, see docs/kinds.md\n',
    });
  });
});
