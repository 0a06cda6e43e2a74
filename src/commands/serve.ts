import { readFile, writeFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { clusterIdentity } from '../certs/cluster-identity.ts';
import { createAuthority, type Issued } from '../certs/issue.ts';
import type { WebhookIdentity } from '../certs/webhook-identity.ts';
import { compileKinds } from '../core/kinds/index.ts';
import type { Cluster } from '../core/ports.ts';
import { rememberFacts } from '../engine/fact-cache.ts';
import { judgePod, judgeResource } from '../engine/judges.ts';
import type { Engine } from '../engine/validate.ts';
import { InputError } from '../files/documents.ts';
import { createApp } from '../server/app.ts';
import { listen } from '../server/https-server.ts';
import { reviewHandler } from '../server/review-handler.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { contextCluster, folderCluster, ownCluster } from './cluster-options.ts';
import { parseArguments, UsageError, type Command, type Terminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'run both admission webhooks over HTTPS',
  help: `sallyport serve (--in-cluster | --context NAME | --cluster DIR) [options]

Answers AdmissionReviews at /validate (custom resources) and /mutate (pods), beside /healthz and /readyz. Logs one
line of JSON a decision to standard output.

  --in-cluster        ask the cluster this pod runs in, through its service account
  --context NAME      ask this cluster of your kubeconfig
  --cluster DIR       a folder of YAML is the cluster; it never looks at a kubeconfig
  --config FILE       the configuration
  --host ADDRESS      where to listen (default: 127.0.0.1 with --cluster, else all addresses)
  --port PORT         default: 8443; 0 takes a free one
  --tls-cert FILE     the certificate to serve, with --tls-key FILE. Left out, with --cluster one is made for this
                      run, and with --in-cluster one from a CA shared in the Secret sallyport-webhook, which is
                      written into the webhook configurations together with a path nobody can guess
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
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
    if (!(port <= 65535)) throw new UsageError(`--port ${values.port} is not a port`);

    const log = createLog(terminal.out);
    const configuration = await loadConfiguration(values.config);
    // The client would go on without and call a host named "undefined".
    if (values['in-cluster'] && terminal.env['KUBERNETES_SERVICE_HOST'] === undefined)
      throw new InputError('--in-cluster works only in a pod: the environment names no API server');
    const identity = await identityFrom(values, log, terminal.stop);
    const cluster = rememberFacts(await clusterFrom(values, log), () => performance.now());
    const engine: Engine = {
      kinds: compileKinds(configuration.kinds),
      configuration,
      cluster,
      now: () => Date.now(),
    };
    const host = values.host ?? (values.cluster === undefined ? '0.0.0.0' : '127.0.0.1');
    const server = await listen(handlerFor(engine, log, identity), identity.certificate, host, port).catch(
      (error: NodeJS.ErrnoException) => {
        throw new InputError(`cannot listen on ${host}:${port}: ${error.code ?? 'unknown error'}`);
      },
    );
    log.info(`listening on https://${host}:${server.port}`);
    await stopped(terminal);
    await server.close();
    return 0;
  },
};

interface Choices {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
  readonly 'write-ca'?: string | undefined;
}

async function clusterFrom({ context, cluster }: Choices, log: Log): Promise<Cluster> {
  if (cluster !== undefined) return folderCluster(cluster, (message) => log.warn(message));
  return context === undefined ? ownCluster() : contextCluster(context);
}

async function identityFrom(choices: Choices, log: Log, stop: AbortSignal): Promise<WebhookIdentity> {
  const { 'tls-cert': certificate, 'tls-key': key, 'write-ca': caFile } = choices;
  if (certificate !== undefined && key !== undefined)
    return given(usablePair({ certificate: await readPem(certificate), key: await readPem(key) }));
  if (certificate !== undefined || key !== undefined)
    throw new UsageError('--tls-cert and --tls-key go together');
  if (choices.context !== undefined)
    throw new UsageError('--context needs --tls-cert and --tls-key: the API server must trust them');
  if (choices.cluster === undefined) return ownIdentity(log, stop);
  const authority = await createAuthority('sallyport-ca');
  if (caFile !== undefined) {
    await writeFile(caFile, authority.certificate).catch((error: NodeJS.ErrnoException) => {
      throw new InputError(`${caFile}: the CA cannot be written (${error.code ?? 'unknown error'})`);
    });
  }
  const names = ['localhost', '127.0.0.1', '::1'];
  return given(await authority.issue({ commonName: 'sallyport', names, usage: 'server' }));
}

/** Whoever gave the certificate also told the callers of it. */
const given = (certificate: Issued): WebhookIdentity => ({
  certificate,
  prefix: '',
  notReady: () => undefined,
});

async function ownIdentity(log: Log, stop: AbortSignal): Promise<WebhookIdentity> {
  const { inCluster } = await import('../kube/kube-cluster.ts');
  const { ownObjects } = await import('../kube/own-objects.ts');
  return clusterIdentity(ownObjects(inCluster()), log, stop);
}

function usablePair(pair: Issued): Issued {
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
    return pair;
  } catch {
    throw new InputError('--tls-cert and --tls-key must be a certificate and its key in PEM');
  }
}

async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be read (${error.code ?? 'unknown error'})`);
  });
}

function handlerFor(engine: Engine, log: Log, { prefix, notReady }: WebhookIdentity) {
  const now = () => Math.round(performance.now() * 1000) / 1000;
  const shared = { log, now };
  return createApp({
    prefix,
    validate: reviewHandler({
      ...shared,
      webhook: 'validate',
      judge: (request, deadline) => judgeResource(engine, request, deadline),
    }),
    mutate: reviewHandler({
      ...shared,
      webhook: 'mutate',
      judge: (request, deadline) => judgePod(engine, request, deadline),
    }),
    notReady,
  });
}

function stopped({ stop }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
