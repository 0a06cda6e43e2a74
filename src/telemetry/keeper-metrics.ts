import { Counter, Gauge, Registry } from 'prom-client';
import type { Outcome } from '../certs/loop.ts';

/** What the keeper of the certificates counts. */
export interface KeeperMetrics {
  /** What came of a look at what is served and trusted. */
  readonly looked: (outcome: Outcome) => void;
  /** Whether this one keeps them, or stands by for another. */
  keeping(isIt: boolean): void;
  /** Milliseconds since 1970, of the CA that signs. */
  authorityEnds(at: number): void;
  wrote(what: 'authority' | 'certificate' | 'path' | 'bundle'): void;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

export function createKeeperMetrics(): KeeperMetrics {
  const registers = [new Registry()];
  const keeping = new Gauge({
    name: 'sallyport_certificates_keeping',
    help: '1 while this process keeps the certificates, 0 while it stands by for another',
    registers,
  });
  const authority = new Gauge({
    name: 'sallyport_certificates_authority_expiry_timestamp_seconds',
    help: 'When the CA that signs ends; of several that somebody brought, the first that does; 0 while none is known',
    registers,
  });
  const looks = new Counter({
    name: 'sallyport_certificates_looks_total',
    help: 'Looks at what is served and trusted, by what came of them',
    labelNames: ['outcome'],
    registers,
  });
  const writes = new Counter({
    name: 'sallyport_certificates_writes_total',
    help: 'What was written: a CA (authority), a certificate, the path, or CA bundle and path into a webhook entry (bundle)',
    labelNames: ['what'],
    registers,
  });
  return {
    looked: (outcome) => looks.inc({ outcome }),
    keeping: (isIt) => keeping.set(isIt ? 1 : 0),
    authorityEnds: (at) => authority.set(at / 1000),
    wrote: (what) => writes.inc({ what }),
    metrics: async () => (await Promise.all(registers.map((one) => one.metrics()))).join(''),
  };
}
