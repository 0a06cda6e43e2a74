import { ClientRequest, type ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { createEngine, settingsOf } from '../../src/engine/engine.ts';
import { watchPods } from '../../src/engine/watch.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { podFeed } from '../../src/kube/pod-feed.ts';
import { createWatchMetrics } from '../../src/telemetry/watch-metrics.ts';
import { notFound, sendChunked, startApiServer } from '../support/api-server.ts';
import { configurationWith, labelledPod } from '../support/webhook.ts';

const unproxied = { ...labelledPod('mcpremoteproxy/github'), kind: undefined };

/** What the watcher logs when each watch ends like this and the second list has a labelled pod without a proxy. */
async function logged(end: (res: ServerResponse) => void): Promise<readonly string[]> {
  const stop = new AbortController();
  const lines: string[] = [];
  let lists = 0;
  const { config } = await startApiServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'https://x');
    if (pathname !== '/api/v1/pods') return notFound(res);
    if (searchParams.get('watch') === 'true') {
      if (searchParams.get('labelSelector') === 'sallyport.dev/inject=true') end(res);
      // The other watch of the round ends as the API server ends it.
      else res.writeHead(200).end();
      return;
    }
    if (searchParams.get('labelSelector') === 'sallyport.dev/inject=true') lists += 1;
    sendChunked(res, 200, { metadata: { resourceVersion: '7' }, items: lists >= 2 ? [unproxied] : [] });
  });
  const log = (line: string) => void lines.push(line);
  await watchPods({
    engine: () => createEngine(settingsOf(configurationWith({})), kubeCluster(config)),
    feed: podFeed(config),
    write: () => {
      stop.abort();
      return Promise.resolve(201);
    },
    metrics: createWatchMetrics(),
    log: {
      info: log,
      warn(line) {
        log(`warning: ${line}`);
        stop.abort();
      },
    },
    now: () => performance.now(),
    everySeconds: 0.05,
    stop: stop.signal,
  });
  return lines;
}

const errorEvent = (code: number) =>
  `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code } })}\n`;

describe('a watch of pods', () => {
  it.each<[string, (res: ServerResponse) => void]>([
    ['when its time is over', (res) => res.writeHead(200).end()],
    ['after a bookmark', (res) => res.writeHead(200).end('{"type":"BOOKMARK","object":{}}\n')],
    ['because its version is no longer stored', (res) => res.writeHead(200).end(errorEvent(410))],
    ['because its version was never served', (res) => sendChunked(res, 410, { kind: 'Status', code: 410 })],
    [
      'with its connection, as when an API server restarts',
      (res) => {
        res.writeHead(200).write('{"type":"BOOKMARK","object":{}}\n');
        setTimeout(() => res.destroy(), 20);
      },
    ],
  ])('that ends %s is followed by a list, without a warning', async (_, end) => {
    expect(await logged(end)).toEqual(['event: WithoutProxy of Pod team-a/agent']);
  });

  it.each<[string, (res: ServerResponse) => void, string]>([
    [
      'is refused',
      (res) => sendChunked(res, 403, { kind: 'Status', code: 403, message: 'canary' }),
      'pods could not be watched: the API server responded with 403. ' +
        'Fix: apply the ClusterRole sallyport-watcher of this release and its binding again',
    ],
    [
      'fails',
      (res) => res.writeHead(200).end(errorEvent(500)),
      'pods could not be watched: the API server responded with 500',
    ],
  ])('that %s is a warning with the code', async (_, end, warning) => {
    expect(await logged(end)).toEqual([`warning: ${warning}`]);
  });

  it('reports pods that are created, and none that is changed or deleted', async () => {
    const event = (type: string, name: string) =>
      `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;
    const { config } = await startApiServer((_, res) =>
      res
        .writeHead(200)
        .end(
          ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ADDED']
            .map((type, i) => event(type, `pod-${i}`))
            .join(''),
        ),
    );
    const { signal } = new AbortController();
    const names: unknown[] = [];
    for await (const { kind, metadata } of podFeed(config).added(
      undefined,
      { resourceVersion: '1', seconds: 300 },
      signal,
    ))
      names.push([kind, metadata]);
    expect(names).toEqual([
      ['Pod', { name: 'pod-0' }],
      ['Pod', { name: 'pod-4' }],
    ]);
  });

  it('may be silent for longer than the time between two bookmarks', async () => {
    const limits = vi.spyOn(ClientRequest.prototype, 'setTimeout');
    const { config } = await startApiServer((_, res) => res.writeHead(200).end());
    const { signal } = new AbortController();
    for await (const pod of podFeed(config).added(undefined, { resourceVersion: '1', seconds: 300 }, signal))
      expect(pod).toBe(undefined);
    expect(limits.mock.calls.map(([ms]) => ms)).toEqual([expect.any(Number)]);
    expect(limits.mock.calls[0]?.[0]).toBeGreaterThan(120_000);
    limits.mockRestore();
  });
});
