import {
  startCertificateController,
  type ExternalAuthority,
  type CertificateLifetimes,
  type AuthoritySource,
} from '../certs/certificate-controller.ts';
import { createProbeServer } from '../server/probe-server.ts';
import { createCertificateControllerMetrics } from '../telemetry/certificate-controller-metrics.ts';
import { createLog } from '../telemetry/log.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { durationOf } from './duration.ts';
import { ownObjectsOf, podName, realClock, requirePod } from './own-cluster.ts';
import { readPem } from './pem-file.ts';
import { portOf } from './port.ts';

/** A certificate is renewed at two thirds of its life, and what is left must be enough to try again a few times. */
const leafBounds = { option: '--leaf-life', least: '5m', most: '365d' };
/** A CA is replaced in two steps of a minute each, with all replicas taking part. */
const authorityBounds = { option: '--ca-life', least: '1h', most: '3650d' };
/** So that certificates are renewed under a CA, and not cut short by its end. */
const leavesInALife = 3;

export const certificates: Command = {
  name: 'certificates',
  summary: 'keep the certificates of the webhooks, and tell the API server whom to trust',
  help: `sallyport certificates --in-cluster [options]

Keeps the CA, the certificate that all replicas serve and the path they answer under in three Secrets of its namespace, and
writes CA bundle and path into the webhook configurations, again whenever they differ. A CA that is to be replaced is
published beside its successor until every replica has read that back and serves under it. Of several, one acts.

  --in-cluster          through the service account of the pod it runs in
  --authority WHO       own: it makes the CA and the certificate (default)
                        secret: cert-manager or another controller manages the Secret sallyport-webhook (tls.crt, tls.key, ca.crt)
                        file: replicas serve --tls-cert and --tls-key, and --ca-file is their CA
  --ca-file FILE        the CA, in PEM, with --authority file
  --ca-life TIME        of a CA of its own (default: 365d; 1h to 3650d, at least three times --leaf-life)
  --leaf-life TIME      of a certificate of its own (default: 90d; 5m to 365d); both are renewed at two thirds
  --host ADDRESS        where /healthz, /readyz and /metrics are answered over HTTP (default: all addresses)
  --port PORT           default: 8081; 0 takes a free one

Exit: 0 stopped by a signal, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      'in-cluster': { type: 'boolean' },
      authority: { type: 'string', default: 'own' },
      'ca-file': { type: 'string' },
      'ca-life': { type: 'string', default: '365d' },
      'leaf-life': { type: 'string', default: '90d' },
      host: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '8081' },
    });
    if (positionals.length > 0)
      throw new UsageError(`certificates takes no file, but got ${JSON.stringify(positionals[0])}`);
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
    const log = createLog(terminal.out);
    const metrics = createCertificateControllerMetrics();
    const surroundings = { log, stop: terminal.stop, clock: realClock, metrics };
    const { notReady, ended } = startCertificateController(objects, source, podName(terminal), surroundings);
    const probes = createProbeServer({ notReady, metrics: metrics.metrics });
    probes.listen(port, values.host);
    await ended;
    probes.close().closeAllConnections();
    return 0;
  },
};

function sourceFrom(who: string, file: string | undefined, lifetimes: CertificateLifetimes): AuthoritySource {
  if ((who === 'file') !== (file !== undefined))
    throw new UsageError('--authority file and --ca-file FILE go together');
  if (file !== undefined)
    return { kind: 'external', authority: { from: file, read: () => readPem(file).catch(() => '') } };
  if (who === 'own') return { kind: 'own', lifetimes };
  if (who !== 'secret') throw new UsageError(`--authority ${who} is none of own, secret, file`);
  const read: ExternalAuthority['read'] = async (objects) =>
    (await objects.readSecret('sallyport-webhook'))?.values.get('ca.crt') ?? '';
  return { kind: 'external', authority: { from: 'ca.crt of the Secret sallyport-webhook', read } };
}
