import { describe, expect, it, vi } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { configOf, proxiesOf } from '../../src/core/inject/injected-state.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { findingsIn } from '../support/findings.ts';
import { startObjectApi, type AskedRight } from '../support/object-api.ts';
import { runSallyport } from '../support/terminal.ts';
import { operationsOf, reviewOf, startWebhook } from '../support/webhook.ts';

/** What `why` and `audit` say of a cluster, which is an API server with these objects. */

const installed = (settings: object, namespace = 'sallyport-system') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'sallyport', namespace },
  data: {
    'config.yaml': JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings }),
  },
});
const webhooks = (namespace: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'sallyport' },
  webhooks: [
    {
      name: 'inject-labelled-pods.sallyport.dev',
      clientConfig: { caBundle: 'eA==', service: { namespace, name: 'sallyport' } },
      failurePolicy: 'Fail',
    },
  ],
});
const teamA = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } };
const cluster = [teamA, webhooks('sallyport-system')];

interface More {
  readonly permits?: (right: AskedRight) => boolean;
  /** The proxy's metrics and log. */
  readonly metrics?: string;
  readonly log?: string;
}

async function run(args: readonly string[], objects: readonly object[], more: More = {}) {
  const api = await startObjectApi(objects, {
    ...(more.permits ? { permits: more.permits } : {}),
    other(path, res) {
      const text = path.endsWith('/proxy/metrics')
        ? more.metrics
        : path.endsWith('/log')
          ? more.log
          : undefined;
      if (text === undefined) return false;
      res.writeHead(200, { 'content-type': 'text/plain' }).end(text);
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const result = await runSallyport([...args, '--context', 'test', '-n', 'team-a']);
  vi.unstubAllEnvs();
  return result;
}

const started = (pod: Fields): Fields => ({
  ...pod,
  status: { phase: 'Running', initContainerStatuses: [{ name: 'sallyport-proxy', started: true }] },
});
const named = (object: Fields, name: string): Fields => ({
  ...object,
  metadata: { ...(object['metadata'] as object), name, uid: `uid-of-${name}` },
});

const kelosWorld = [kelos.storedJob(), ...kelos.world];
const kelosPod = named(kelos.pod(), 'task1-x');
const withAnnotation = (object: Fields): Fields => ({
  ...object,
  metadata: {
    ...(object['metadata'] as object),
    annotations: { 'sallyport.dev/upstream': 'https://mcp.example.com' },
  },
});
const misspeltName =
  /^ {2}NO {2}names {5}Secret \S+: \[MCP004\] unknown annotation sallyport\.dev\/upstream \(did you mean sallyport\.dev\/upstreams\?\)/m;

async function rewritten(pod: Fields, world: readonly object[], configuration: object): Promise<Fields> {
  const { rewrite } = await startWebhook({ objects: { 'a.yaml': world }, configuration });
  return started(applyPatch(pod, operationsOf(await rewrite(reviewOf(pod)))));
}

describe('why and audit judge by the configuration that is installed', () => {
  it('of a pod that was rewritten', async () => {
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const { code, out, err } = await run(
      ['why', 'pod/task1-x'],
      [...cluster, installed(kelos.on), ...kelosWorld, pod],
    );
    expect(err).toBe('sallyport: configuration: ConfigMap sallyport-system/sallyport of the cluster\n');
    expect(out).toMatch(/\nOK: github → https:\/\/mcp\.example\.com\n$/);
    expect(code).toBe(0);
  });

  it('of a pod that was rewritten, with a line for a misspelt annotation of its Secret', async () => {
    const misspelt = kelosWorld.map((object) =>
      (object as Fields)['kind'] === 'Secret' ? withAnnotation(object as Fields) : object,
    );
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const stored = await run(['why', 'pod/task1-x'], [...cluster, installed(kelos.on), ...misspelt, pod]);
    expect(stored.out).toMatch(misspeltName);
    expect(stored.code).toBe(0);
    const missed = await run(
      ['why', 'pod/task1-x'],
      [...cluster, installed(kelos.on), ...misspelt, kelosPod],
    );
    expect(missed.out).toMatch(misspeltName);
  });

  it('in the namespace that the webhook configuration points to', async () => {
    const objects = [teamA, webhooks('security'), installed(kelos.on, 'security'), ...kelosWorld, kelosPod];
    const { code, out, err } = await run(['audit', '-o', 'json'], objects);
    expect(err).toBe('sallyport: configuration: ConfigMap security/sallyport of the cluster\n');
    const rows = findingsIn<{ code: string; object: { kind: string } }>(out);
    expect(rows.filter(({ object }) => object.kind === 'Pod').map((row) => row.code)).toEqual(['MCP511']);
    expect(code).toBe(1);
  });

  it('or by the defaults, with the reason, where it may not be read', async () => {
    const objects = [...cluster, installed(kelos.on), ...kelosWorld, kelosPod];
    const permits = ({ resource, namespace }: AskedRight) =>
      resource !== 'configmaps' || namespace !== 'sallyport-system';
    const { out, err } = await run(['why', 'pod/task1-x'], objects, { permits });
    expect(err).toBe(
      'sallyport: warning: you may not get ConfigMap sallyport-system/sallyport: the default configuration is used; to use another one, add --config FILE\n',
    );
    expect(out).toContain('the configuration does not switch kelos on');
  });

  it('or by the defaults, with the problem, where it is not valid', async () => {
    const broken = installed({ modes: { ceiling: 'hihg' } });
    const { err } = await run(['audit'], [...cluster, broken]);
    expect(err).toMatch(
      /^sallyport: warning: ConfigMap \S+ is not valid \(.*modes\.ceiling.*\): the default/,
    );
  });
});

it('why says that the API server cannot be reached', async () => {
  const api = await startObjectApi([]);
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  api.server.close();
  api.server.closeAllConnections();
  const { code, err } = await runSallyport(['why', 'pod/a', '--context', 'test']);
  vi.unstubAllEnvs();
  expect(code).toBe(2);
  expect(err).toMatch(
    /^sallyport: --context test: the API server 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\); to check the context, run: kubectl --context test version\n$/,
  );
});

describe('why of the Deployment of an agent', () => {
  const template = kagent.pod();
  const { labels } = template['metadata'] as { labels: Record<string, string> };
  const deployment = {
    ...kagent.deployment(),
    spec: {
      selector: { matchLabels: { app: 'kagent', kagent: 'helper' } },
      template: { metadata: { labels }, spec: template['spec'] },
    },
  };
  const world = [...kagent.world.filter((one) => (one as Fields)['kind'] !== 'Deployment'), deployment];
  const objects = [...cluster, installed(kagent.on), ...world];

  it('says that its pods are rewritten, and where they call', async () => {
    const pod = await rewritten(kagent.pod(), world, kagent.on);
    const { code, out } = await run(['why', 'deployment/helper'], [...objects, pod]);
    expect(out).toContain(
      'kagent created the Deployment, and Sallyport rewrites its pods when they are created',
    );
    expect(out).toMatch(/\nOK: linear → https:\/\/linear\.example\.com\n$/);
    expect(out).not.toContain('add the label');
    expect(code).toBe(0);
  });

  it('says which of its pods was missed', async () => {
    const { code, out } = await run(['why', 'deployment/helper'], [...objects, started(kagent.pod())]);
    expect(out).toContain('ok  pod       helper-7d4f-x1, one of 1');
    expect(out).toMatch(/\nReason: the pod holds the credentials of linear \S+ in plain text: /);
    expect(code).toBe(1);
  });

  it('passes over pods that ended', async () => {
    const ended = { ...kagent.pod(), status: { phase: 'Succeeded' } };
    const { code, out } = await run(['why', 'deployment/helper'], [...objects, ended]);
    expect(out).toMatch(/\nOK: Sallyport rewrites the pods of this Deployment when they are created\n$/);
    expect(code).toBe(0);
  });

  it('says so without pods, too', async () => {
    const { code, out } = await run(['why', 'deployment/helper'], objects);
    expect(out).toMatch(/\nOK: Sallyport rewrites the pods of this Deployment when they are created\n$/);
    expect(code).toBe(0);
  });
});

it('why of a CronJob, which selects no pods, passes over the other pods of its namespace', async () => {
  const metadata = {
    labels: { 'sallyport.dev/inject': 'true' },
    annotations: { 'sallyport.dev/servers': 'remotemcpserver/linear' },
  };
  const template = { metadata, spec: { containers: [{ name: 'app', image: 'example.com/agent:1' }] } };
  const cronJob = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'team-a' },
    spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
  };
  const objects = [...cluster, installed(kagent.on), ...kagent.world, cronJob, started(kagent.pod())];
  const { out } = await run(['why', 'cronjob/nightly'], objects);
  expect(out).toMatch(/\nOK: linear → https:\/\/linear\.example\.com\n$/);
  expect(out).not.toContain('helper-7d4f-x1');
});

describe('why of a pod that has its proxy', () => {
  const objects = (pod: Fields, settings: object = kelos.on) => [
    ...cluster,
    installed(settings),
    ...kelosWorld,
    pod,
  ];

  it('agrees with the audit that its image is outdated', async () => {
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const newer = { inject: { ...kelos.on.inject, image: 'sallyport-proxy:9' } };
    const audit = await run(['audit', '-o', 'json'], objects(pod, newer));
    const [row] = findingsIn<{ code: string; object: { kind: string } }>(audit.out).filter(
      ({ object }) => object.kind === 'Pod',
    );
    expect(row?.code).toBe('MCP510');
    const { code, out } = await run(['why', 'pod/task1-x'], objects(pod, newer));
    expect(out).toContain('\nReason: [MCP510] sallyport-proxy runs "sallyport-proxy:');
    expect(code).toBe(1);
  });

  it('agrees with the audit that its proxy was altered', async () => {
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const [proxy] = proxiesOf(pod);
    Object.assign(proxy?.fields ?? {}, { command: ['sh'] });
    const { code, out } = await run(['why', 'pod/task1-x'], objects(pod));
    expect(out).toContain('\nReason: [MCP501] ');
    expect(code).toBe(1);
  });

  const metricsOf = (answered: number, failed: number) =>
    [
      `sallyport_proxy_requests_total{server="github",outcome="2xx"} ${answered}`,
      `sallyport_proxy_requests_total{server="github",outcome="failed"} ${failed}`,
      `sallyport_proxy_upstream_failures_total{server="github",cause="tls"} ${failed}`,
      '',
    ].join('\n');
  const failedAt = (time: Date) =>
    `${JSON.stringify({ time: time.toISOString(), level: 'warn', event: 'request failed', server: 'github', error: 'tls' })}\n`;

  it.each<[string, More, string | undefined]>([
    ['all fail', { metrics: metricsOf(0, 12) }, 'the server answered none of 12 requests'],
    [
      'the last one failed just now',
      { metrics: metricsOf(40, 2), log: failedAt(new Date()) },
      'the last failure was at ',
    ],
    ['one failed hours ago', { metrics: metricsOf(40, 1), log: failedAt(new Date(0)) }, undefined],
    ['none was made', { metrics: '' }, undefined],
  ])('looks at its calls: %s', async (_, more, proof) => {
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const { code, out } = await run(['why', 'pod/task1-x'], objects(pod), more);
    expect(code).toBe(proof === undefined ? 0 : 1);
    if (proof === undefined) expect(out).toContain('\nOK: github');
    else {
      expect(out).toContain(`Reason: calls to server github fail with 502 or 503 (tls): ${proof}`);
      expect(out).toContain('kubectl -n team-a logs task1-x -c sallyport-proxy');
    }
  });

  it('asks the proxy at the port that its configuration names', async () => {
    const pod = await rewritten(kelosPod, kelosWorld, kelos.on);
    const [proxy] = proxiesOf(pod);
    const api = await startObjectApi(objects(pod));
    vi.stubEnv('KUBECONFIG', api.kubeconfig);
    await runSallyport(['why', 'pod/task1-x', '--context', 'test', '-n', 'team-a']);
    vi.unstubAllEnvs();
    const { admin } = configOf(proxy?.fields ?? {}) ?? {};
    expect(api.asked).toContain(`GET /api/v1/namespaces/team-a/pods/task1-x:${admin}/proxy/metrics`);
  });
});

describe('why of a labelled pod says what keeps the webhook from it', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'agent',
      namespace: 'team-a',
      uid: 'uid-of-agent',
      labels: { 'sallyport.dev/inject': 'true' },
      annotations: { 'sallyport.dev/servers': 'agentconfig/tools/github' },
    },
    spec: { containers: [{ name: 'app', image: 'example.com/agent:1' }] },
    status: { phase: 'Running' },
  };
  const entry = webhooks('sallyport-system').webhooks[0];
  const configured = (change: object) => ({
    ...webhooks('sallyport-system'),
    webhooks: [{ ...entry, ...change }],
  });
  const whyWith = (objects: readonly object[], more: More = {}) =>
    run(['why', 'pod/agent'], [installed({}), ...kelos.world, pod, ...objects], more);

  it.each<[string, readonly object[], string]>([
    [
      'it is not installed',
      [teamA],
      'the webhook entry inject-labelled-pods.sallyport.dev is not installed, so no pod is injected',
    ],
    [
      'its entry is another one',
      [teamA, configured({ name: 'somebody.example.com' })],
      'the webhook entry inject-labelled-pods.sallyport.dev is not installed, so no pod is injected',
    ],
    [
      'its entry does not select the namespace',
      [teamA, configured({ namespaceSelector: { matchLabels: { mcp: 'true' } } })],
      'namespace team-a is exempt: the webhook entry inject-labelled-pods.sallyport.dev does not select it',
    ],
    [
      'its entry has no CA bundle',
      [
        teamA,
        configured({ clientConfig: { service: { namespace: 'sallyport-system', name: 'sallyport' } } }),
      ],
      'the webhook entry inject-labelled-pods.sallyport.dev has no CA bundle yet, so the API server rejects labelled pods',
    ],
  ])('%s', async (_, objects, reason) => {
    const { code, out } = await whyWith(objects);
    expect(out).toContain(`\nReason: ${reason}`);
    expect(code).toBe(1);
  });

  it('unless the caller may not read the webhook configurations', async () => {
    const permits = ({ resource }: AskedRight) => resource !== 'mutatingwebhookconfigurations';
    const { out } = await whyWith(cluster, { permits });
    expect(out).toMatch(/^ {2}\? +cluster +you may not read the webhook configurations or the namespace$/m);
    expect(out).not.toContain('Reason: the webhook entry');
  });

  it('and names the entry that the API server calls, with its failure policy', async () => {
    const selected = { ...teamA, metadata: { name: 'team-a', labels: { mcp: 'true' } } };
    const selecting = configured({
      namespaceSelector: { matchLabels: { mcp: 'true' } },
      failurePolicy: 'Ignore',
    });
    const { out } = await whyWith([selected, selecting]);
    expect(out).toMatch(
      /^ {2}ok +cluster +the API server calls inject-labelled-pods\.sallyport\.dev \(failurePolicy Ignore\)$/m,
    );
  });
});
