import { describe, expect, it, vi } from 'vitest';
import { maxReviewBytes } from '../../src/server/body.ts';
import { Capacity } from '../../src/server/capacity.ts';
import { clusterWith } from '../support/cluster.ts';
import { remoteProxy, reviewOf, startWebhook, type Webhook } from '../support/webhook.ts';

/** The samples of the metric, by reason. */
async function refused({ call }: Webhook): Promise<Readonly<Record<string, number>>> {
  const { text } = await call('/metrics', { method: 'GET' });
  const samples = text.matchAll(/^sallyport_refused_requests_total\{reason="([\w-]+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, reason, count]) => [reason, Number(count)]));
}
const warnings = ({ logged }: Webhook) =>
  logged
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level === 40);
const review = JSON.stringify(reviewOf(remoteProxy()));

describe('a request that is refused before it is judged', () => {
  it('is counted by its reason, and a judged one is not', async () => {
    const webhook = await startWebhook();
    const { call } = webhook;
    await call('/validate', { body: review });
    expect(await refused(webhook)).toEqual({});
    await call('/validate', { body: review, headers: { 'content-type': 'text/plain' } });
    await call('/mutate', { body: 'no JSON' });
    await call('/mutate', { body: '{}' });
    await call('/validate', { body: 'x'.repeat(maxReviewBytes + 1) });
    expect(await refused(webhook)).toEqual({ 'media-type': 1, body: 2, size: 1 });
  });

  it('is counted and logged when the server is busy', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const facts = vi.fn(() => held.then(() => new Map()));
    const webhook = await startWebhook({ cluster: clusterWith({ facts }), capacity: new Capacity(1) });
    const first = webhook.call('/validate?timeout=30s', { body: review });
    await expect.poll(() => facts.mock.calls.length, { timeout: 60_000 }).toBe(1);
    const { status } = await webhook.call('/validate', { body: review });
    letGo();
    await first;
    expect(status).toBe(429);
    expect(await refused(webhook)).toEqual({ busy: 1 });
    expect(warnings(webhook).map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^refused a request with 429: /),
    ]);
  });

  it('is one line of the log for each reason, however many there are', async () => {
    const webhook = await startWebhook();
    for (let i = 0; i < 40; i += 1) await webhook.call('/validate', { body: `no JSON ${i}` });
    expect(await refused(webhook)).toEqual({ body: 40 });
    expect(warnings(webhook)).toHaveLength(1);
  });
});
