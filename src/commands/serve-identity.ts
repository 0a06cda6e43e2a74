import { readFile, writeFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { clusterIdentity } from '../certs/cluster-identity.ts';
import { createAuthority, type Issued } from '../certs/issue.ts';
import type { WebhookIdentity } from '../certs/webhook-identity.ts';
import { InputError } from '../files/documents.ts';
import type { Log } from '../telemetry/log.ts';
import { UsageError } from './command.ts';

/** The options of `serve` that say with which certificate and where it answers. */
interface Choices {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
  readonly 'write-ca'?: string | undefined;
}

/** Files that were given, a certificate for this run, or one the replicas of a cluster agree on. */
export async function identityFrom(choices: Choices, log: Log, stop: AbortSignal): Promise<WebhookIdentity> {
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
  onRenewal: () => undefined,
});

async function ownIdentity(log: Log, stop: AbortSignal): Promise<WebhookIdentity> {
  const { inCluster } = await import('../kube/kube-cluster.ts');
  const { ownObjects } = await import('../kube/own-objects.ts');
  return clusterIdentity(ownObjects(inCluster()), { log, stop, now: () => Date.now() });
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
