import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL query names; `errors` are the places that Prometheus' own grammar rejects. */
export interface Query {
  readonly metrics: readonly string[];
  /** Labels in selectors, with the metric of the selector. */
  readonly matched: readonly { readonly metric: string; readonly label: string }[];
  /** Labels after `by` and `on`. */
  readonly grouped: readonly string[];
  /** Metrics whose absence the query tests. */
  readonly absent: readonly string[];
  readonly errors: readonly string[];
}

/** Reads a query of an alert, or of a Grafana panel with its variables. */
export function readQuery(query: string): Query {
  // Grafana replaces this one before Prometheus reads the query; the others are inside of strings.
  const text = query.replaceAll('$__rate_interval', '5m');
  const metrics: string[] = [];
  const matched: { metric: string; label: string }[] = [];
  const grouped: string[] = [];
  const absent: string[] = [];
  const errors: string[] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }) => text.slice(from, to);
  parser.parse(text).iterate({
    enter: (ref) => {
      const { node } = ref;
      if (node.type.isError) errors.push(`${text.slice(0, node.from)} >>> ${text.slice(node.from)}`);
      if (node.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        const metric = name ? textOf(name) : '';
        metrics.push(metric);
        for (const one of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
          const label = one.getChild('LabelName');
          if (label) matched.push({ metric, label: textOf(label) });
        }
      }
      if (node.name === 'GroupingLabels')
        grouped.push(...node.getChildren('LabelName').map((label) => textOf(label)));
      if (node.name === 'FunctionCall' && textOf(node).startsWith('absent('))
        absent.push(textOf(node).slice('absent('.length, -1));
    },
  });
  return { metrics, matched, grouped, absent, errors };
}
