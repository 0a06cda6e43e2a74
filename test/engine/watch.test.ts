import { describe, expect, it } from 'vitest';
import type { PodEvent } from '../../src/core/audit/event.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import { NotListed } from '../../src/core/cluster.ts';
import { createEngine, settingsOf } from '../../src/engine/engine.ts';
import { watchPods, type PodFeed } from '../../src/engine/watch.ts';
import { withoutSecrets } from '../../src/engine/without-secrets.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';
import { createWatchMetrics } from '../../src/telemetry/watch-metrics.ts';
import { on, pod as kelosPod, storedJob, world } from '../core/operators/kelos-world.ts';
import {
  configurationWith,
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  startWebhook,
} from '../support/webhook.ts';
import { sourceDocuments } from '../support/source-documents.ts';

const controlledBy = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: `uid-of-${name}`, controller: true },
];
const named = (pod: Fields, name: string, ownerReferences: readonly object[] = []): Fields => ({
  ...pod,
  metadata: { ...(pod['metadata'] as object), name, uid: `uid-of-${name}`, ownerReferences },
});
const bare = labelledPod('mcpremoteproxy/github');

async function injected(): Promise<Fields> {
  const objects = { 'c.yaml': [remoteProxy(), secret('github-token', { token: 'Bearer canary' })] };
  const { mutate } = await startWebhook({ objects });
  return applyPatch(bare, operationsOf(await mutate(reviewOf(bare))));
}

interface Given {
  /** What is there at each look at all pods; after the last the watch is stopped. */
  readonly sweeps: readonly (readonly Fields[] | 'refused')[];
  /** Stored between two looks. */
  readonly added?: readonly Fields[];
  readonly resources?: readonly object[];
  readonly configuration?: object;
  readonly write?: () => Promise<number>;
  /** Milliseconds that pass between two looks. */
  readonly pass?: number;
}

/** What the watcher says of a cluster in which these things happen, one after the other. */
async function watched({ sweeps, added = [], resources = [], configuration = {}, write, pass = 0 }: Given) {
  const stop = new AbortController();
  const settings = configurationWith(configuration);
  const documents = sourceDocuments(resources, 'c.yaml');
  const cluster = withoutSecrets(
    fileCluster(() => Promise.resolve(documents), { namespace: 'team-a', missing: { state: 'absent' } }),
  );
  const events: PodEvent[] = [];
  const asked: (string | undefined)[] = [];
  const logged: string[] = [];
  let time = 0;
  let lists = 0;
  const feed: PodFeed = {
    async *pages(selector) {
      asked.push(selector);
      // Two lists are one look where labels are told apart.
      const first = selector === undefined || selector === 'sallyport.dev/inject=true';
      const items = first ? sweeps[lists] : [];
      if (first) lists += 1;
      if (items === 'refused') {
        stop.abort();
        throw new NotListed('you may not list them');
      }
      yield { items: items ?? [], resourceVersion: '1' };
    },
    async *added(selector) {
      if (selector?.includes('!=')) return;
      if (lists === 1) yield* added;
      time += pass;
      if (lists >= sweeps.length) stop.abort();
    },
  };
  const metrics = createWatchMetrics();
  const log = (message: string) => void logged.push(message);
  await watchPods({
    engine: () => createEngine(settingsOf(settings), cluster, () => time),
    feed,
    write: (event) => {
      events.push(event);
      return write?.() ?? Promise.resolve(201);
    },
    metrics,
    log: { info: log, warn: log },
    now: () => time,
    everySeconds: 0.01,
    stop: stop.signal,
  });
  const text = await metrics.metrics();
  const gauge = [...text.matchAll(/^sallyport_watch_pods\{(.*)\} (\d+)$/gm)].map(([, l, n]) => `${l} ${n}`);
  return { events, gauge, text, asked, logged };
}

const exemptAgent = {
  codes: ['MCP501'],
  kind: 'pods',
  namespace: 'team-a',
  name: 'agent',
  reason: 'it needs no credentials',
};

describe('an event', () => {
  it('is about whoever makes the pod anew, as far as that can be read', async () => {
    const { events } = await watched({
      sweeps: [[named(bare, 'agent-abc', controlledBy('ReplicaSet', 'agent-5d8f'))]],
    });
    expect(events).toMatchObject([
      {
        namespace: 'team-a',
        reason: 'WithoutProxy',
        about: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'agent-5d8f', uid: 'uid-of-agent-5d8f' },
      },
    ]);
    expect(events[0]?.message).toMatch(
      /^Pod agent-abc: \[MCP501\] the pod has the label .+ Fix: delete the pod/,
    );
  });

  it.each([
    ['ReplicaSet', 'apps/v1', 'Deployment'],
    ['Job', 'batch/v1', 'CronJob'],
  ])('is about what stands above a %s, where people look', async (kind, apiVersion, above) => {
    const step = {
      apiVersion,
      kind,
      metadata: {
        name: 'agent-1',
        namespace: 'team-a',
        uid: 'uid-of-agent-1',
        ownerReferences: [{ apiVersion, kind: above, name: 'agent', uid: 'uid-of-agent', controller: true }],
      },
    };
    const owner = [{ apiVersion, kind, name: 'agent-1', uid: 'uid-of-agent-1', controller: true }];
    const pods = ['a', 'b'].map((name) => named(bare, name, owner));
    const { events } = await watched({ sweeps: [pods], resources: [step] });
    expect(events.map(({ about }) => `${about.kind} ${about.name} ${about.uid}`)).toEqual([
      `${above} agent uid-of-agent`,
    ]);
    const another = { ...step, metadata: { ...step.metadata, uid: 'another' } };
    const { events: cautious } = await watched({ sweeps: [pods], resources: [another] });
    expect(cautious.map(({ about }) => `${about.kind} ${about.name}`)).toEqual([`${kind} agent-1`]);
  });

  it('is about the pod itself when nobody controls it', async () => {
    const { events } = await watched({ sweeps: [[named(bare, 'alone')]] });
    expect(events[0]?.about).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'team-a',
      name: 'alone',
      uid: 'uid-of-alone',
    });
  });

  it('is one for all pods of an owner, and has the same name each time', async () => {
    const pods = ['a', 'b', 'c'].map((name) => named(bare, name, controlledBy('ReplicaSet', 'agent')));
    const { events, gauge } = await watched({ sweeps: [pods, pods] });
    expect(events).toHaveLength(1);
    expect(gauge).toEqual(['namespace="team-a",reason="WithoutProxy" 3']);
    const again = await watched({ sweeps: [pods, pods, pods], pass: 6 * 60_000 });
    expect(again.events.map(({ name }) => name)).toEqual([events[0]?.name, events[0]?.name]);
  });

  it('says that a pod is older than its resource, and of none that is not', async () => {
    const pod = named(await injected(), 'agent');
    const elsewhere = remoteProxy({ remoteUrl: 'https://elsewhere.example.com/mcp' });
    expect((await watched({ sweeps: [[pod]], resources: [remoteProxy()] })).events).toEqual([]);
    const { events, gauge } = await watched({ sweeps: [[pod]], resources: [elsewhere] });
    expect(events.map(({ reason }) => reason)).toEqual(['Outdated']);
    expect(gauge).toEqual(['namespace="team-a",reason="Outdated" 1']);
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  it.each([
    ['a pod that is exempt', { exemptions: [exemptAgent] }],
    ['a rule that is switched off', { modes: { rules: { MCP501: 'off' } } }],
  ])('is not written about %s', async (_what, configuration) => {
    const pod = named(bare, 'agent');
    const { events, gauge } = await watched({ sweeps: [[pod]], added: [pod], configuration });
    expect(events).toEqual([]);
    expect(gauge).toEqual([]);
  });

  it('comes for a pod as soon as it is stored', async () => {
    const { events } = await watched({ sweeps: [[]], added: [named(bare, 'new')] });
    expect(events.map(({ about }) => about.name)).toEqual(['new']);
  });

  it("says that an operator's pod was left alone, where its operator is switched on", async () => {
    const pod = named(
      kelosPod(),
      'task1-abc',
      (kelosPod()['metadata'] as { ownerReferences: object[] }).ownerReferences,
    );
    const resources = [storedJob(), ...world];
    expect((await watched({ sweeps: [[pod]], resources })).events).toEqual([]);
    const { events, asked } = await watched({ sweeps: [[pod]], resources, configuration: on });
    expect(events).toMatchObject([{ reason: 'LeftAlone', about: { kind: 'Task', name: 'task1' } }]);
    expect(JSON.stringify(events)).not.toContain('canary');
    // Such a pod has no label of ours.
    expect(asked).toEqual([undefined]);
  });

  it('that cannot be written is counted and logged, without a word of what was to be written', async () => {
    const { text, logged } = await watched({
      sweeps: [[named(bare, 'agent')]],
      write: () => Promise.reject(new Error('canary')),
    });
    expect(text).toContain('sallyport_watch_events_total{reason="WithoutProxy",outcome="failed"} 1');
    expect(logged).toEqual([
      'the event WithoutProxy of Pod team-a/agent could not be written: the API server did not respond',
    ]);
  });

  it('that the watcher may not write is logged with the role that is missing', async () => {
    const { text, logged } = await watched({
      sweeps: [[named(bare, 'agent')]],
      write: () => Promise.resolve(403),
    });
    expect(text).toContain('sallyport_watch_events_total{reason="WithoutProxy",outcome="failed"} 1');
    expect(logged).toEqual([
      'the event WithoutProxy of Pod team-a/agent could not be written: the API server responded with 403. ' +
        'Fix: apply the ClusterRole sallyport-watcher of this release and its binding again',
    ]);
  });
});

describe('a pod that ended or is about to', () => {
  it.each([
    ['ended', { status: { phase: 'Failed' } }],
    [
      'is being deleted',
      { metadata: { ...(bare['metadata'] as object), name: 'x', deletionTimestamp: 'now' } },
    ],
  ])("is nobody's concern: it %s", async (_, change) => {
    const { events, gauge } = await watched({ sweeps: [[{ ...named(bare, 'x'), ...change }]] });
    expect({ events, gauge }).toEqual({ events: [], gauge: [] });
  });
});

it('a gauge forgets what is in order again', async () => {
  const { gauge } = await watched({ sweeps: [[named(bare, 'agent')], []] });
  expect(gauge).toEqual([]);
});

it('a list that is refused is counted, logged, and never passes for an empty one', async () => {
  const { gauge, text, logged } = await watched({ sweeps: [[named(bare, 'agent')], 'refused'] });
  expect(gauge).toEqual(['namespace="team-a",reason="WithoutProxy" 1']);
  expect(text).toContain('sallyport_watch_sweeps_total{outcome="complete"} 1');
  expect(logged.filter((line) => line.startsWith('event'))).toHaveLength(1);
});
