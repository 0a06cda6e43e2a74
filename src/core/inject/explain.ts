import { findingLine } from '../finding.ts';
import type { Plan } from './plan.ts';

/** The plan in words: what is added, where, and what the app calls. One line each, no values. */
export function explainPlan(plan: Extract<Plan, { kind: 'planned' }>): string[] {
  if (plan.edits.length === 0) return ['nothing to add: the pod already has everything'];
  const added = plan.edits.flatMap(({ explain }) => (explain === undefined ? [] : [`+ ${explain}`]));
  const calls = plan.servers.map(
    ({ name, url, config }) =>
      `= ${name}: the app calls ${url}, the proxy calls ${upstreamOf(config.upstream)} with ${credentialsOf(config)}`,
  );
  return [...added, ...calls, ...plan.warnings.map((finding) => `! ${findingLine(finding)}`)];
}

type ServerConfig = Extract<Plan, { kind: 'planned' }>['servers'][number]['config'];

function credentialsOf({ headers, bundles, tls }: ServerConfig): string {
  const parts = [
    ...headers.map(({ name, file, basic }) => {
      const from = file ?? basic?.join(' and ');
      return `${name}${from === undefined ? ' (literal)' : ` from ${from}`}`;
    }),
    ...bundles.map(() => 'every key of a Secret as a header'),
    ...(tls?.cert ? ['a client certificate'] : []),
    ...(tls?.ca ? [`its own CA${tls.roots === 'replace' ? ' alone' : ''}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'nothing added';
}

/** Without its query, which may hold what nobody should read. */
function upstreamOf(upstream: string): string {
  const url = new URL(upstream);
  return `${url.origin}${url.pathname}`;
}
