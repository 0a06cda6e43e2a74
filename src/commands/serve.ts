import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../core/cluster.ts';
import { rememberFacts } from '../engine/fact-cache.ts';
import { meteredCluster } from '../engine/metered-cluster.ts';
import { InputError } from '../files/documents.ts';
import { listen } from '../server/https-server.ts';
import { createWebhookApp } from '../server/webhook-app.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { contextCluster, folderCluster, ownCluster } from './cluster-options.ts';
import { parseArguments, UsageError, type Command, type Terminal } from './command.ts';
import { followConfiguration } from './live-configuration.ts';
import { requirePod } from './own-cluster.ts';
import { portOf } from './port.ts';
import { identityFrom } from './serve-identity.ts';

/**
 * How long a replica that was asked to stop goes on answering. Its address leaves the Service within two probes or so, and
 * then every node has to hear of it; whoever calls until then must find somebody.
 */
export const drainMs = 15_000;

export const serve: Command = {
  name: 'serve',
  summary: 'run both admission webhooks over HTTPS',
  help: `sallyport serve (--in-cluster | --context NAME | --cluster DIR) [options]

Answers AdmissionReviews at /validate (custom resources), /mutate and /check (pods), beside /healthz, /readyz and
/metrics. Logs one line of JSON a decision to standard output.

  --in-cluster        ask the cluster this pod runs in, through its service account
  --context NAME      ask this cluster of your kubeconfig
  --cluster DIR       a folder of YAML is the cluster; it never looks at a kubeconfig
  --config FILE       the configuration; a change is used within seconds, a bad one is logged and the last good stays
  --host ADDRESS      where to listen (default: 127.0.0.1 with --cluster, else all addresses)
  --port PORT         default: 8443; 0 takes a free one
  --tls-cert FILE     the certificate to serve, with --tls-key FILE; with --in-cluster they are read again when they
                      change. Left out, with --cluster one is made for this run, and with --in-cluster the one of the
                      Secret sallyport-webhook is served, below the path of the Secret sallyport-path: sallyport
                      certificates keeps both
  --write-ca FILE     write the CA of the certificate that was made, for curl --cacert

Exit: 0 stopped by a signal, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      'in-cluster': { type: 'boolean' },
      context: { type: 'string' },
      cluster: { type: 'string' },
      config: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string', default: '8443' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      'write-ca': { type: 'string' },
    });
    if (positionals.length > 0)
      throw new UsageError(`serve takes no file, but got ${JSON.stringify(positionals[0])}`);
    const targets = [values['in-cluster'] ? 'in' : undefined, values.context, values.cluster].filter(
      (one) => one !== undefined,
    );
    if (targets.length !== 1)
      throw new UsageError('serve needs exactly one of --in-cluster, --context NAME and --cluster DIR');
    const port = portOf(values.port);

    const log = createLog(terminal.out);
    if (values['in-cluster']) requirePod(terminal);
    const metrics = createMetrics();
    const settings = await followConfiguration(values.config, { log, metrics, stop: terminal.stop });
    const identity = await identityFrom(values, log, terminal);
    const asked = meteredCluster(await clusterFrom(values, log), metrics.lookup, () => performance.now());
    const cluster = rememberFacts(asked, () => performance.now());
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
      throw new InputError(`cannot listen on ${host}:${port}: ${error.code ?? 'unknown error'}`);
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
};

interface Target {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
}

async function clusterFrom({ context, cluster }: Target, log: Log): Promise<Cluster> {
  if (cluster !== undefined) return folderCluster(cluster, (message) => log.warn(message));
  return context === undefined ? ownCluster() : contextCluster(context);
}

function stopped({ stop }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
