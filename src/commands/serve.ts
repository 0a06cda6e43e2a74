import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../core/cluster.ts';
import { rememberFacts } from '../engine/fact-cache.ts';
import { meteredCluster } from '../engine/metered-cluster.ts';
import { isFollowed, rememberResources } from '../engine/resource-memory.ts';
import type { ResourceVersions } from '../kube/resource-versions.ts';
import { listen } from '../server/https-server.ts';
import { createWebhookApp } from '../server/webhook-app.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import {
  clusterFolderOption,
  configOption,
  chosenCluster,
  contextOptions,
  requireContext,
  type ContextValues,
  folderCluster,
  inClusterOption,
} from './cluster-options.ts';
import { defineCommand, unreadable, UsageError, type CommandTerminal, type Terminal } from './command.ts';
import { followConfiguration } from './live-configuration.ts';
import { requirePod } from './own-cluster.ts';
import { cannotListen, portOf, portOption } from './port.ts';
import { identityFrom } from './serve-identity.ts';

/**
 * How long a replica that was asked to stop goes on answering. Its address leaves the Service within two probes or so, and
 * then every node has to hear of it; whoever calls until then must find somebody.
 */
export const drainMs = 15_000;

export const serve = defineCommand({
  name: 'serve',
  summary: 'run both admission webhooks over HTTPS',
  group: 'Run in a cluster',
  usage: '(--in-cluster | --context NAME | --cluster DIR) [options]',
  description: `
Serves AdmissionReviews at /validate (custom resources), /mutate and /check (pods), and /healthz, /readyz and /metrics. Logs one line of
JSON for each decision to standard output.

Without --tls-cert, serve issues a certificate for this run with --cluster. With --in-cluster it serves the certificate of the Secret
sallyport-webhook below the path of the Secret sallyport-path; sallyport certificates manages both.`,
  options: {
    'in-cluster': inClusterOption,
    ...contextOptions('use this cluster of your kubeconfig'),
    cluster: { ...clusterFolderOption, help: 'use a folder of YAML as the cluster, and no kubeconfig' },
    config: configOption(
      'the configuration file; a change is used within seconds, and an invalid one is logged and ignored',
    ),
    host: {
      type: 'value',
      value: 'ADDRESS',
      help: 'listen on this address (default: 127.0.0.1 with --cluster, otherwise all addresses)',
    },
    port: portOption('8443'),
    'tls-cert': {
      type: 'value',
      value: 'FILE',
      help: 'serve this certificate; needs --tls-key; with --in-cluster both are read again when they change',
    },
    'tls-key': { type: 'value', value: 'FILE', help: 'the private key of --tls-cert' },
    'write-ca': {
      type: 'value',
      value: 'FILE',
      help: 'write the CA of the issued certificate to this file, for curl --cacert',
    },
  },
  stopsGracefully: true,
  examples: [
    [
      'sallyport serve --cluster manifests/ --write-ca ca.crt',
      'try the webhooks with a folder as the cluster',
    ],
    [
      'sallyport serve --in-cluster --config /etc/sallyport/config.yaml',
      'run a replica, as the manifests do',
    ],
  ],
  exit: { 0: 'stopped by a signal', 2: unreadable },
  async run(values, terminal) {
    const targets = [values['in-cluster'] ? 'in' : undefined, values.context, values.cluster].filter(
      (one) => one !== undefined,
    );
    if (targets.length !== 1)
      throw new UsageError('serve needs exactly one of --in-cluster, --context NAME and --cluster DIR');
    requireContext(values);
    const port = portOf(values.port);

    const log = createLog(terminal.out, terminal.env['SALLYPORT_LOG_LEVEL']);
    if (values['in-cluster']) requirePod(terminal);
    const metrics = createMetrics();
    const settings = await followConfiguration(values.config, { log, metrics, stop: terminal.stop });
    const identity = await identityFrom(values, log, terminal);
    const now = () => performance.now();
    const { cluster: asked, versions } = await clusterFrom(values, log, terminal);
    const metered = meteredCluster(asked, metrics.lookup, now);
    metrics.resourceWatches(() => versions?.open() ?? 0);
    const resources = versions
      ? rememberResources(metered, {
          follows: isFollowed(settings),
          storedVersion: versions.of,
          now,
        })
      : metered;
    const cluster = rememberFacts(resources, now);
    const host = values.host ?? (values.cluster === undefined ? '0.0.0.0' : '127.0.0.1');
    const notReady = () => (terminal.stop.aborted ? 'the server is stopping' : identity.notReady());
    const app = createWebhookApp({
      settings,
      cluster,
      worker: terminal.worker,
      log,
      metrics,
      identity: { ...identity, notReady },
    });
    const server = await listen(
      app.listener,
      identity.certificate,
      host,
      port,
      metrics.connectionClosed,
    ).catch((error: NodeJS.ErrnoException) => {
      throw cannotListen(host, port, error);
    });
    metrics.certificate(identity.certificate.certificate);
    identity.onRenewal((certificate) => {
      server.use(certificate);
      metrics.certificate(certificate.certificate);
    });
    log.info(`listening on https://${host}:${server.port}`);
    await stopped(terminal);
    server.drain();
    if (values['in-cluster']) await sleep(drainMs);
    await server.close();
    app.close();
    return 0;
  },
});

interface Asked {
  readonly cluster: Cluster;
  /** Of a live cluster. */
  readonly versions?: ResourceVersions;
}

interface Target extends ContextValues {
  readonly cluster?: string | undefined;
}

/** In its pod a server starts without its API server, and responds once it is there. A person reads at once that it is not. */
async function clusterFrom(
  { cluster, ...context }: Target,
  log: Log,
  terminal: CommandTerminal,
): Promise<Asked> {
  if (cluster !== undefined) return { cluster: await folderCluster(cluster, (message) => log.warn(message)) };
  const chosen = await chosenCluster(context, terminal);
  const { inCluster, kubeCluster } = await import('../kube/kube-cluster.ts');
  const { resourceVersions } = await import('../kube/resource-versions.ts');
  const config = chosen?.config ?? inCluster();
  return { cluster: kubeCluster(config), versions: resourceVersions(config, terminal.stop) };
}

function stopped({ stop }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
