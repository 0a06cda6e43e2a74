import { withoutSecrets } from '../engine/without-secrets.ts';
import { watchPods } from '../engine/watch.ts';
import { InputError } from '../files/documents.ts';
import { serveSignals } from '../server/signals-server.ts';
import { createLog } from '../telemetry/log.ts';
import { createWatchMetrics } from '../telemetry/watch-metrics.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { followConfiguration } from './live-configuration.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'watch pods after they are stored: events and metrics for those that stand out',
  help: `sallyport watch (--in-cluster | --context NAME) [options]

Looks at pods after they are stored and writes an event on whoever made them (the pod itself when nobody did): labelled
and without a proxy, left as their operator made them, or older than their resource or their injector; at most one an
owner, reason and ten minutes. Serves /metrics, /healthz and /readyz. It reads no Secret and changes no pod.

  --in-cluster        the cluster this pod runs in, through its service account
  --context NAME      this cluster of your kubeconfig
  --config FILE       the configuration, as the webhooks have it; a change is used within seconds
  --every SECONDS     how often all pods are looked at, beside those that are stored (default: 300)
  --host ADDRESS      where to listen (default: all addresses)
  --port PORT         default: 9090; 0 takes a free one

Exit: 0 stopped by a signal, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      'in-cluster': { type: 'boolean' },
      context: { type: 'string' },
      config: { type: 'string' },
      every: { type: 'string', default: '300' },
      host: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '9090' },
    });
    if (positionals.length > 0)
      throw new UsageError(`watch takes no file, but got ${JSON.stringify(positionals[0])}`);
    if ((values['in-cluster'] ?? false) === (values.context !== undefined))
      throw new UsageError('watch needs exactly one of --in-cluster and --context NAME');
    const everySeconds = numberBetween('--every', values.every, 1, 86_400);
    const port = numberBetween('--port', values.port, 0, 65_535);
    if (values['in-cluster'] && terminal.env['KUBERNETES_SERVICE_HOST'] === undefined)
      throw new InputError('--in-cluster works only in a pod: the environment names no API server');

    const { stop } = terminal;
    const log = createLog(terminal.out);
    const metrics = createWatchMetrics();
    const settings = await followConfiguration(values.config, { log, metrics, stop });
    const { kubeCluster, fromContext, inCluster } = await import('../kube/kube-cluster.ts');
    const { podFeed } = await import('../kube/pod-feed.ts');
    const { eventWriter } = await import('../kube/event-writer.ts');
    const config = values.context === undefined ? inCluster() : fromContext(values.context);
    const cluster = withoutSecrets(kubeCluster(config));
    const now = () => Date.now();
    const server = await serveSignals(metrics, values.host, port).catch((error: NodeJS.ErrnoException) => {
      throw new InputError(`cannot listen on ${values.host}:${port}: ${error.code ?? 'unknown error'}`);
    });
    log.info(`listening on http://${values.host}:${server.port}`);
    await watchPods({
      engine: () => ({ ...settings(), cluster, now }),
      feed: podFeed(config),
      write: eventWriter(config, now, stop),
      metrics,
      log,
      now,
      everySeconds,
      stop,
    });
    server.close();
    return 0;
  },
};

function numberBetween(option: string, text: string, from: number, to: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new UsageError(`${option} must be a number from ${from} to ${to}`);
}
