import { Counter, Gauge, Registry } from 'prom-client';
import type { ReconcileOutcome } from '../certs/reconcile-loop.ts';

/** The metrics of the certificate controller. */
export interface CertificateControllerMetrics {
  /** How an attempt to reconcile ended. */
  readonly reconciled: (outcome: ReconcileOutcome) => void;
  /** Whether this process leads, or stands by for another. */
  leading(isIt: boolean): void;
  /** Milliseconds since 1970, of the CA that signs. */
  authorityEnds(at: number): void;
  wrote(what: 'authority' | 'certificate' | 'path' | 'bundle'): void;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

export function createCertificateControllerMetrics(): CertificateControllerMetrics {
  const registers = [new Registry()];
  const leader = new Gauge({
    name: 'sallyport_certificates_leader',
    help: '1 while this process is the leader, otherwise 0',
    registers,
  });
  const authority = new Gauge({
    name: 'sallyport_certificates_authority_expiry_timestamp_seconds',
    help: 'When the CA that signs expires; of several external CAs, the first that does; 0 while no CA is known',
    registers,
  });
  const reconciles = new Counter({
    name: 'sallyport_certificates_reconciles_total',
    help: 'Attempts to reconcile certificates and webhook configurations, by outcome (success, not-ready, error)',
    labelNames: ['outcome'],
    registers,
  });
  const writes = new Counter({
    name: 'sallyport_certificates_writes_total',
    help: 'Writes: a CA (authority), a certificate, the path, or CA bundle and path into a webhook entry (bundle)',
    labelNames: ['what'],
    registers,
  });
  return {
    reconciled: (outcome) => reconciles.inc({ outcome }),
    leading: (isIt) => leader.set(isIt ? 1 : 0),
    authorityEnds: (at) => authority.set(at / 1000),
    wrote: (what) => writes.inc({ what }),
    metrics: async () => (await Promise.all(registers.map((one) => one.metrics()))).join(''),
  };
}
