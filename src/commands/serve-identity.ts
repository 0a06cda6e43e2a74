import { writeFile } from 'node:fs/promises';
import { createAuthority, type Issued } from '../certs/issue.ts';
import { replicaIdentity, type Leaf } from '../certs/replica.ts';
import { pairIn } from '../certs/served.ts';
import type { WebhookIdentity } from '../certs/webhook-identity.ts';
import { InputError } from '../files/documents.ts';
import type { Log } from '../telemetry/log.ts';
import { UsageError, type Terminal } from './command.ts';
import { ownObjectsOf, realClock } from './own-cluster.ts';
import { readPair } from './pem-file.ts';

/** The options of `serve` that say with which certificate and where it answers. */
interface Choices {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
  readonly 'write-ca'?: string | undefined;
}

/** Files that were given, a certificate for this run, or the one that is kept in the cluster we run in. */
export async function identityFrom(choices: Choices, log: Log, terminal: Terminal): Promise<WebhookIdentity> {
  const files = await filesOf(choices);
  if (choices.context === undefined && choices.cluster === undefined) {
    const objects = await ownObjectsOf(terminal);
    const kept = async () => pairIn(await objects.readSecret('sallyport-webhook'));
    return replicaIdentity(objects, files ?? kept, { log, stop: terminal.stop, clock: realClock });
  }
  const brought = await files?.();
  if (brought) return given(brought);
  if (choices.context !== undefined)
    throw new UsageError(
      '--context needs --tls-cert and --tls-key, with a certificate that the API server trusts',
    );
  const authority = await createAuthority('sallyport-ca');
  const caFile = choices['write-ca'];
  if (caFile !== undefined) {
    await writeFile(caFile, authority.certificate).catch((error: NodeJS.ErrnoException) => {
      throw new InputError(`${caFile}: the CA cannot be written (${error.code ?? 'unknown error'})`);
    });
  }
  const names = ['localhost', '127.0.0.1', '::1'];
  return given(await authority.issue({ commonName: 'sallyport', names, usage: 'server' }));
}

/** What the files hold now, each time: whoever renews a certificate exchanges them. They must be good to begin with. */
async function filesOf({ 'tls-cert': certificate, 'tls-key': key }: Choices): Promise<Leaf | undefined> {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new UsageError('--tls-cert needs --tls-key, and --tls-key needs --tls-cert');
  const read = () => readPair(certificate, key);
  await read();
  // Between the exchange of one file and the other they are no pair; the next look finds both.
  return () => read().catch(() => undefined);
}

/** Whoever gave the certificate also told the callers of it. */
const given = (certificate: Issued): WebhookIdentity => ({
  certificate,
  answersBelow: (prefix) => prefix === '',
  notReady: () => undefined,
  onRenewal: () => undefined,
});
