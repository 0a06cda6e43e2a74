import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { eventWriter } from '../../src/kube/event-writer.ts';
import { sendChunked, startApiServer } from '../support/api-server.ts';

const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'team-a', name: 'agent', uid: 'uid-1' };
const event = {
  name: 'agent.1',
  namespace: 'team-a',
  reason: 'Outdated',
  message: 'create it again',
  about,
} as const;
const now = Date.parse('2026-03-01T12:00:00.500Z');

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The status that decides whether the event is written, where the API server responds with these, and what it received. */
async function written(created: number, patched = 500) {
  const bodies: unknown[] = [];
  const { config, asked } = await startApiServer(
    (req, res) =>
      void bodyOf(req).then((body) => {
        bodies.push(body);
        sendChunked(res, patched, {});
      }),
    (review, res) => {
      bodies.push(review);
      sendChunked(res, created, {});
      return 'answered';
    },
  );
  const write = eventWriter(config, () => now, new AbortController().signal);
  return { code: await write(event), asked, bodies };
}

it('an event is about its object, with the time and the reason', async () => {
  const { code, asked, bodies } = await written(201);
  expect(code).toBe(201);
  expect(asked).toEqual(['POST /api/v1/namespaces/team-a/events']);
  expect(bodies).toMatchObject([
    {
      metadata: { name: 'agent.1', namespace: 'team-a' },
      involvedObject: about,
      type: 'Warning',
      reason: 'Outdated',
      message: 'create it again',
      firstTimestamp: '2026-03-01T12:00:00Z',
      lastTimestamp: '2026-03-01T12:00:00Z',
    },
  ]);
});

it('an event that exists gets the new time and message', async () => {
  const { code, asked, bodies } = await written(409, 200);
  expect(code).toBe(200);
  expect(asked[1]).toBe('PATCH /api/v1/namespaces/team-a/events/agent.1');
  expect(bodies[1]).toEqual({ lastTimestamp: '2026-03-01T12:00:00Z', message: 'create it again' });
});

it.each([
  ['may not be created', 403, 500, 403],
  ['is created in a namespace that is being deleted', 404, 500, 404],
  ['exists and may not be changed', 409, 403, 403],
  ['was deleted between the two requests', 409, 404, 404],
])('an event that %s has the status that says why', async (_, created, patched, code) => {
  expect((await written(created, patched)).code).toBe(code);
});
