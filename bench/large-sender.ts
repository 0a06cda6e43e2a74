import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Senders } from './large.ts';

/**
 * Sends the reviews of standard input over and over, each by a separate client, and prints how many were answered. It
 * is a separate program, so that its 3 MB writes do not delay the clock of the probes.
 */
const { port, bodies, seconds } = JSON.parse(await text(process.stdin)) as Senders;
const until = performance.now() + seconds * 1000;
let answered = 0;

await Promise.all(
  bodies.map(async (body) => {
    while (performance.now() < until) {
      await post(body);
      answered += 1;
    }
  }),
);
process.stdout.write(String(answered));

function post(body: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const where = { host: '127.0.0.1', port, path: '/validate?timeout=3s', rejectUnauthorized: false };
    request({ ...where, headers, method: 'POST' }, (res) => res.resume().on('end', resolve))
      .on('error', () => resolve())
      .end(body);
  });
}
