import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, type Served } from '../processes.ts';
import { median, table } from '../table.ts';
import { contenders, ours, startUpstream } from './contenders.ts';
import { eventDelays, median as medianOf, withIdleStreams } from './streams.ts';
import { bodyBytes, connections, generator, measure, milliseconds, rounds, seconds } from './throughput.ts';

const idleStreams = 1000;

/** The proxy beside others, all in one run and in turns, each alone on one core. */
export async function benchProxy(print: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  const running: Served[] = [];
  const keep = <T extends Served>(served: T): T => {
    running.push(served);
    return served;
  };
  try {
    const upstream = keep(await startUpstream(folder));
    const served = new Map<string, Served>([['direct', upstream]]);
    const idle = new Map<string, readonly [resident: number, priv: number]>();
    for (const [name, begin] of contenders()) {
      const one = keep(await begin(folder, upstream.port));
      await sleep(500);
      idle.set(name, [one.residentMiB(), one.privateMiB()]);
      served.set(name, one);
    }
    const results = await measure(folder, served);
    const of = (name: string) => results.find((result) => result.name === name);
    const base = of('nginx');
    print(
      `A ${bodyBytes}-byte POST, ${connections} connections, ${rounds} rounds of ${seconds} s in turns by ${generator}; ` +
        `each proxy has one core, the load and a server of ${upstream.kind} have the other:\n`,
    );
    const head = [
      'path',
      'requests/s',
      'requests/CPU s',
      'of nginx',
      'failures',
      'p50 at 500/s',
      'p99 at 500/s',
      'idle',
      'private',
    ];
    const rows = results.map((result) => {
      const direct = result.name === 'direct';
      const [resident = 0, priv = 0] = idle.get(result.name) ?? [];
      return [
        result.name,
        result.rate.toFixed(0),
        direct ? '' : result.perCpuSecond.toFixed(0),
        direct || base === undefined
          ? ''
          : `${(result.rate / base.rate).toFixed(2)} / ${(result.perCpuSecond / base.perCpuSecond).toFixed(2)}`,
        String(result.failures),
        `${milliseconds(result.at500, 0.5).toFixed(2)} ms`,
        `${milliseconds(result.at500, 0.99).toFixed(2)} ms`,
        direct ? '' : `${resident.toFixed(0)} MiB`,
        direct ? '' : `${priv.toFixed(0)} MiB`,
      ];
    });
    print(table(head, rows));
    const [direct, own] = [of('direct'), of('Sallyport')];
    if (direct && own) {
      const added = milliseconds(own.at500, 0.99) - milliseconds(direct.at500, 0.99);
      print(`\np99 added at 500 requests/s: ${added.toFixed(2)} ms (target 2 ms)`);
    }
    await measureStreams(folder, print, keep);
    await measureStart(folder, print, upstream.port);
    print(`bundle: ${(statSync('dist/proxy.mjs').size / 1000).toFixed(0)} kB (target 100 kB)\n`);
  } finally {
    for (const one of running) one.stop();
    await sleep(300);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStreams(
  folder: string,
  print: (text: string) => void,
  keep: (served: Served) => Served,
) {
  const server = keep(await start(['--import', 'tsx', 'bench/proxy/event-server.ts'], {}, undefined, 1));
  const proxy = keep(await ours(folder, server.port));
  const added: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const direct = medianOf(await eventDelays(server.port, 300));
    added.push(medianOf(await eventDelays(proxy.port, 300)) - direct);
  }
  print(`median added to an event: ${median(added).toFixed(2)} ms (target 0.2 ms)`);
  const before = proxy.residentMiB();
  const during = await withIdleStreams(proxy.port, idleStreams, () => proxy.residentMiB());
  print(`${idleStreams} idle streams: ${(during - before).toFixed(0)} MiB more (target 60 MiB)`);
}

async function measureStart(folder: string, print: (text: string) => void, upstream: number) {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    const proxy = await ours(folder, upstream);
    times.push(performance.now() - began);
    proxy.stop();
  }
  print(`start to listening: ${median(times).toFixed(0)} ms (target 150 ms)`);
}
