import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { engineFollowing } from '../engine/engine.ts';
import { withoutSecrets } from '../engine/without-secrets.ts';
import { watchPods } from '../engine/watch.ts';
import { InputError } from '../files/documents.ts';
import { createProbeServer } from '../server/probe-server.ts';
import { createLog } from '../telemetry/log.ts';
import { createWatchMetrics } from '../telemetry/watch-metrics.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { durationOf } from './duration.ts';
import { followConfiguration } from './live-configuration.ts';
import { requirePod } from './own-cluster.ts';
import { portOf } from './port.ts';

/** Each look lists all pods that matter, and resources rarely change without anybody waiting for it. */
const everyBounds = { option: '--every', least: '1s', most: '1d' };

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
  --every TIME        how often all pods are looked at, beside those that are stored (default: 5m; 1s to 1d)
  --host ADDRESS      where to listen (default: all addresses)
  --port PORT         default: 9090; 0 takes a free one

Exit: 0 stopped by a signal, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      'in-cluster': { type: 'boolean' },
      context: { type: 'string' },
      config: { type: 'string' },
      every: { type: 'string', default: '5m' },
      host: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '9090' },
    });
    if (positionals.length > 0)
      throw new UsageError(`watch takes no file, but got ${JSON.stringify(positionals[0])}`);
    if ((values['in-cluster'] ?? false) === (values.context !== undefined))
      throw new UsageError('watch needs exactly one of --in-cluster and --context NAME');
    const everySeconds = durationOf(values.every, everyBounds) / 1000;
    const port = portOf(values.port);
    if (values['in-cluster']) requirePod(terminal);

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
    const server = createProbeServer(metrics);
    await listening(server, values.host, port);
    log.info(`listening on http://${values.host}:${(server.address() as AddressInfo).port}`);
    await watchPods({
      engine: engineFollowing(settings, cluster),
      feed: podFeed(config),
      write: eventWriter(config, now, stop),
      metrics,
      log,
      now,
      everySeconds,
      stop,
    });
    server.close().closeAllConnections();
    return 0;
  },
};

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new InputError(`cannot listen on ${host}:${port}: ${error.code ?? 'unknown error'}`)),
    );
    server.listen(port, host, resolve);
  });
}
