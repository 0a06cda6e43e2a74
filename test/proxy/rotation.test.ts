import { rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { describeProblem, readVolume } from '../../src/proxy/volume.ts';
import {
  ask,
  eventually,
  proxyFor,
  recorder,
  server,
  startUpstream,
  tempRoot,
  type Files,
} from './support.ts';
import { setUp } from './server-with-files.ts';

describe('files that cannot be used', () => {
  const bundle: Partial<ProxyServer> = {
    headers: [],
    bundles: [{ dir: '.', conflict: 'override' }],
    sources: { '.': 'secret/all-headers' },
  };
  const basic: Partial<ProxyServer> = {
    headers: [{ name: 'Authorization', basic: ['+/h0', '+/h1'], conflict: 'override' }],
  };
  const cases: readonly (readonly [string, Partial<ProxyServer>, Files, string])[] = [
    ['an empty value', {}, { '+/h0': '\n' }, 'Secret gh-token key token is empty (server github)'],
    [
      'a value of two lines',
      {},
      { '+/h0': 'a\nb' },
      'Secret gh-token key token contains a line break or another control character (server github)',
    ],
    [
      'a file over 1 MiB',
      {},
      { '+/h0': Buffer.alloc(1_048_577, 97) },
      'Secret gh-token key token is larger than 1048576 bytes',
    ],
    [
      'a key that is no header name',
      bundle,
      { 'a(b': 'x' },
      'Secret all-headers key a(b is not a header name (server github)',
    ],
    [
      'a reserved key',
      bundle,
      { 'mcp-session-id': 'x' },
      'Secret all-headers key mcp-session-id is a reserved header',
    ],
    [
      'one key in two cases',
      bundle,
      { 'X-A': '1', 'x-a': '2' },
      'is set twice (names are case-insensitive) (server github)',
    ],
    ['an empty key', bundle, { 'X-A': '' }, 'Secret all-headers key X-A is empty (server github)'],
    [
      'headers of more than 16 KiB together',
      bundle,
      { 'X-A': 'a'.repeat(8000), 'X-B': 'b'.repeat(8000), 'X-C': 'c'.repeat(800) },
      'contains more than 16384 bytes of injected headers',
    ],
    ['a user with a colon', basic, { '+/h0': 'a:b', '+/h1': 'c' }, 'contains a colon'],
    ['an empty password', basic, { '+/h0': 'a', '+/h1': '' }, 'file +/h1 is empty (server github)'],
  ];
  test.each(cases)('[rule 8] [requirement 14] %s: 503 bad-file, and named', async (_, extra, files, line) => {
    const { seen, sent, ready, proxy } = await setUp(extra, files);
    expect(await sent('authorization')).toBe('bad-file');
    expect(seen).toEqual([]);
    expect(await ready()).toEqual({ status: 503, body: expect.stringContaining(line) });
    expect(await proxy.metrics()).toContain('sallyport_proxy_generation{server="github"} 0');
    expect(await proxy.metrics()).toContain('failures_total{server="github",cause="bad-file"} 1');
  });

  test('a new value that is malformed keeps the last good one, and says so', async () => {
    const { sent, ready, proxy } = await setUp({}, { '+/h0': 'good' });
    proxy.rotate({ '+/h0': 'a\nb' });
    await eventually(proxy.metrics, (text) =>
      text.includes('sallyport_proxy_reload_failed{server="github"} 1'),
    );
    expect(await sent('authorization')).toBe('Bearer good');
    expect(await ready()).toEqual({ status: 200, body: 'ok\n' });
    expect(await proxy.metrics()).toMatch(/last_reload_failure_timestamp_seconds\{server="github"\} \d{10}/);
    expect(proxy.log()).toMatch(/"credentials not loaded".*"keepsGeneration":1/);

    proxy.rotate({ '+/h0': 'better' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer better',
    );
    const metrics = await proxy.metrics();
    expect(metrics).toContain('sallyport_proxy_reload_failed{server="github"} 0');
    expect(metrics).toContain('sallyport_proxy_reload_failures_total{server="github"} 1');
    expect(metrics).toContain('sallyport_proxy_generation{server="github"} 2');
  });

  test('each failure is logged once, however often it is read', async () => {
    const { proxy } = await setUp({}, { '+/h0': '' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(proxy.log().match(/credentials not loaded/g)).toHaveLength(1);
  });
});

describe('a missing Secret', () => {
  test('at the start answers 503 missing-file, and is used as soon as it is there', async () => {
    const { seen, sent, ready, proxy } = await setUp({}, {});
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
      status: 503,
      headers: { 'sallyport-error': 'missing-file' },
    });
    expect(seen).toEqual([]);
    expect(await ready()).toEqual({
      status: 503,
      body: 'not ready\nSecret gh-token key token is missing (server github)\n',
    });
    proxy.rotate({ '+/h0': 'there now' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer there now',
    );
    expect((await ready()).status).toBe(200);
  });

  test('that is one of two leaves the other server alone', async () => {
    const { handler } = recorder();
    const upstream = await startUpstream(handler);
    const other = server(upstream.url, { name: 'linear', dir: '/linear', headers: [], sources: {} });
    const proxy = await proxyFor([server(upstream.url), other], {});
    expect(await ask(proxy.port)).toMatchObject({ status: 503 });
    expect(await ask(proxy.ports.get('linear') ?? 0)).toMatchObject({ status: 200 });
    expect(await ask(proxy.adminPort, { path: '/readyz' })).toMatchObject({ status: 503 });
  });

  test('[requirement 14] that had been there works on for the grace time and then fails closed, until it is back', async () => {
    const { sent, ready, proxy } = await setUp({}, { '+/h0': 'good' }, 400);
    proxy.rotate({});
    await eventually(proxy.metrics, (text) =>
      text.includes('sallyport_proxy_reload_failed{server="github"} 1'),
    );
    expect(await sent('authorization')).toBe('Bearer good');
    expect((await ready()).status).toBe(200);
    await eventually(
      () => sent('authorization'),
      (value) => value === 'missing-file',
    );
    expect((await ready()).status).toBe(503);
    expect(proxy.log()).toContain('"credentials removed"');
    proxy.rotate({ '+/h0': 'back' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer back',
    );
  });

  test('that comes back within the grace time has never been away', async () => {
    const { sent, proxy } = await setUp({}, { '+/h0': 'good' }, 400);
    proxy.rotate({});
    await eventually(proxy.metrics, (text) => text.includes('reload_failed{server="github"} 1'));
    proxy.rotate({ '+/h0': 'back' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer back',
    );
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(await sent('authorization')).toBe('Bearer back');
  });

  test('as a whole is missing, too, when it has no keys', async () => {
    const { ready, sent } = await setUp(
      { headers: [], bundles: [{ dir: '.', conflict: 'override' }], sources: { '.': 'secret/all-headers' } },
      {},
    );
    expect(await sent('x')).toBe('missing-file');
    expect((await ready()).body).toContain('Secret all-headers is missing or has no keys (server github)');
  });

  test.each([
    ['configmap/ca-bundle/ca.crt', 'ConfigMap ca-bundle key ca.crt is missing (server s)'],
    ['secret/a', 'Secret a is missing (server s)'],
    [
      'serviceaccounttoken/3600/https://mcp.example.com/search',
      'service account token for audience https://mcp.example.com/search is missing (server s)',
    ],
    [undefined, 'file +/h0 is missing (server s)'],
  ])('from %s is named in words', (source, line) =>
    expect(describeProblem({ kind: 'missing', file: '+/h0', source, reason: 'is missing' }, 's')).toBe(line),
  );
});

describe('a rotation', () => {
  test('is used by the next request, many times over', async () => {
    const { sent, proxy } = await setUp({}, { '+/h0': 'token-0' });
    for (let i = 1; i <= 5; i += 1) {
      proxy.rotate({ '+/h0': `token-${i}` });
      await eventually(
        () => sent('authorization'),
        (value) => value === `Bearer token-${i}`,
      );
    }
    expect(await proxy.metrics()).toContain('sallyport_proxy_generation{server="github"} 6');
  });

  test('[requirement 13] is found by the poll alone where the folder cannot be watched', async () => {
    const { sent, proxy } = await setUp({}, null);
    // Made after the start: nothing watches it.
    layOutVolume(proxy.dir, { '+/h0': 'polled' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer polled',
    );
    proxy.rotate({ '+/h0': 'polled again' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer polled again',
    );
  });

  test('is found by the watch long before the poll', async () => {
    const { sent, proxy } = await setUp({}, { '+/h0': 'before' }, 60_000, 600_000);
    proxy.rotate({ '+/h0': 'after' });
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer after',
    );
  });

  // The kubelet writes from another thread, so that it replaces and deletes files between two reads of a file.
  test('[requirement 13] never mixes files of two states, nor takes a replaced file for a missing one', async () => {
    const files = Array.from({ length: 32 }, (_, i) => `+/h${i}`);
    const root = tempRoot();
    const one = server('http://127.0.0.1/mcp', {
      headers: files.map((file, i) => ({ name: `X-${i}`, file, conflict: 'override' as const })),
    });
    const dir = join(root, one.dir);
    layOutVolume(dir, Object.fromEntries(files.map((file) => [file, '0'])));
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const stopped = new Int32Array(stop);
    const kubelet = new Worker(new URL('workers/kubelet.mjs', import.meta.url), {
      workerData: { dir, files, stop, pauseMs: 3 },
    });
    onTestFinished(async () => {
      Atomics.store(stopped, 0, 1);
      await kubelet.terminate();
    });
    const states = new Set<string>();
    const wrong: unknown[] = [];
    await eventually(
      () => {
        const { content, problems } = readVolume(one, root);
        const read = new Set([...(content?.files.values() ?? [])].map(String));
        if (read.size === 1) for (const state of read) states.add(state);
        // It gives up, and the files before stay in use, when each attempt meets a rotation.
        else if (problems[0]?.reason !== 'changes while it is read') wrong.push(problems, [...read]);
        return states.size;
      },
      (seen) => seen >= 100 || wrong.length > 0,
    );
    expect(wrong).toEqual([]);
  });

  test('whose folder is gone while it is read is not a missing Secret for longer than one read', () => {
    const root = tempRoot();
    const one = server('http://127.0.0.1/mcp');
    const dir = join(root, one.dir);
    layOutVolume(dir, { '+/h0': 'a' });
    unlinkSync(join(dir, '..data'));
    expect(readVolume(one, root).problems[0]).toMatchObject({ kind: 'missing', file: '+/h0' });
    rmSync(dir, { recursive: true });
    layOutVolume(dir, { '+/h0': 'b' });
    expect(readVolume(one, root).content?.files.get('+/h0')?.toString()).toBe('b');
  });
});
