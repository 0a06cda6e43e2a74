import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfiguration } from '../../src/core/configuration.ts';
import { version } from '../../src/core/version.ts';
import { runSallyport } from '../support/terminal.ts';
import { everyFamily, generatedManifests, helmBinary, helmIn, rendered } from './helm.ts';
import { Kubectl } from './kubectl.ts';
import { repository } from './cache.ts';
import { attempt, run } from './processes.ts';
import { base, system, withoutWebhooks } from './sallyport.ts';

/** The chart, rendered by Helm itself: what is committed, what values make of it, and what a real API server says. */
const kubectl = new Kubectl(inject('cluster'));
const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-'));
let helm = '';

beforeAll(async () => {
  helm = await helmBinary((line) => console.log(line));
}, 1_800_000);
afterAll(() => rmSync(folder, { recursive: true }));

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
}
const documentsIn = (text: string): Document[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Document | null)
    .filter((document) => document !== null);

function valuesFile(values: object): string {
  const file = path.join(folder, 'values.yaml');
  writeFileSync(file, JSON.stringify(values));
  return file;
}
/** As kubectl applies it: without the labels that name Helm. */
function withoutHelm(document: Document): unknown {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === 'helm.sh/chart' || key === 'app.kubernetes.io/managed-by' ? undefined : value,
  );
}
const withValues = async (values: object) => documentsIn(await rendered(helm, '-f', valuesFile(values)));

describe('manifests/base and what is beside it', () => {
  it('is what Helm makes of the chart, byte for byte; if this fails, run: npm run generate', async () => {
    for (const [file, text] of Object.entries(await generatedManifests(helm)))
      expect(readFileSync(path.join(base, '..', file), 'utf8'), file).toBe(text);
  });

  it('with cert-manager is the chart with cert-manager, for whoever has no Helm', async () => {
    const overlay = documentsIn(await kubectl.run(['kustomize', path.join(base, '../cert-manager')]));
    const made = await withValues({ certManager: { enabled: true }, families: await everyFamily() });
    const byName = (documents: readonly Document[]) =>
      Object.fromEntries(documents.map((one) => [`${one.kind} ${one.metadata.name}`, withoutHelm(one)]));
    const { [`Namespace sallyport-system`]: own, ...others } = byName(overlay);
    expect(own).toBeDefined();
    expect(others).toEqual(byName(made));
  });
});

describe('an overlay as docs/install.md has it', () => {
  it('has its own images and configuration, and all else of the base', async () => {
    const page = readFileSync(path.join(repository, 'docs/install.md'), 'utf8');
    const [, overlay = ''] = /```yaml\n(apiVersion: kustomize[^`]*)```/.exec(page) ?? [];
    mkdirSync(path.join(folder, 'ours'));
    writeFileSync(path.join(folder, 'ours/kustomization.yaml'), overlay);
    cpSync(base, path.join(folder, 'base'), { recursive: true });
    const made = documentsIn(await kubectl.run(['kustomize', path.join(folder, 'ours')]));
    const images = made.flatMap((one) => /image":"([^"]*)"/.exec(JSON.stringify(one))?.[1] ?? []);
    expect([...new Set(images)]).toEqual([`registry.example.com/sallyport:${version}`]);
    const map = made.find(({ kind }) => kind === 'ConfigMap');
    expect(map?.data?.['config.yaml']).toContain('ceiling: warn');
    const files = ['namespace', 'webhooks', 'sallyport'];
    const inBase = files.flatMap((file) =>
      documentsIn(readFileSync(path.join(base, `${file}.yaml`), 'utf8')),
    );
    expect(made).toHaveLength(inBase.length);
  });
});

/** Something in every part of the configuration that the floor heeds. */
const config = {
  exemptions: [
    {
      codes: ['MCP101', 'MCP404'],
      kind: 'mcpremoteproxies.toolhive.stacklok.dev',
      namespace: 'a',
      name: 'b.c',
      reason: 'r',
    },
  ],
  modes: {
    ceiling: 'warn',
    rules: { MCP103: 'enforce', MCP201: 'warn' },
    kinds: { 'modelconfigs.kagent.dev': 'warn', 'agents.kagent.dev': 'audit' },
    namespaces: [{ names: ['sandbox-*', 'x'], rules: { MCP101: 'warn', MCP102: 'off' } }],
    writers: [
      { username: 'system:serviceaccount:kagent:*', rules: { MCP101: 'warn' } },
      { username: "O'Brien (\\)", rules: { MCP102: 'audit' } },
    ],
    namespaceLabelMay: ['warn', 'audit'],
  },
  credentials: { headers: { sensitive: ['X-Team-Ticket'], harmless: ['X-Session-Token'] } },
};

describe('the chart', () => {
  it('with the production values denies what MCP206 and MCP209 find', async () => {
    const values = ['-f', path.join(repository, 'manifests/chart/values-production.yaml')];
    const made = documentsIn(await rendered(helm, ...values));
    const map = made.find(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'] !== undefined);
    expect(readConfiguration(parse(map?.data?.['config.yaml'] ?? ''))).toMatchObject({
      configuration: {
        modes: { ceiling: 'enforce', rules: { MCP206: 'enforce' } },
        credentials: { requireUpstreams: 'enforce' },
      },
    });
  });

  it('renders the same bytes every time', async () => {
    const values = ['-f', valuesFile({ config, floor: { enabled: true }, certManager: { enabled: true } })];
    expect(await rendered(helm, ...values)).toBe(await rendered(helm, ...values));
  });

  it('makes the same floor of a configuration as sallyport floor --config', async () => {
    const file = path.join(folder, 'config.yaml');
    writeFileSync(file, JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...config }));
    const { out } = await runSallyport(['floor', '--config', file]);
    const inOrder = (documents: readonly Document[]) =>
      Object.fromEntries(
        documents.map((one) => [
          `${one.kind} ${one.metadata.name}`,
          // The chart adds the labels of a release.
          { ...one, metadata: { name: one.metadata.name } },
        ]),
      );
    const made = await withValues({ config, floor: { enabled: true }, families: await everyFamily() });
    const floor = made.filter(({ metadata }) => metadata.name.startsWith('sallyport-floor-'));
    expect(floor.length).toBeGreaterThan(40);
    expect(inOrder(floor)).toEqual(inOrder(documentsIn(out)));
  });

  it.each([
    [{}, false],
    [{ failurePolicy: { resources: 'Ignore' } }, true],
    [{ failurePolicy: { resources: 'Ignore' }, floor: { enabled: false } }, false],
    [{ floor: { enabled: true } }, true],
  ])('with %j has the floor: %s', async (values, there) => {
    const made = await withValues(values);
    expect(made.some(({ metadata }) => metadata.name.startsWith('sallyport-floor-'))).toBe(there);
  });

  it('hands the configuration on as it is, with the proxy of this release', async () => {
    const made = await withValues({ config, images: { proxy: 'example.com/proxy:2' } });
    const [map] = made.filter(({ kind }) => kind === 'ConfigMap');
    const [written] = documentsIn(map?.data?.['config.yaml'] ?? '');
    expect(written).toEqual({
      apiVersion: 'sallyport.dev/v1',
      kind: 'Configuration',
      ...config,
      inject: { image: 'example.com/proxy:2' },
    });
  });

  it('for some namespaces binds the right to read there, and nowhere else', async () => {
    const made = await withValues({ namespaces: ['team-a', 'team-b'] });
    const bindings = made.filter(
      ({ kind, metadata }) => kind.endsWith('RoleBinding') && metadata.name === 'sallyport-admission',
    );
    expect(bindings.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`)).toEqual([
      'RoleBinding team-a',
      'RoleBinding team-b',
    ]);
  });

  it('with cert-manager asks it for the Secret that is served, and makes none', async () => {
    const made = await withValues({ certManager: { enabled: true } });
    const [certificate] = made.filter(
      ({ kind, metadata }) => kind === 'Certificate' && metadata.name === 'sallyport',
    );
    expect(certificate).toMatchObject({
      spec: {
        secretName: 'sallyport-webhook',
        dnsNames: ['sallyport.sallyport-system.svc'],
        issuerRef: { name: 'sallyport' },
      },
    });
    expect(JSON.stringify(made.filter(({ kind }) => kind === 'Deployment'))).toContain('--authority=secret');
    expect(made.filter(({ kind }) => kind === 'Issuer')).toHaveLength(2);
    // What it signed last may still be served when its own renewal, at two thirds, has come: a CA must outlive that.
    const ca = made.find(
      ({ kind, metadata }) => kind === 'Certificate' && metadata.name === 'sallyport-authority',
    );
    const hours = (one: unknown) =>
      Number(/^(\d+)h$/.exec((one as { spec: { duration?: string } }).spec.duration ?? '')?.[1]);
    expect(hours(ca) / 3).toBeGreaterThan(hours(certificate));
    const named = await withValues({
      certManager: { enabled: true, issuerRef: { name: 'ours', kind: 'ClusterIssuer' } },
    });
    expect(named.filter(({ kind }) => kind === 'Issuer')).toHaveLength(0);
  });

  it.each([
    [{ replica: 2 }, 'replica'],
    [{ config: { modes: { ceiling: 'wran' } } }, 'ceiling'],
    [{ config: { mode: {} } }, 'mode'],
    [{ failurePolicy: { pods: 'fail' } }, 'pods'],
    [{ config: { modes: { rules: { MCP999: 'warn' } } } }, 'MCP999'],
    [{ certificateFiles: { served: { emptyDir: {} } } }, 'certificateFiles.authority'],
    [
      {
        certificateFiles: { served: { emptyDir: {} }, authority: { emptyDir: {} } },
        certManager: { enabled: true },
      },
      'certManager.enabled',
    ],
  ])('refuses %j and says where', async (values, place) => {
    const { code, stderr } = await attempt(helm, [
      'template',
      path.dirname(base) + '/chart',
      '--kube-version=1.30.0',
      '-f',
      valuesFile(values),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(place);
  });

  it.each([
    ['the defaults', {}],
    [
      'everything but cert-manager',
      {
        config,
        floor: { enabled: true },
        namespaces: ['default'],
        networkPolicy: { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
        failurePolicy: { resources: 'Ignore', pods: 'Ignore' },
        priorityClassName: 'system-cluster-critical',
        images: { pullSecrets: ['ours'] },
      },
    ],
  ])('the API server takes it with %s', async (_, values) => {
    const made = await rendered(helm, '-f', valuesFile(values));
    await kubectl.run(['apply', '--dry-run=server', '-f', '-'], made);
  });
});

describe('a release of Helm', () => {
  const release = (...args: string[]) => helmIn(inject('cluster'), helm, args);
  /** What `helm test` creates, wherever it is. */
  const left = async () => {
    const kinds = 'serviceaccounts,roles,rolebindings,pods,namespaces';
    return (
      await kubectl.run(['get', kinds, '-A', '-l', 'app.kubernetes.io/name=sallyport-test', '-o', 'name'])
    ).trim();
  };
  let notes = '';
  beforeAll(async () => {
    const adopt = ['--take-ownership', '--wait', '--timeout=5m'];
    notes = await release('install', 'sallyport', 'manifests/chart', `--namespace=${system}`, ...adopt);
  }, 400_000);
  afterAll(async () => {
    // What it installed stays, as the other files have it, and only the record of the release goes.
    await kubectl.run(['delete', 'secret', '-n', system, '-l', 'owner=helm,name=sallyport']);
    await kubectl.run(['apply', '-k', base]);
    await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport', '--timeout=120s']);
  }, 200_000);

  it('says what was installed, how to verify it, and what is next', () => {
    expect(notes).toContain(`sallyport:${version}`);
    for (const text of ['Verify the installation', 'helm test sallyport', 'Next step'])
      expect(notes).toContain(text);
  });

  it('passes helm test, which deletes what it created', async () => {
    expect(await release('test', 'sallyport', `--namespace=${system}`)).toMatch(/Phase: +Succeeded/);
    expect(await left()).toBe('');
  }, 120_000);

  it('fails helm test while no webhook is called, says so in its log, and leaves the pod only', async () => {
    // The API server continues to call a webhook for a moment after its configuration is gone.
    await withoutWebhooks(kubectl, async () => {
      await expect(release('test', 'sallyport', `--namespace=${system}`)).rejects.toThrow();
    });
    expect(await left()).toBe('pod/sallyport-test');
    expect(await kubectl.run(['logs', '-n', system, 'sallyport-test'])).toContain(
      'it did not call the webhook. To find the cause, run: sallyport doctor',
    );
    await kubectl.run(['delete', 'pod', '-n', system, 'sallyport-test']);
  }, 300_000);
});

describe('GitOps', () => {
  it('applies it again and again and sees no difference', async () => {
    const server = ['--server-side', '--field-manager=gitops', '--force-conflicts'];
    for (const _ of [1, 2]) await kubectl.run(['apply', ...server, '-k', base]);
    expect(await kubectl.run(['diff', '--server-side', '--field-manager=gitops', '-k', base])).toBe('');
    const { webhooks } = await kubectl.get<{
      webhooks: readonly { clientConfig: { caBundle?: string; service: { path?: string } } }[];
    }>('default', 'validatingwebhookconfiguration/sallyport');
    for (const { clientConfig } of webhooks) {
      expect(clientConfig.caBundle).toBeTruthy();
      expect(clientConfig.service.path).toMatch(/^\/./);
    }
    await kubectl.run(['apply', '-k', base]);
    expect(await kubectl.run(['diff', '-k', base])).toBe('');
  });
});

describe('kubectl', () => {
  it('finds the command line as a plugin, and lists its commands', async () => {
    symlinkSync(path.join(repository, 'dist/cli.mjs'), path.join(folder, 'kubectl-sallyport'));
    const [program, ...first] = inject('cluster').kubectl;
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    expect(await run(program, [...first, 'plugin', 'list', '--name-only'], { env })).toContain(
      'kubectl-sallyport',
    );
    const said = await run(program, [...first, 'sallyport', 'explain', 'sallyport.dev/servers'], { env });
    expect(said).toMatch(/^## sallyport\.dev\/servers/);
  });
});
