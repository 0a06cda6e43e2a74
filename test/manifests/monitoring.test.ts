import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metricNames } from '../../src/proxy/metrics.ts';
import { alertsIn } from '../../build/alerts.ts';
import { everyMetric } from '../support/metrics.ts';
import { readQuery } from '../support/promql.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const metrics = await everyMetric();

/** The metrics that a query may name, with their labels; a histogram is three. */
const known = new Map<string, readonly string[]>(
  Object.values(metrics)
    .flat()
    .flatMap(({ name, type, labels }): [string, readonly string[]][] =>
      type === 'histogram'
        ? [
            [`${name}_bucket`, [...labels, 'le']],
            [`${name}_count`, labels],
            [`${name}_sum`, labels],
          ]
        : [[name, labels]],
    ),
);
for (const name of metricNames) known.set(name, ['server', 'outcome', 'cause', 'reason']);
// The API server's own (staging/src/k8s.io/apiserver/pkg/admission/metrics/metrics.go): only it knows of calls that failed.
known.set('apiserver_admission_webhook_fail_open_count', ['name', 'type']);
known.set('apiserver_admission_webhook_rejection_count', [
  'name',
  'type',
  'operation',
  'error_type',
  'rejection_code',
]);
// Prometheus' own.
known.set('up', []);

/** Prometheus adds these to every sample; cluster is the usual external label. */
const added = ['namespace', 'pod', 'job', 'instance', 'container', 'cluster'];

const alerts = alertsIn(read('manifests/monitoring/prometheus-rule.yaml'));

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}
const dashboard = JSON.parse(read('manifests/monitoring/dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
};

const queries = [
  ...alerts.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [`panel ${title}`, expr] as const),
  ),
];

describe('alerts and dashboard', () => {
  it.each(queries)('%s is PromQL about metrics and labels that exist', (_, expr) => {
    const query = readQuery(expr);
    expect(query.errors).toEqual([]);
    expect(query.metrics).not.toEqual([]);
    for (const metric of query.metrics) expect([...known.keys()]).toContain(metric);
    for (const { metric, label } of query.matched)
      expect([...(known.get(metric) ?? []), ...added], metric).toContain(label);
    const labels = query.metrics.flatMap((metric) => known.get(metric) ?? []);
    for (const label of query.grouped) expect([...labels, ...added]).toContain(label);
  });

  it('the reader of queries finds a typo and what a query names', () => {
    expect(readQuery('sum by (a) (rate(b{c="d"}[5m]) > 0').errors).toHaveLength(1);
    expect(readQuery('sum by (a) (rate(b{c="d"}[5m])) or absent(e)')).toEqual({
      metrics: ['b', 'e'],
      matched: [{ metric: 'b', label: 'c' }],
      grouped: ['a'],
      absent: ['e'],
      errors: [],
    });
  });
});

describe('alerts', () => {
  it('have a severity, a summary, what happens and what to do, and the URL of their runbook', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\S/);
      expect(annotations.description).toMatch(/\.$/);
      expect(annotations.runbook_url).toBe(`https://sallyport.dev/docs/runbooks/${alert}.md`);
    }
  });

  it('fire if any program of the installation exposes no metrics', () => {
    const absent = new Set(alerts.flatMap(({ expr }) => readQuery(expr).absent));
    for (const [program, described] of Object.entries(metrics))
      expect(
        described.some(({ name }) => absent.has(name)),
        program,
      ).toBe(true);
  });

  it('fire if the API server cannot call a webhook, whether it rejects or admits the request', () => {
    const named = alerts.flatMap(({ expr }) => readQuery(expr).metrics);
    expect(named).toContain('apiserver_admission_webhook_rejection_count');
    expect(named).toContain('apiserver_admission_webhook_fail_open_count');
  });

  it('keep clusters apart, so that one cluster does not hide another', () => {
    for (const { alert, expr } of alerts)
      for (const [, by = ''] of expr.matchAll(/\bby \(([^)]*)\)/g))
        expect(by.split(', '), alert).toContain('cluster');
  });

  const pages = readdirSync(new URL('../../docs/runbooks', import.meta.url)).filter(
    (file) => file !== 'README.md',
  );

  it('have one runbook each, and each runbook has an alert', () => {
    expect(pages.toSorted()).toEqual(alerts.map(({ alert }) => `${alert}.md`).toSorted());
    const listed = [...read('docs/runbooks/README.md').matchAll(/^- \[(\w+)\]\((\w+)\.md\)$/gm)];
    expect(listed.map(([, title = '']) => title).toSorted()).toEqual(
      alerts.map(({ alert }) => alert).toSorted(),
    );
    for (const [, title, file] of listed) expect(file).toBe(title);
  });

  it.each(alerts)('$alert has a runbook with its severity, meaning, impact, diagnosis and fix', (one) => {
    const page = read(`docs/runbooks/${one.alert}.md`);
    expect(page).toMatch(new RegExp(`^# ${one.alert}\n\nSeverity: ${one.labels.severity}\\.\n`));
    const sections = page.split(/^## /m).slice(1);
    expect(sections.map((text) => text.split('\n')[0])).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Fix']);
    for (const text of sections) expect(text.split('\n').slice(1).join('').trim()).not.toBe('');
    expect(sections[2]).toMatch(/```(?:sh|text)\n/);
  });
});

describe('the dashboard', () => {
  it('begins with a row of stat tiles, and no two panels overlap', () => {
    const tiles = dashboard.panels.filter(({ type }) => type === 'stat');
    expect(tiles.map(({ gridPos }) => gridPos.y)).toEqual(tiles.map(() => 0));
    expect(tiles.reduce((width, { gridPos }) => width + gridPos.w, 0)).toBe(24);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('can be limited to a cluster in every panel, and to a namespace where pods are counted', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    expect(names).toEqual(['datasource', 'cluster', 'namespace']);
    for (const { title, targets } of dashboard.panels)
      for (const { expr } of targets) {
        expect(expr, title).toContain('cluster=~"$cluster"');
        if (/sallyport_(?:watch_pods|proxy_)/.test(expr))
          expect(expr, title).toContain('namespace=~"$namespace"');
      }
  });

  it('takes the values of its variables from metrics and labels that exist', () => {
    for (const { name, type, definition = '' } of dashboard.templating.list) {
      if (type !== 'query') continue;
      const [, metric = '', label] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      expect(known.has(metric), metric).toBe(true);
      expect(label).toBe(name);
    }
  });
});
