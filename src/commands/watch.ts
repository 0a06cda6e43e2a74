import type { AddressInfo } from 'node:net';
import { engineFollowing } from '../engine/engine.ts';
import { withoutSecrets } from '../engine/without-secrets.ts';
import { watchPods } from '../engine/watch.ts';
import { createProbeServer } from '../server/probe-server.ts';
import { createLog } from '../telemetry/log.ts';
import { createWatchMetrics } from '../telemetry/watch-metrics.ts';
import {
  chosenCluster,
  configOption,
  contextOptions,
  inClusterOption,
  requireContext,
} from './cluster-options.ts';
import { defineCommand, unreadable, UsageError } from './command.ts';
import { durationOf } from './duration.ts';
import { followConfiguration } from './live-configuration.ts';
import { requirePod } from './own-cluster.ts';
import { listening, portOf, portOption } from './port.ts';

/** Each look lists all pods that matter, and resources rarely change without anybody waiting for it. */
const everyBounds = { option: '--every', least: '1s', most: '1d' };

export const watch = defineCommand({
  name: 'watch',
  summary: 'watch stored pods: events and metrics for those that are outdated or unprotected',
  group: 'Run in a cluster',
  usage: '(--in-cluster | --context NAME) [options]',
  description: `
Checks pods after they are stored, and writes an event on the owner of a pod (or on the pod, if it has no owner) that is labelled and has
no proxy, that was left alone, or that is outdated: at most one for each owner and reason in ten minutes. Serves /metrics, /healthz and
/readyz. It reads no Secret and changes no pod.`,
  options: {
    'in-cluster': inClusterOption,
    ...contextOptions('use this cluster of your kubeconfig'),
    config: configOption('the configuration file of the webhooks; a change is used within seconds'),
    every: {
      type: 'value',
      value: 'TIME',
      default: '5m',
      help: 'how often all pods are checked, besides those that are stored: 1s to 1d',
    },
    host: { type: 'value', value: 'ADDRESS', default: '0.0.0.0', help: 'listen on this address' },
    port: portOption('9090'),
  },
  stopsGracefully: true,
  examples: [['sallyport watch --context prod --port 0', 'watch a cluster from your machine']],
  exit: { 0: 'stopped by a signal', 2: unreadable },
  async run(values, terminal) {
    if (values['in-cluster'] === (values.context !== undefined))
      throw new UsageError('watch needs exactly one of --in-cluster and --context NAME');
    requireContext(values);
    const everySeconds = durationOf(values.every, everyBounds) / 1000;
    const port = portOf(values.port);
    if (values['in-cluster']) requirePod(terminal);

    const { stop } = terminal;
    const log = createLog(terminal.out, terminal.env['SALLYPORT_LOG_LEVEL']);
    const metrics = createWatchMetrics();
    const settings = await followConfiguration(values.config, { log, metrics, stop });
    const { kubeCluster, inCluster } = await import('../kube/kube-cluster.ts');
    const { podFeed } = await import('../kube/pod-feed.ts');
    const { eventWriter } = await import('../kube/event-writer.ts');
    const config = (await chosenCluster(values, terminal))?.config ?? inCluster();
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
});
