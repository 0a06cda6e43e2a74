import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { metricNames } from '../../src/proxy/metrics.ts';
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
});

/** What can be asked of a metric: a histogram is three. */
const known = new Map(
  Object.values(metrics)
    .flat()
    .flatMap(({ name, type, labels }) =>
      type === 'histogram'
        ? [
            [`${name}_bucket`, [...labels, 'le']],
            [`${name}_count`, labels],
            [`${name}_sum`, labels],
          ]
        : [[name, labels]],
    ) as [string, readonly string[]][],
);
for (const name of metricNames) known.set(name, ['server', 'outcome', 'cause', 'reason']);
/** The API server's own: only it knows that a webhook was not asked. */
known.set('apiserver_admission_webhook_fail_open_count', ['name', 'type']);

/** Of the scrape: Prometheus adds them to everything. */
const added = ['namespace', 'pod', 'job', 'instance', 'container'];

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
const { spec } = parse(read('manifests/monitoring/prometheus-rule.yaml')) as {
  spec: { groups: readonly { name: string; rules: readonly Rule[] }[] };
};
const alerts = spec.groups.flatMap(({ rules }) => rules);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read('manifests/monitoring/dashboard.json')) as {
  readonly panels: readonly Panel[];
};

const queries = [
  ...alerts.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel ${title}`, expr] as const),
  ),
];

describe('manifests/monitoring', () => {
  it.each(queries)('%s asks for metrics and labels that exist', (_, expr) => {
    const used = [...expr.matchAll(/\b((?:sallyport|apiserver)_\w+)(\{[^}]*\})?/g)];
    expect(used).not.toEqual([]);
    const labels = used.flatMap(([, name = '', selector = '']) => {
      expect([...known.keys()]).toContain(name);
      for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
        expect([...(known.get(name) ?? []), ...added]).toContain(label);
      return known.get(name) ?? [];
    });
    for (const [, grouped = ''] of expr.matchAll(/\bby ?\(([^)]*)\)/g))
      for (const label of grouped.split(',').map((one) => one.trim()))
        expect([...labels, ...added]).toContain(label);
  });

  it('every alert says what it means and what to do', () => {
    for (const { labels, annotations } of alerts) {
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\S/);
      expect(annotations.description).toMatch(/\.$/);
    }
  });

  it('docs/metrics.md says what every alert means, and has no other', () => {
    const listed = [...page.matchAll(/^\| `(Sallyport\w+)`/gm)].map(([, name]) => name);
    expect(listed).toEqual(alerts.map(({ alert }) => alert));
  });
});
