import type { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { encodeProxyConfig, type ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { secretControllers } from '../../src/core/secret-controllers.ts';
import { grantedRights } from '../../src/core/service-accounts.ts';
import { createEngine, settingsOf } from '../../src/engine/engine.ts';
import { isFollowed, rememberResources } from '../../src/engine/resource-memory.ts';
import { watchPods, type Watching } from '../../src/engine/watch.ts';
import { withoutSecrets } from '../../src/engine/without-secrets.ts';
import { eventWriter } from '../../src/kube/event-writer.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { ownObjects } from '../../src/kube/own-objects.ts';
import { podFeed } from '../../src/kube/pod-feed.ts';
import { resourceVersions } from '../../src/kube/resource-versions.ts';
import { createWatchMetrics } from '../../src/telemetry/watch-metrics.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import * as toolhive from '../core/operators/toolhive-world.ts';
import { fixtureFolders, objectsOf } from '../kinds/fixtures.ts';
import { startObjectApi, type AskedRight } from '../support/object-api.ts';
import { configurationWith, labelledPod, reviewOf, startWebhook, updateOf } from '../support/webhook.ts';

/** Each program's requests, recorded by an API server, and the rights that the chart gives its service account. */

/** Rights that a platform may add: which controller will create a missing Secret (docs/configuration.md). */
const optional = secretControllers.map(({ group, plural }) => `list ${plural}.${group}`).toSorted();

const referable = new Set(
  compileKinds().all.flatMap(({ kind, plural, group, injectable: mayBeNamed }) =>
    mayBeNamed || kind === 'ConfigMap' ? [] : [`get ${inGroup(plural, group)}`],
  ),
);

const families = { inject: { families: { kelos: true, toolhive: true, kagent: true } } };
const injectable = compileKinds().all.filter((kind) => kind.injectable);

/** One object of each kind that pods name. */
const followed = injectable
  .filter(({ group }) => group !== '')
  .map(({ group, kind, versions: [version = ''] }) => ({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: 'one', namespace: 'team-a', resourceVersion: '3' },
  }));

const named = (object: Fields, name: string): Fields => ({
  ...object,
  metadata: { ...(object['metadata'] as object), name },
});
const axon = (object: object): object =>
  JSON.parse(
    JSON.stringify(object)
      .replaceAll('kelos.dev/v1alpha2', 'axon.io/v1alpha1')
      .replaceAll('kelos.dev/', 'axon.io/'),
  ) as object;

/** Every workload that an operator creates, with its owners and what they name. */
const operatorPods: readonly Fields[] = [
  named(kelos.pod(), 'kelos-job'),
  named(
    kelos.pod(undefined, [
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        name: 'sess1',
        uid: 'uid-of-sess1-set',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]),
    'kelos-set',
  ),
  named(toolhive.proxyPod(), 'proxy'),
  named(toolhive.vmcpPod(), 'vmcp'),
  kagent.pod(),
  named(kagent.sandboxPod(), 'boxed'),
];
const pool = {
  apiVersion: 'kelos.dev/v1alpha2',
  kind: 'WorkerPool',
  metadata: { name: 'sess1', namespace: 'team-a', uid: 'uid-of-sess1' },
};

interface World {
  readonly pods: readonly Fields[];
  readonly objects: readonly object[];
}
const ownersOfKelos = [
  kelos.toolsConfig(),
  kelos.task(),
  kelos.session(),
  kelos.storedJob(),
  kelos.statefulSet(),
];
const kelosPods = operatorPods.slice(0, 2);
const pooled = (object: object): object =>
  JSON.parse(JSON.stringify(object).replaceAll('"Session"', '"WorkerPool"')) as object;
const agents = kagent.agent([
  kagent.tool('linear'),
  kagent.tool('kmcp', {}, { kind: 'MCPServer' }),
  kagent.tool('svc', {}, { kind: 'Service', apiGroup: '' }),
]);
/** Names are shared between some of them, so there is one world after the other. */
const worlds: readonly World[] = [
  { pods: kelosPods, objects: ownersOfKelos },
  { pods: kelosPods.slice(1), objects: [kelos.toolsConfig(), pooled(kelos.statefulSet()), pool] },
  { pods: kelosPods.map((pod) => axon(pod) as Fields), objects: ownersOfKelos.map(axon) },
  {
    pods: kelosPods.slice(1).map((pod) => axon(pod) as Fields),
    objects: [pooled(kelos.statefulSet()), pool].map(axon),
  },
  { pods: operatorPods.slice(2, 4), objects: [...toolhive.proxyWorld, ...toolhive.vmcpWorld] },
  {
    pods: operatorPods.slice(4),
    objects: [
      agents,
      kagent.agent([kagent.tool('linear')], {}, 'SandboxAgent'),
      kagent.deployment(),
      kagent.replicaSet(),
      kagent.sandbox(),
      kagent.linear,
      kagent.linearToken,
      kagent.kmcpServer('kmcp'),
      kagent.service('svc'),
      kagent.configSecret(),
    ],
  },
];

/** A pod whose proxy has a server of each kind. */
const injected = (): Fields => {
  const servers = injectable.map(({ kind, group }, i): ProxyServer => ({
    name: `s${i}`,
    ref: `${inGroup(kind.toLowerCase(), group)}/one/s${i}`,
    port: 14_700 + i,
    transport: 'http',
    upstream: 'https://mcp.example.com/',
    dir: `/run/sallyport/servers/s${i}`,
    headers: [],
    bundles: [],
    tls: null,
  }));
  const value = encodeProxyConfig({ version: 1, admin: 14_790, onMissing: 'wait', servers });
  const pod = labelledPod('mcpserverentry/one');
  return {
    ...pod,
    spec: {
      ...pod.spec,
      initContainers: [{ name: 'sallyport-proxy', env: [{ name: 'SALLYPORT_PROXY_CONFIG', value }] }],
    },
  };
};

const isGranted = (account: string) => {
  const rights = grantedRights.filter((right) => right.account === account);
  return ({ verb, group, resource, namespace, name }: AskedRight) =>
    rights.filter(
      (right) =>
        right.verb === verb &&
        right.group === group &&
        right.resource === resource &&
        (!right.own || namespace === 'sallyport-system') &&
        (right.name === undefined || right.name === name),
    );
};

/** The requests that the account may not make, and the rights that it does not use. */
function compared(account: string, asked: readonly AskedRight[]) {
  const granted = isGranted(account);
  const used = new Set(asked.flatMap(granted));
  const text = ({
    verb,
    group,
    resource,
    name = '',
  }: {
    verb: string;
    group: string;
    resource: string;
    name?: string;
  }) => `${verb} ${inGroup(resource, group)} ${name}`.trim();
  return {
    notGranted: [...new Set(asked.filter((right) => granted(right).length === 0).map(text))].toSorted(),
    notUsed: grantedRights
      .filter((right) => right.account === account && !used.has(right))
      .map(text)
      .toSorted(),
  };
}

/** Two watchers, one after the other: the second writes the same events, which is a patch. */
async function askedByWatcher(): Promise<AskedRight[]> {
  const all: AskedRight[] = [];
  const servers: World = { pods: [injected(), labelledPod('mcpserverentry/x')], objects: [] };
  for (const { pods, objects } of [...worlds, servers]) {
    const { config, rights } = await startObjectApi([...pods, ...objects]);
    for (const _watcher of [1, 2]) await watchOnce(config, rights);
    all.push(...rights);
  }
  return all;
}

/** Until it has examined every pod and watches for new ones. */
async function watchOnce(
  config: KubeConfig,
  rights: readonly AskedRight[],
  {
    write,
    warn = (line) => expect.fail(line),
  }: { readonly write?: Watching['write']; readonly warn?: (line: string) => void } = {},
): Promise<void> {
  const stop = new AbortController();
  const before = rights.length;
  const watching = watchPods({
    engine: () => createEngine(settingsOf(configurationWith(families)), withoutSecrets(kubeCluster(config))),
    feed: podFeed(config),
    write: write ?? eventWriter(config, () => 0, stop.signal),
    metrics: createWatchMetrics(),
    log: { info: () => undefined, warn },
    now: () => performance.now(),
    everySeconds: 1,
    stop: stop.signal,
  });
  await expect
    .poll(() => rights.slice(before).some(({ verb }) => verb === 'watch'), { timeout: 20_000 })
    .toBe(true);
  stop.abort();
  await watching;
}

async function askedByServer(): Promise<AskedRight[]> {
  const all: AskedRight[] = [];
  const configuration = { ...families, modes: { namespaceLabelMay: ['warn'] } };
  for (const { pods, objects } of worlds) {
    const { config, rights } = await startObjectApi([...pods, ...objects]);
    const { rewrite } = await startWebhook({ cluster: kubeCluster(config), configuration });
    for (const pod of pods) await rewrite(reviewOf(pod));
    all.push(...rights);
  }
  const { config, rights } = await startObjectApi(followed);
  const stop = new AbortController();
  const cluster = rememberResources(kubeCluster(config), {
    follows: isFollowed(() => settingsOf(configurationWith(configuration))),
    storedVersion: resourceVersions(config, stop.signal).of,
    now: () => performance.now(),
  });
  const { validate, mutate } = await startWebhook({ cluster, configuration });
  for (const folder of fixtureFolders)
    for (const object of objectsOf(folder, 'good.yaml')) {
      const { metadata, ...rest } = object as unknown as Fields;
      const stored = { ...rest, metadata: { namespace: 'team-a', ...(metadata as object) } };
      await validate(reviewOf(stored));
      await validate(updateOf({ ...stored, spec: {} }, stored));
    }
  for (const { kind, group } of compileKinds().all)
    await mutate(reviewOf(labelledPod(`${inGroup(kind.toLowerCase(), group)}/one`)));
  const watched = () =>
    new Set(
      rights.filter(({ verb }) => verb === 'watch').map(({ resource, group }) => inGroup(resource, group)),
    );
  await expect.poll(() => watched().size, { timeout: 20_000 }).toBe(followed.length);
  stop.abort();
  return [...all, ...rights];
}

/** As the programs use their own objects. */
async function askedForOwnObjects(program: 'replica' | 'certificates'): Promise<AskedRight[]> {
  const { config, rights } = await startObjectApi([]);
  config.contexts.forEach((context) => Object.assign(context, { namespace: 'sallyport-system' }));
  const own = ownObjects(config, { pod: 'sallyport-1', uid: undefined });
  const over = { version: '1', values: new Map<string, string>() };
  const webhooks = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
  for (const kind of webhooks) await own.configuration(kind);
  if (program === 'replica') {
    await own.readSecret('sallyport-webhook');
    await own.readSecret('sallyport-path');
    await own.report({ bundle: [], servesUnder: [], steadyMs: 0, lifeMs: 1000 });
    rights.push({
      verb: 'create',
      group: 'coordination.k8s.io',
      resource: 'leases',
      namespace: 'sallyport-system',
      name: '',
    });
    return rights;
  }
  for (const kind of webhooks) await own.publish(kind, []);
  for (const secret of ['sallyport-authority', 'sallyport-webhook', 'sallyport-path'] as const) {
    await own.readSecret(secret);
    await own.writeSecret(secret, new Map(), undefined);
    await own.writeSecret(secret, new Map(), over);
  }
  await own.reports();
  await own.leadership();
  await own.lead('sallyport-certificates-1', 1000, undefined);
  await own.lead('sallyport-certificates-1', 1000, { holder: '', renewed: '', version: '1' });
  return rights;
}

describe('the service account of', () => {
  it('the watcher has exactly the rights that the watcher uses', async () => {
    expect(compared('sallyport-watcher', await askedByWatcher())).toEqual({ notGranted: [], notUsed: [] });
  });

  it('the replicas has the rights that replicas use, without the optional ones', async () => {
    const asked = [...(await askedByServer()), ...(await askedForOwnObjects('replica'))];
    const { notGranted, notUsed } = compared('sallyport', asked);
    expect(notGranted).toEqual(optional);
    // No built-in kind refers to these, and a team's own kind may.
    expect(notUsed.filter((right) => !referable.has(right))).toEqual([]);
  });

  it('the certificate controller has exactly the rights that it uses', async () => {
    expect(compared('sallyport-certificates', await askedForOwnObjects('certificates'))).toEqual({
      notGranted: [],
      notUsed: [],
    });
  });
});

describe('an event of the watcher about a pod that was created during an outage', () => {
  const pod = kagent.pod();
  const helper = [
    kagent.agent(),
    kagent.deployment(),
    kagent.replicaSet(),
    kagent.linear,
    kagent.linearToken,
    kagent.configSecret(),
  ];

  async function messages(
    objects: readonly object[],
    permits: (right: AskedRight) => boolean = () => true,
  ): Promise<{ readonly events: readonly string[]; readonly logged: readonly string[] }> {
    const { config, rights } = await startObjectApi(objects, { permits });
    const events: string[] = [];
    const logged: string[] = [];
    await watchOnce(config, rights, {
      write: ({ reason, message }) => {
        events.push(`${reason}: ${message}`);
        return Promise.resolve(201);
      },
      warn: (line) => void logged.push(line),
    });
    return { events, logged };
  }
  const isGrantedTo = (right: AskedRight) => isGranted('sallyport-watcher')(right).length > 0;

  it.each<[string, Fields, readonly object[]]>([
    ['kagent', pod, helper],
    ['kelos', named(kelos.pod(), 'task1-x'), [...ownersOfKelos, kelos.headerSecret()]],
    ['toolhive', named(toolhive.proxyPod(), 'github-x'), toolhive.proxyWorld],
  ])(
    'that %s created says what is known, with the rights that the chart grants',
    async (_, made, objects) => {
      const { events, logged } = await messages([made, ...objects], isGrantedTo);
      expect(logged).toEqual([]);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatch(
        /^LeftAlone: Pod \S+: \[MCP511\] the pod is as its operator created it, with credentials in plain text\. Fix: /,
      );
      expect(events[0]).not.toMatch(/may not|could not/);
    },
  );

  it('is not written where the agent takes no credential, though its Secret may not be read', async () => {
    const open = kagent.remoteServer('linear', { headersFrom: [] });
    expect(
      await messages(
        [pod, ...helper, open].filter((one) => one !== kagent.linear),
        isGrantedTo,
      ),
    ).toEqual({
      events: [],
      logged: [],
    });
  });

  it('is a log line with the missing right, where the role of the watcher lacks one', async () => {
    const { events, logged } = await messages(
      [pod, ...helper],
      (right) => isGrantedTo(right) && right.resource !== 'agents',
    );
    expect(events).toEqual([]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(
      'may not get agents.kagent.dev in namespace team-a. Fix: ask your platform team',
    );
  });
});
