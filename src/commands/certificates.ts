import {
  startCertificateController,
  type ExternalAuthority,
  type CertificateLifetimes,
  type AuthoritySource,
} from '../certs/certificate-controller.ts';
import { createProbeServer } from '../server/probe-server.ts';
import { createCertificateControllerMetrics } from '../telemetry/certificate-controller-metrics.ts';
import { createLog } from '../telemetry/log.ts';
import { inClusterOption } from './cluster-options.ts';
import { defineCommand, unreadable, UsageError } from './command.ts';
import { durationOf } from './duration.ts';
import { ownObjectsOf, podName, realClock, requirePod } from './own-cluster.ts';
import { readPem } from './pem-file.ts';
import { listening, portOf, portOption } from './port.ts';

/** A certificate is renewed at two thirds of its life, and what is left must be enough to try again a few times. */
const leafBounds = { option: '--leaf-life', least: '5m', most: '365d' };
/** A CA is replaced in two steps of a minute each, with all replicas taking part. */
const authorityBounds = { option: '--ca-life', least: '1h', most: '3650d' };
/** So that certificates are renewed under a CA, and not cut short by its end. */
const leavesInALife = 3;

export const certificates = defineCommand({
  name: 'certificates',
  summary: 'issue and rotate the certificates of the webhooks, and write the CA bundle',
  group: 'Run in a cluster',
  usage: '--in-cluster [options]',
  description: `
Keeps the CA, the certificate that all replicas serve and the path of the webhooks in three Secrets of its namespace, and writes CA bundle
and path into the webhook configurations whenever they differ. To replace a CA, it publishes the new one beside the old one until every
replica serves a certificate of the new one. Of several processes, one is the leader and writes.`,
  options: {
    'in-cluster': inClusterOption,
    authority: {
      type: 'value',
      value: 'SOURCE',
      choices: ['own', 'secret', 'file'],
      default: 'own',
      help: 'own: issue CA and certificate; secret: cert-manager or another controller manages the Secret sallyport-webhook (tls.crt, tls.key, ca.crt); file: replicas serve --tls-cert and --tls-key, and --ca-file is their CA',
    },
    'ca-file': { type: 'value', value: 'FILE', help: 'the CA in PEM, with --authority file' },
    'ca-life': {
      type: 'value',
      value: 'TIME',
      default: '365d',
      help: 'lifetime of a CA that it issues, 1h to 3650d and at least three times --leaf-life',
    },
    'leaf-life': {
      type: 'value',
      value: 'TIME',
      default: '90d',
      help: 'lifetime of a certificate that it issues, 5m to 365d; both are renewed at two thirds',
    },
    host: {
      type: 'value',
      value: 'ADDRESS',
      default: '0.0.0.0',
      help: 'listen on this address for /healthz, /readyz and /metrics over HTTP',
    },
    port: portOption('8081'),
  },
  stopsGracefully: true,
  examples: [['sallyport certificates --in-cluster --leaf-life 30d', 'issue certificates for 30 days']],
  exit: { 0: 'stopped by a signal', 2: unreadable },
  async run(values, terminal) {
    if (!values['in-cluster']) throw new UsageError('certificates needs --in-cluster');
    const lives = {
      authorityMs: durationOf(values['ca-life'], authorityBounds),
      leafMs: durationOf(values['leaf-life'], leafBounds),
    };
    if (lives.authorityMs < leavesInALife * lives.leafMs)
      throw new UsageError('--ca-life must be at least three times --leaf-life');
    const source = sourceFrom(values.authority, values['ca-file'], lives);
    const port = portOf(values.port);
    requirePod(terminal);

    const objects = await ownObjectsOf(terminal);
    const log = createLog(terminal.out, terminal.env['SALLYPORT_LOG_LEVEL']);
    const metrics = createCertificateControllerMetrics();
    const surroundings = { log, stop: terminal.stop, clock: realClock, metrics };
    let notReady: () => string | undefined = () => 'the certificate controller has not started yet';
    const probes = createProbeServer({ notReady: () => notReady(), metrics: metrics.metrics });
    await listening(probes, values.host, port);
    const controller = startCertificateController(objects, source, podName(terminal), surroundings);
    ({ notReady } = controller);
    await controller.ended;
    probes.close().closeAllConnections();
    return 0;
  },
});

function sourceFrom(
  who: 'own' | 'secret' | 'file',
  file: string | undefined,
  lifetimes: CertificateLifetimes,
): AuthoritySource {
  if ((who === 'file') !== (file !== undefined))
    throw new UsageError('--authority file needs --ca-file FILE, and --ca-file needs --authority file');
  if (file !== undefined)
    return { kind: 'external', authority: { from: file, read: () => readPem(file).catch(() => '') } };
  if (who === 'own') return { kind: 'own', lifetimes };
  const read: ExternalAuthority['read'] = async (objects) =>
    (await objects.readSecret('sallyport-webhook'))?.values.get('ca.crt') ?? '';
  return { kind: 'external', authority: { from: 'ca.crt of the Secret sallyport-webhook', read } };
}
