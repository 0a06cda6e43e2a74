import { parse } from 'yaml';
import { markdownTable, withPart } from './marked-parts.ts';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** The alerts of a PrometheusRule, in its order. */
export function alertsIn(rule: string): Alert[] {
  const { spec } = parse(rule) as { spec: { groups: readonly { rules: readonly Alert[] }[] } };
  return spec.groups.flatMap(({ rules }) => rules);
}

/** docs/metrics.md with its table of alerts: each with its severity, what it says, and its runbook. */
export function withAlerts(page: string, rule: string): string {
  const rows = alertsIn(rule).map(({ alert, labels, annotations }) => [
    `[\`${alert}\`](runbooks/${alert}.md)`,
    labels.severity,
    annotations.description,
  ]);
  return withPart(page, 'alerts', markdownTable(['Alert', 'Severity', 'What happens, and what to do'], rows));
}
