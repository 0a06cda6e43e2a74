import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../processes.ts';
import { ours } from './contenders.ts';

/** `npm run bench:aborts [MINUTES]`: streams that are opened and left, over and over; memory must stay flat. */
const minutes = Number(process.argv[2] ?? 2);
const side = 32;
const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-aborts-'));
const server = await start(['--import', 'tsx', 'bench/proxy/event-server.ts'], {}, undefined, 1);
const proxy = await ours(folder, server.port);
const until = performance.now() + minutes * 60_000;
let aborted = 0;
let failed = 0;

/** Leaves a stream before its head, after it, or in the middle of its events. */
const abort = (): Promise<void> =>
  new Promise((resolve) => {
    const req = request({ host: '127.0.0.1', port: proxy.port, path: '/mcp', agent: false });
    const leave = () => req.destroy();
    const moment = aborted % 3;
    req.on('close', resolve);
    req.on('error', () => {});
    req.on('response', (res) => {
      if (res.statusCode !== 200) failed += 1;
      res.on('error', () => {});
      if (moment === 2) res.once('data', leave);
      else leave();
    });
    req.end();
    if (moment === 0) setTimeout(leave, 1);
    aborted += 1;
  });

async function worker(): Promise<void> {
  while (performance.now() < until) await abort();
}

const workers = Promise.all(Array.from({ length: side }, worker));
const step = (minutes * 60_000) / 10;
for (let i = 1; i <= 10; i += 1) {
  await sleep(step);
  const memory = `${proxy.residentMiB().toFixed(0)} MiB resident, ${proxy.privateMiB().toFixed(0)} MiB private`;
  process.stdout.write(
    `${((i * step) / 60_000).toFixed(1)} min: ${aborted} aborts, ${failed} failed, ${memory}\n`,
  );
}
await workers;
proxy.stop();
server.stop();
rmSync(folder, { recursive: true, force: true });
