import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ReconcileOutcome } from '../../src/certs/reconcile-loop.ts';
import type { CloseReason } from '../../src/net/connection-guard.ts';
import type { RefusalReason } from '../../src/server/refused-requests.ts';
import type { LargeOutcome } from '../../src/server/workers/large-reviews.ts';
import type { DecisionRecord } from '../../src/telemetry/log.ts';
import { everyMetric, type Described } from '../support/metrics.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = read('docs/metrics.md');
const metrics = await everyMetric();

/** `name | type | labels` of each row of a section's table. */
function rowsOf(section: string): string[] {
  const [, text = ''] = new RegExp(`^## ${section}$([^]*?)(?=^## |(?![^]))`, 'm').exec(page) ?? [];
  return [...text.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)].map(
    ([, name = '', type = '', labels = '', meaning = '']) => `${name} | ${type} | ${labels} | ${meaning}`,
  );
}
const rows = (described: readonly Described[]) =>
  described.map(
    ({ name, type, labels, help }) =>
      `${name} | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}`,
  );

describe('docs/metrics.md', () => {
  it.each([
    ['Webhook server', metrics.serve],
    ['Watcher', metrics.watch],
    ['Certificate controller', metrics.certificates],
  ])('lists every metric of the %s as it is exposed, and no other', (section, described) => {
    expect(described.length).toBeGreaterThan(3);
    expect(rowsOf(section)).toEqual(rows(described));
  });

  const decisions = { allow: 0, patch: 0, deny: 0, error: 0 } satisfies Record<DecisionRecord['decision'], 0>;
  const reconciles = { success: 0, 'not-ready': 0, error: 0 } satisfies Record<ReconcileOutcome, 0>;
  const limits = { count: 0, head: 0, response: 0 } satisfies Record<CloseReason, 0>;
  const refused = { busy: 0, size: 0, 'media-type': 0, body: 0 } satisfies Record<RefusalReason, 0>;
  const large = {
    answered: 0,
    full: 0,
    waited: 0,
    deadline: 0,
    memory: 0,
    failed: 0,
  } satisfies Record<LargeOutcome, 0>;
  it.each([
    ['Webhook server', '`decision`', decisions],
    ['Webhook server', '`outcome` of large reviews', large],
    ['Webhook server', '`reason` of `sallyport_refused_requests_total`', refused],
    ['Webhook server', '`limit`', limits],
    ['Certificate controller', '`outcome`', reconciles],
  ])('lists each value of the %s in the line about %s, and no other', (section, label, values) => {
    const [, text = ''] = new RegExp(`^## ${section}$([^]*?)(?=^## )`, 'm').exec(page) ?? [];
    const line = text.split(/^- /m).find((one) => one.startsWith(`${label}: `)) ?? '';
    const words = [...line.slice(label.length).matchAll(/`([a-z-]+)`/g)].map(([, word = '']) => word);
    expect(new Set(words.filter((word) => word !== 'reason'))).toEqual(new Set(Object.keys(values)));
  });
});
