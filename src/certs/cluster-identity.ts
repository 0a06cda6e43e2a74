import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';
import { authorityOf, renewalOf, type Issued } from './issue.ts';
import type { OwnObjects } from './ports.ts';
import { publish } from './publish.ts';
import { restoreIdentity, sharedIdentity, UnusableIdentity } from './shared-identity.ts';
import type { WebhookIdentity } from './webhook-identity.ts';

/** While we are not ready every review is refused, so the next look comes soon. */
const impatientMs = 1000;
/** A bundle somebody overwrote refuses every review until it is written again. */
const patientMs = 15_000;

interface Surroundings {
  readonly log: Log;
  readonly stop: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a certificate is valid; a year when left out. */
  readonly days?: number;
}

/**
 * The identity replicas make for themselves in the cluster they run in: a CA and a path shared in a Secret, a
 * certificate of its own for each, both published in the webhook configurations and kept there.
 */
export async function clusterIdentity(
  objects: OwnObjects,
  { log, stop, now, days }: Surroundings,
): Promise<WebhookIdentity> {
  const identity = await untilDone(() => sharedIdentity(objects), log, stop);
  const name = objects.serviceName;
  const issue = () =>
    authorityOf(identity.authority).issue({ commonName: name, names: [name], usage: 'server' }, days);
  let certificate = await issue();
  let use: (renewed: Issued) => void = () => undefined;
  let reason: string | undefined = 'the webhook configurations were not looked at yet';

  const renew = async () => {
    if (now() < renewalOf(certificate)) return;
    certificate = await issue();
    use(certificate);
    log.info('renewed the certificate');
  };
  const look = async () => {
    try {
      await renew();
      if (await restoreIdentity(objects, identity))
        log.warn('the Secret of the replicas was gone and is there again');
      const { missing, written } = await publish(objects, identity);
      for (const entry of written) log.info(`wrote CA bundle and path into ${entry}`);
      if (missing !== undefined && missing !== reason) log.warn(`not ready: ${missing}`);
      reason = missing;
    } catch (error) {
      // What was true a moment ago is likelier than the contrary: a ready replica stays ready.
      log.error('the webhook configurations could not be looked at', error);
    }
  };
  void (async () => {
    while (!stop.aborted) {
      await look();
      await pause(reason === undefined ? patientMs : impatientMs, stop);
    }
  })();
  return {
    certificate,
    prefix: identity.prefix,
    notReady: () => reason,
    onRenewal: (listener) => (use = listener),
  };
}

/** The API server may come up after us, and a person may have to mend the Secret: neither is a reason to crash. */
async function untilDone<T>(action: () => Promise<T>, log: Log, stop: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (stop.aborted) throw error;
      if (error instanceof UnusableIdentity)
        log.warn(`${error.message}; delete the Secret and restart Sallyport: a new one is made`);
      else log.error('the Secret of the replicas could not be read or made', error);
      await pause(impatientMs * 5, stop);
    }
  }
}

const pause = (ms: number, stop: AbortSignal) =>
  sleep(ms, undefined, { signal: stop }).catch(() => undefined);
