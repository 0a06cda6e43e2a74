import { describe, expect, it } from 'vitest';
import { chartRenderer, named } from './chart-objects.ts';

const { rendered } = chartRenderer();

describe('monitoring', () => {
  it('installs nothing by default', async () => {
    const kinds = (await rendered({})).map(({ kind }) => kind);
    for (const kind of ['PodMonitor', 'ServiceMonitor', 'PrometheusRule']) expect(kinds).not.toContain(kind);
  });

  it('installs monitors, alerts and the dashboard with the labels and the runbook URL of the values', async () => {
    const labels = { release: 'prometheus' };
    const documents = await rendered({
      monitoring: {
        enabled: true,
        podMonitor: { labels, interval: '15s' },
        prometheusRule: { labels, runbookBaseURL: 'https://wiki.example.com/sallyport/' },
        dashboard: { namespace: 'grafana', annotations: { grafana_folder: 'MCP' } },
      },
    });
    const monitors = documents.filter(({ kind }) => kind === 'PodMonitor');
    expect(monitors).toHaveLength(4);
    for (const { metadata, spec } of monitors) {
      expect(metadata).toMatchObject({ namespace: 'mcp', labels });
      expect(spec).toMatchObject({ podMetricsEndpoints: [{ interval: '15s' }] });
    }
    const rule = named(documents, 'PrometheusRule', 'sallyport');
    expect(rule?.metadata.labels).toMatchObject(labels);
    const urls = [...JSON.stringify(rule).matchAll(/"runbook_url":"([^"]*)"/g)].map(([, url]) => url);
    expect(urls.length).toBeGreaterThan(10);
    for (const url of urls)
      expect(url).toMatch(/^https:\/\/wiki\.example\.com\/sallyport\/Sallyport\w+\.md$/);
    const dashboard = named(documents, 'ConfigMap', 'sallyport-dashboard');
    expect(dashboard?.metadata).toMatchObject({
      namespace: 'grafana',
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'MCP' },
    });
    expect(JSON.parse(dashboard?.data?.['sallyport.json'] ?? '')).toMatchObject({ uid: 'sallyport' });
  });

  it('with a ServiceMonitor scrapes no replica twice', async () => {
    const documents = await rendered({ monitoring: { enabled: true, serviceMonitor: { enabled: true } } });
    expect(named(documents, 'ServiceMonitor', 'sallyport')?.spec).toMatchObject({
      endpoints: [{ port: 'https', scheme: 'https' }],
    });
    expect(named(documents, 'PodMonitor', 'sallyport')).toBeUndefined();
    expect(named(documents, 'PodMonitor', 'sallyport-proxies')).toBeDefined();
  });

  it('without the watcher has no alert that would miss its metrics', async () => {
    const alertsWith = async (enabled: boolean) =>
      JSON.stringify(
        named(
          await rendered({ watcher: { enabled }, monitoring: { enabled: true } }),
          'PrometheusRule',
          'sallyport',
        ),
      );
    expect(await alertsWith(true)).toContain('SallyportWatcherBlind');
    const without = await alertsWith(false);
    expect(without).not.toContain('sallyport_watch_');
    expect(without).toContain('SallyportProxyWithoutCredential');
  });
});
