import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Cluster } from '../../src/core/cluster.ts';
import { Work } from '../../src/core/work.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { createEngine, settingsOf } from '../../src/engine/engine.ts';
import { podResourceFindings } from '../../src/engine/pod-resource-findings.ts';
import { rememberResources } from '../../src/engine/resource-memory.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { resourceVersions } from '../../src/kube/resource-versions.ts';
import { notFound, sendChunked, startApiServer, storedSecret } from '../support/api-server.ts';
import { clusterWith } from '../support/cluster.ts';
import { configurationWith, labelledPod, reviewOf, startWebhook } from '../support/webhook.ts';

/** An API server with MCPServerEntries and watches of them, and the cluster as a replica sees it. */

const listed = '/apis/toolhive.stacklok.dev/v1beta1/mcpserverentries';
const within = '/apis/toolhive.stacklok.dev/v1beta1/namespaces/team-a/mcpserverentries';
const { plural, kind, group, versions } = compileKinds().find('toolhive.stacklok.dev', 'MCPServerEntry')!;
const deadline = { signal: new AbortController().signal };

const entry = (name: string, resourceVersion: number, remoteUrl = 'https://mcp.example.com/mcp') => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name, namespace: 'team-a', resourceVersion: String(resourceVersion) },
  spec: { remoteUrl, transport: 'streamable-http', groupRef: { name: 'tools' } },
});
type Entry = ReturnType<typeof entry>;

/** In the order of an API server. */
const metadataAlone = ({ metadata: { name, namespace, resourceVersion } }: Entry) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { name, namespace, uid: `uid-of-${name}`, resourceVersion },
});
const eventOf = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

interface Options {
  /** Instead of a watch that stays open. */
  readonly watch?: (res: ServerResponse, count: number) => boolean;
  readonly list?: (res: ServerResponse) => boolean;
}

async function start(stored: Entry[], options: Options = {}) {
  const entries = new Map(stored.map((one) => [one.metadata.name, one]));
  const watches: ServerResponse[] = [];
  const counts = { get: 0, list: 0, watch: 0 };
  const asked = new Set<string>();
  const from: (string | null)[] = [];
  const { config } = await startApiServer(
    (req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '', 'https://x');
      asked.add(`${pathname} ${req.headers.accept}`);
      if (pathname === listed && searchParams.get('watch') === 'true') {
        counts.watch += 1;
        from.push(searchParams.get('resourceVersion'));
        if (options.watch?.(res, counts.watch)) return;
        watches.push(res);
        res.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      } else if (pathname === listed) {
        counts.list += 1;
        if (options.list?.(res)) return;
        const items = [...entries.values()].map(metadataAlone);
        sendChunked(res, 200, { metadata: { resourceVersion: '9' }, items });
      } else if (pathname.startsWith(`${within}/`)) {
        counts.get += 1;
        const found = entries.get(pathname.slice(within.length + 1));
        if (found) sendChunked(res, 200, found);
        else notFound(res);
      } else if (/\/(limitranges|resourcequotas)$/.test(pathname)) sendChunked(res, 200, { items: [] });
      else if (pathname === '/api/v1/namespaces/team-a')
        sendChunked(res, 200, { metadata: { name: 'team-a' } });
      else if (pathname.endsWith('/secrets/token')) sendChunked(res, 200, storedSecret('token'));
      else notFound(res);
    },
    () => true,
  );
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const clock = { now: 0 };
  const following = resourceVersions(config, stop.signal);
  const cluster = rememberResources(kubeCluster(config), {
    follows: (one) => one.group === group,
    storedVersion: following.of,
    now: () => clock.now,
  });
  const say = (type: string, object: unknown) => watches.at(-1)?.write(eventOf(type, object));
  const write = (line: string) => watches.at(-1)?.write(line);
  return {
    cluster,
    counts,
    asked,
    from,
    clock,
    opened: () => vi.waitFor(() => expect(following.open()).toBe(1)),
    closed: () => vi.waitFor(() => expect(following.open()).toBe(0)),
    say,
    write,
    changeSilently: (one: Entry) => void entries.set(one.metadata.name, one),
    endWatch: () => watches.at(-1)?.end(),
    store: (one: Entry) => {
      entries.set(one.metadata.name, one);
      say('MODIFIED', metadataAlone(one));
    },
    remove: (one: Entry) => {
      entries.delete(one.metadata.name);
      say('DELETED', metadataAlone(one));
    },
  };
}

const get = (cluster: Cluster, name = 'github') =>
  cluster.get({ group, plural, kind, versions, namespace: 'team-a', name }, deadline);
const urlOf = async (cluster: Cluster) => {
  const found = await get(cluster);
  return found.state === 'present' ? (found.object as Entry).spec.remoteUrl : found.state;
};

describe('a resource that a watch follows', () => {
  it('is read once, and again when it changes', async () => {
    const { cluster, counts, opened, store } = await start([entry('github', 3)]);
    await get(cluster);
    await opened();
    for (let i = 0; i < 5; i += 1) expect(await urlOf(cluster)).toBe('https://mcp.example.com/mcp');
    expect(counts).toEqual({ get: 1, list: 1, watch: 1 });
    store(entry('github', 12, 'https://moved.example.com/mcp'));
    await vi.waitFor(async () => expect(await urlOf(cluster)).toBe('https://moved.example.com/mcp'));
    expect(await urlOf(cluster)).toBe('https://moved.example.com/mcp');
    expect(counts).toEqual({ get: 2, list: 1, watch: 1 });
  });

  it('is absent after it is deleted, and present after it is created again', async () => {
    const { cluster, opened, store, remove } = await start([entry('github', 3)]);
    await get(cluster);
    await opened();
    remove(entry('github', 3));
    await vi.waitFor(async () => expect(await urlOf(cluster)).toBe('absent'));
    store(entry('github', 20, 'https://new.example.com/mcp'));
    expect(await urlOf(cluster)).toBe('https://new.example.com/mcp');
  });

  it('is asked for each time as long as it does not exist', async () => {
    const { cluster, counts, opened } = await start([entry('other', 3)]);
    await get(cluster, 'other');
    await opened();
    for (let i = 0; i < 3; i += 1) await get(cluster);
    expect(counts.get).toBe(4);
  });

  it('is asked for each time while no watch is open, and the next watch goes on without a list', async () => {
    const { cluster, counts, from, opened, closed, say, endWatch } = await start([entry('github', 3)], {
      watch: (_, count) => count > 1,
    });
    await get(cluster);
    await opened();
    say('BOOKMARK', { metadata: { resourceVersion: '31' } });
    endWatch();
    await closed();
    for (let i = 0; i < 3; i += 1) await get(cluster);
    expect(counts.get).toBe(4);
    await vi.waitFor(() => expect(counts).toEqual({ get: 4, list: 1, watch: 2 }), { timeout: 5000 });
    expect(from).toEqual(['9', '31']);
  });

  it('is read again after ten minutes, as the kind may be served in a newer version', async () => {
    const { cluster, counts, clock, opened } = await start([entry('github', 3)]);
    await get(cluster);
    await opened();
    clock.now = 599_999;
    await get(cluster);
    expect(counts.get).toBe(1);
    clock.now = 600_000;
    await get(cluster);
    expect(counts.get).toBe(2);
  });

  it('is known by the beginning of an event, whatever its author wrote behind it', async () => {
    const { cluster, counts, opened, write, changeSilently } = await start([entry('github', 3)]);
    await get(cluster);
    await opened();
    const moved = entry('github', 12, 'https://moved.example.com/mcp');
    changeSilently(moved);
    const begun = eventOf('MODIFIED', metadataAlone(moved)).trimEnd().slice(0, -3);
    write(`${begun},"annotations":{"note":"${'a'.repeat(300_000)}" and no JSON\n`);
    await vi.waitFor(async () => expect(await urlOf(cluster)).toBe('https://moved.example.com/mcp'));
    expect(counts).toEqual({ get: 2, list: 1, watch: 1 });
  });

  it('is known from an event in another order', async () => {
    const { cluster, counts, opened, say, changeSilently } = await start([entry('github', 3)]);
    await get(cluster);
    await opened();
    const moved = entry('github', 12, 'https://moved.example.com/mcp');
    changeSilently(moved);
    say('MODIFIED', { metadata: { resourceVersion: '12', namespace: 'team-a', name: 'github' } });
    await vi.waitFor(async () => expect(await urlOf(cluster)).toBe('https://moved.example.com/mcp'));
    expect(counts).toEqual({ get: 2, list: 1, watch: 1 });
  });

  it('is not remembered when it is larger than 64 KiB', async () => {
    const large = entry('github', 3, `https://mcp.example.com/${'a'.repeat(65_536)}`);
    const { cluster, counts, opened } = await start([large]);
    await get(cluster);
    await opened();
    await get(cluster);
    expect(counts.get).toBe(2);
  });

  it('makes room for others: four million characters are remembered', async () => {
    const some = Array.from({ length: 71 }, (_, i) =>
      entry(`server-${i}`, 3, `https://mcp.example.com/${'a'.repeat(60_000)}`),
    );
    const { cluster, counts, opened } = await start(some);
    for (const { metadata } of some) await get(cluster, metadata.name);
    await opened();
    expect(counts.get).toBe(71);
    await get(cluster, 'server-70');
    await get(cluster, 'server-10');
    expect(counts.get).toBe(71);
    await get(cluster, 'server-0');
    expect(counts.get).toBe(72);
  });
});

describe('without a watch', () => {
  it.each<[string, Options]>([
    ['may be listed', { list: (res) => (sendChunked(res, 403, { kind: 'Status', code: 403 }), true) }],
    ['may be watched', { watch: (res) => (sendChunked(res, 403, { kind: 'Status', code: 403 }), true) }],
    [
      'can be watched, because there are more than 20,000',
      {
        list(res) {
          const items = Array.from({ length: 20_001 }, (_, i) => ({
            metadata: { name: `entry-${i}`, resourceVersion: '3' },
          }));
          sendChunked(res, 200, { metadata: { resourceVersion: '9' }, items });
          return true;
        },
      },
    ],
    [
      'can be watched, because a page of its metadata has more than 4 MiB',
      {
        list(res) {
          const annotations = { note: 'a'.repeat(256 * 1024) };
          const items = Array.from({ length: 17 }, (_, i) => ({
            metadata: { name: `entry-${i}`, annotations },
          }));
          sendChunked(res, 200, { metadata: { resourceVersion: '9' }, items });
          return true;
        },
      },
    ],
    [
      'is watched any more, because its version is no longer stored',
      {
        watch(res) {
          res.writeHead(200).end(eventOf('ERROR', { kind: 'Status', code: 410 }));
          return true;
        },
      },
    ],
  ])('of a kind of which nothing %s, each resource is asked for each time', async (_, options) => {
    const { cluster, counts } = await start([entry('github', 3)], options);
    await get(cluster);
    await vi.waitFor(() => expect(counts.list + counts.watch).toBeGreaterThan(options.list ? 0 : 1));
    for (let i = 0; i < 3; i += 1) await get(cluster);
    expect(counts.get).toBe(4);
  });
});

it('a pod whose servers are remembered causes no request for them or for Secrets', async () => {
  const { cluster, counts, asked, opened } = await start([entry('github', 3), entry('linear', 4)]);
  const { mutate } = await startWebhook({ cluster });
  const pod = labelledPod('mcpserverentry/github, mcpserverentry/linear');
  expect((await mutate(reviewOf(pod))).allowed).toBe(true);
  await opened();
  counts.get = 0;
  asked.clear();
  for (let i = 0; i < 3; i += 1) {
    const { allowed, patch } = await mutate(reviewOf(pod));
    expect(allowed).toBe(true);
    expect(Buffer.from(String(patch), 'base64').toString()).toContain('sallyport-proxy');
  }
  expect(counts).toEqual({ get: 0, list: 1, watch: 1 });
  expect([...asked].filter((one) => one.includes('toolhive') || one.includes('secrets'))).toEqual([]);
});

describe('another resource whose header could travel in the same variable', () => {
  const named = (name: string, resourceVersion: number, header: string) => {
    const { spec, ...rest } = entry(name, resourceVersion);
    const valueSecretRef = { name: 'token', key: 'token' };
    const headerForward = { addHeadersFromSecret: [{ headerName: header, valueSecretRef }] };
    return { ...rest, spec: { ...spec, headerForward } };
  };
  const rivalling = reviewOf(named('b-c', 0, 'X-A'));
  const warned = 'MCP304';

  it('is not asked for when the watch knows of none', async () => {
    const { cluster, counts, opened } = await start([entry('other', 3)]);
    const { validate } = await startWebhook({ cluster });
    await validate(rivalling);
    await opened();
    counts.get = 0;
    expect((await validate(rivalling)).allowed).toBe(true);
    expect(counts.get).toBe(0);
  });

  it('is found when it was created since', async () => {
    const { cluster, counts, opened, store } = await start([entry('other', 3)]);
    const { validate } = await startWebhook({ cluster });
    await validate(rivalling);
    await opened();
    store(named('c', 12, 'X-A-B'));
    await vi.waitFor(async () => {
      const { status, warnings = [] } = await validate(rivalling);
      expect(`${status?.message}${warnings.join()}`).toContain(warned);
    });
    expect(counts.list).toBe(1);
  });
});

it('a kind is watched in the newest version that is served', async () => {
  const { cluster, asked, opened } = await start([entry('github', 3)]);
  const older = { group, plural, kind, versions: ['v1', 'v1beta1'], namespace: 'team-a', name: 'github' };
  await cluster.get(older, deadline);
  await opened();
  const watched = [...asked].map((one) => one.split(' ')[0]).filter((one) => one?.endsWith(`/${plural}`));
  expect(new Set(watched)).toEqual(new Set([listed.replace('v1beta1', 'v1'), listed]));
});

it('a watch is asked for metadata alone', async () => {
  const { cluster, asked, opened } = await start([entry('github', 3)]);
  await get(cluster);
  await opened();
  expect([...asked].filter((one) => one.startsWith(`${listed} `)).toSorted()).toEqual([
    `${listed} application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1`,
    `${listed} application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`,
  ]);
});

describe('a pod that asks for a remembered resource', () => {
  const withHeader = (resourceVersion: number, value: string) => {
    const { spec, ...rest } = entry('github', resourceVersion);
    return {
      ...rest,
      spec: { ...spec, headerForward: { addPlaintextHeaders: { 'X-Team': value } } },
    } as Entry;
  };
  const token = `ghp_${'a1B2c3'.repeat(6)}`;
  const pod = reviewOf(labelledPod('mcpserverentry/github'));

  it('is refused as soon as a credential is written into it, and admitted when it is taken out', async () => {
    const { cluster, counts, opened, store } = await start([withHeader(3, 'platform')]);
    const { mutate } = await startWebhook({ cluster });
    const allowed = async () => (await mutate(pod)).allowed;
    expect(await allowed()).toBe(true);
    await opened();
    expect([await allowed(), await allowed()]).toEqual([true, true]);
    expect(counts.get).toBe(1);
    store(withHeader(12, token));
    await vi.waitFor(async () => expect(await allowed()).toBe(false));
    expect([await allowed(), await allowed()]).toEqual([false, false]);
    expect(counts.get).toBe(2);
    store(withHeader(13, 'platform'));
    await vi.waitFor(async () => expect(await allowed()).toBe(true));
  });

  it('is judged by the configuration that holds now', async () => {
    const { cluster, opened } = await start([withHeader(3, 'platform')]);
    const loose = await startWebhook({ cluster });
    expect((await loose.mutate(pod)).allowed).toBe(true);
    await opened();
    expect((await loose.mutate(pod)).allowed).toBe(true);
    const strict = await startWebhook({
      cluster,
      configuration: {
        credentials: { headers: { sensitive: ['x-team'] } },
        modes: { rules: { MCP101: 'enforce' } },
      },
    });
    expect((await strict.mutate(pod)).allowed).toBe(false);
    expect((await loose.mutate(pod)).allowed).toBe(true);
  });
});

it('a remembered resource takes as many steps as one that is judged for the first time', () => {
  const engine = createEngine(settingsOf(configurationWith({})), clusterWith({}));
  const owner = { group, version: 'v1beta1', kind, namespace: 'team-a', name: 'github' };
  const version = {};
  const stepsOf = () => {
    const work = new Work();
    const described = engine.kinds.find(group, kind)!;
    const reading = described.read(entry('github', 3), owner, work);
    const resource = { text: 'github', kind: described, reading, owner, served: [] };
    podResourceFindings(engine, { ...resource, stored: { version, server: '', work } }, new Map(), {}, true);
    return work.steps;
  };
  const first = stepsOf();
  expect(first).toBeGreaterThan(20);
  expect([stepsOf(), stepsOf()]).toEqual([first, first]);
});
