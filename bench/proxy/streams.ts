import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../load.ts';

function open(port: number, path: string): Promise<{ res: IncomingMessage; close: () => void }> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, agent: false }, (res) =>
      resolve({ res, close: () => req.destroy() }),
    );
    req.on('error', reject);
    req.end();
  });
}

/** Milliseconds from an event's leaving the server to its arrival here, sorted. */
export async function eventDelays(port: number, count: number): Promise<Float64Array> {
  const { res, close } = await open(port, '/mcp');
  const delays: number[] = [];
  res.on('error', () => {});
  for await (const chunk of res as AsyncIterable<Buffer>) {
    const now = process.hrtime.bigint();
    for (const [, sent] of chunk.toString().matchAll(/data: (\d+)/g))
      delays.push(Number(now - BigInt(sent ?? 0)) / 1e6);
    if (delays.length >= count) break;
  }
  close();
  return Float64Array.from(delays).toSorted();
}

export const median = (delays: Float64Array): number => percentile(delays, 0.5);

/** Holds so many silent streams open, says what `look` sees meanwhile, and closes them. */
export async function withIdleStreams<T>(port: number, count: number, look: () => T): Promise<T> {
  const streams: { close: () => void; res: IncomingMessage }[] = [];
  for (let i = 0; i < count; i += 50)
    streams.push(...(await Promise.all(Array.from({ length: 50 }, () => open(port, '/mcp?idle')))));
  for (const { res } of streams) res.on('error', () => {});
  await sleep(1000);
  const seen = look();
  for (const { close } of streams) close();
  return seen;
}
