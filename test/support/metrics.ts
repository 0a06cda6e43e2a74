import { createAuthority } from '../../src/certs/issue.ts';
import { createCertificateControllerMetrics } from '../../src/telemetry/certificate-controller-metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createWatchMetrics } from '../../src/telemetry/watch-metrics.ts';

export interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric of the three programs after something of each has happened, as Prometheus would see it. */
export async function everyMetric(): Promise<
  Readonly<Record<'serve' | 'watch' | 'certificates', readonly Described[]>>
> {
  const serve = createMetrics();
  serve.decision({
    webhook: 'validate',
    uid: '',
    operation: 'CREATE',
    kind: 'MCPServerEntry',
    namespace: 'a',
    name: 'b',
    decision: 'deny',
    codes: ['MCP201'],
    warned: ['MCP403'],
    audited: ['MCP511'],
    skipped: 'not-labelled',
    undecided: [{ code: 'MCP208', cause: 'late' }],
    ms: 1,
  });
  serve.underway('validate');
  serve.lookup('secret', 'present', 0.001);
  serve.configuration(true);
  serve.connectionClosed('count');
  serve.refused('busy');
  serve.large('deadline');
  serve.certificate((await createAuthority('test')).certificate);
  const watch = createWatchMetrics();
  watch.pods([{ namespace: 'a', reason: 'Outdated', count: 1 }]);
  watch.event('Outdated', 'written');
  watch.swept(true, 0);
  const controller = createCertificateControllerMetrics();
  controller.reconciled('success');
  controller.wrote('bundle');
  return {
    serve: describedIn(await serve.text()),
    watch: describedIn(await watch.metrics()),
    certificates: describedIn(await controller.metrics()),
  };
}

/** From the text alone, so that nothing is missed that is exposed. */
function describedIn(text: string): Described[] {
  return [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\w+)\n((?:(?!#).+\n)*)/gm)].map(
    ([, name = '', help = '', type = '', samples = '']) => {
      const labels = [...samples.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
      return { name, type, help, labels: [...new Set(labels)].filter((label) => label !== 'le') };
    },
  );
}
