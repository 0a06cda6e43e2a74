import { describe, expect, it, vi, afterEach } from 'vitest';
import { sendChunked } from '../support/api-server.ts';
import { startObjectApi } from '../support/object-api.ts';
import { schemaErrors } from '../support/published-schema.ts';
import { definition, text } from '../support/resource-definition.ts';
import { runSallyport } from '../support/terminal.ts';
import { asYaml } from '../support/webhook.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const bridges = definition('tools.example.com', 'MCPBridge', 'mcpbridges', { v1: { token: text } });
const routers = definition('tools.example.com', 'MCPRouter', 'mcprouters', { v1: { token: text } });
const certificates = definition('certs.example.com', 'Certificate', 'certificates', { v1: { token: text } });

const bridge = (name: string) => ({
  apiVersion: 'tools.example.com/v1',
  kind: 'MCPBridge',
  metadata: { name, namespace: 'team-a' },
  spec: { token: 'made-up' },
});

interface Summary {
  readonly summary: { readonly undescribed?: unknown };
}

/** `audit` of a cluster with two pages of definitions, in which no user may list these plurals. */
async function auditCluster(forbidden: readonly string[], ...args: string[]) {
  const api = await startObjectApi([], {
    permits: ({ resource }) => !forbidden.includes(resource),
    other(path, res) {
      const { searchParams } = new URL(res.req.url ?? '', 'https://x');
      const isNext = searchParams.has('continue');
      if (path.endsWith('/customresourcedefinitions'))
        sendChunked(res, 200, {
          metadata: isNext ? {} : { continue: 'next' },
          items: isNext ? [bridges] : [certificates, routers],
        });
      else if (path.endsWith('/mcpbridges'))
        sendChunked(res, 200, {
          metadata: isNext ? {} : { continue: 'next' },
          items: isNext
            ? [{ metadata: { name: 'c' } }]
            : [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
        });
      else if (path.endsWith('/mcprouters')) sendChunked(res, 200, { metadata: {}, items: [] });
      else return false;
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  return { ...(await runSallyport(['audit', '--context', 'test', ...args])), asked: api.asked };
}

describe('audit of a cluster with kinds that no description reads', () => {
  it('counts their objects in one line, and that is no error', async () => {
    const { code, out } = await auditCluster([]);
    expect(out).toContain(
      '3 objects of kinds that no description reads were not checked: MCPBridge.tools.example.com (3). To see their fields: sallyport kinds coverage.\n',
    );
    expect(code).toBe(0);
  });

  it('counts those of one namespace', async () => {
    const { asked } = await auditCluster([], '--namespace', 'team-a');
    const listed = asked.filter((one) => one.includes('mcpbridges'));
    expect(listed).not.toEqual([]);
    expect(listed.every((one) => one.includes('/namespaces/team-a/mcpbridges'))).toBe(true);
  });

  it('counts them in JSON', async () => {
    const { out } = await auditCluster([], '--output', 'json');
    const report = JSON.parse(out) as Summary;
    expect(schemaErrors('findings')(report)).toEqual([]);
    expect(report.summary.undescribed).toEqual([
      { group: 'tools.example.com', kind: 'MCPBridge', objects: 3 },
    ]);
  });

  it.each([
    ['customresourcedefinitions', 'the custom resource definitions'],
    ['mcpbridges', 'mcpbridges.tools.example.com'],
  ])('says that it may not list %s', async (resource, what) => {
    const { code, out } = await auditCluster([resource]);
    expect(out).toContain(
      `Objects of kinds that no description reads were not counted: ${what} could not be listed: you may not list them`,
    );
    expect(code).toBe(0);
    const json = await auditCluster([resource], '--output', 'json');
    const report = JSON.parse(json.out) as Summary;
    expect(schemaErrors('findings')(report)).toEqual([]);
    expect(report.summary.undescribed).toBeNull();
  });
});

describe('audit of files with kinds that no description reads', () => {
  it('counts their objects by the definitions among the files, and prints no value', async () => {
    const stdin = asYaml([bridges, bridge('a')]);
    const { code, out } = await runSallyport(['audit', '-'], { stdin });
    expect(out).toContain(
      '1 object of kinds that no description reads was not checked: MCPBridge.tools.example.com (1).',
    );
    expect(out).not.toContain('made-up');
    expect(code).toBe(0);
  });

  it('says nothing where there is no such object', async () => {
    const { out } = await runSallyport(['audit', '-'], { stdin: asYaml([bridges, certificates]) });
    expect(out).not.toContain('no description');
  });
});
