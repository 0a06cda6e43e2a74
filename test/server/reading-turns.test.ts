import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { largeReviewBytes, readBody } from '../../src/server/body.ts';
import { Capacity } from '../../src/server/capacity.ts';
import { ReadingTurns, turnBytes } from '../../src/server/reading-turns.ts';

const chunkBytes = 16 * 1024;
const bodyBytes = 2 * 1024 * 1024;

/** A request whose whole body has arrived, in chunks as TLS has them; `given` counts what was read of it. */
function arrived(content: (at: number) => Buffer, announced?: number) {
  let given = 0;
  const stream = new Readable({
    highWaterMark: chunkBytes,
    read() {
      this.push(given < bodyBytes ? content(given) : null);
      given = Math.min(bodyBytes, given + chunkBytes);
    },
  });
  const headers = announced === undefined ? {} : { 'content-length': String(announced) };
  return { req: Object.assign(stream, { headers }) as unknown as IncomingMessage, given: () => given };
}

function read(req: IncomingMessage, turns: ReadingTurns): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readBody(req, new Capacity().enter(), turns, (problem, { bytes }) =>
      problem ? reject(new Error(problem.message)) : resolve(bytes),
    );
  });
}

describe('large bodies that arrive at once', () => {
  it('are read one after the other, a part in each turn of the event loop', async () => {
    const turns = new ReadingTurns();
    const bodies = Array.from({ length: 6 }, () => arrived(() => Buffer.alloc(chunkBytes)));
    const done = Promise.all(bodies.map(({ req }) => read(req, turns)));
    const given = () => bodies.reduce((sum, one) => sum + one.given(), 0);
    // Until each is known to be large.
    while (bodies.some((one) => one.given() <= largeReviewBytes)) await nextTurn();
    const steps: number[] = [];
    for (let before = given(); before < 6 * bodyBytes; before = given()) {
      await nextTurn();
      steps.push(given() - before);
    }
    // Two parts, since this turn and that of the bodies alternate in no fixed order, and what is read ahead.
    expect(Math.max(...steps)).toBeLessThanOrEqual(2 * (turnBytes + 2 * chunkBytes));
    for (const bytes of await done) expect(bytes).toHaveLength(bodyBytes);
  });

  it.each([
    ['with its length', bodyBytes],
    ['without its length', undefined],
    ['with a length below what comes', 100_000],
    ['with a length above what comes', 3 * bodyBytes],
  ])('are whole: a body %s', async (_, announced) => {
    const { req } = arrived((at) => Buffer.alloc(chunkBytes, at / chunkBytes), announced);
    const bytes = await read(req, new ReadingTurns());
    expect(bytes).toHaveLength(bodyBytes);
    expect(bytes.buffer.byteLength).toBe(bodyBytes);
    for (let at = 0; at < bodyBytes; at += chunkBytes)
      expect(bytes.subarray(at, at + chunkBytes).equals(Buffer.alloc(chunkBytes, at / chunkBytes))).toBe(
        true,
      );
  });
});
