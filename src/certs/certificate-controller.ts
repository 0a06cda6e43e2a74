import { randomBytes, type X509Certificate } from 'node:crypto';
import { certificatesIn, fingerprint, leafOf, verifiesUnder } from './chain.ts';
import {
  claimedElsewhere,
  isPrefix,
  missingOf,
  oursOf,
  prefixesOf,
  readInstalled,
  type InstalledWebhooks,
} from './installed-webhooks.ts';
import { authorityOf, createAuthority, renewalOf, type Issued } from './issue.ts';
import { LeaderElection } from './leader-election.ts';
import { LiveReports } from './live-reports.ts';
import type { CertificateControllerMetrics } from '../telemetry/certificate-controller-metrics.ts';
import { reconcileLoop, NotReady, type ReconcileLoop } from './reconcile-loop.ts';
import type { OwnObjects, OwnSecret, ReplicaReport, StoredSecret, ControllerContext } from './own-objects.ts';
import { publish } from './publish.ts';
import { pairIn } from './served.ts';
import {
  bundleOf,
  decodeTrust,
  encodeTrust,
  needsNext,
  noTrust,
  promoted,
  settled,
  type Trust,
} from './trust.ts';

/** While a CA bundle is overwritten, every review is refused. */
const reconcileMs = 5000;
/** 128 bits, so that the path cannot be guessed. */
const pathBytes = 16;

export interface CertificateLifetimes {
  readonly leafMs: number;
  readonly authorityMs: number;
}

/** A CA that another controller or a person manages. */
export interface ExternalAuthority {
  /** Where it is read, for people. */
  readonly from: string;
  /** PEM; empty while there is none. */
  readonly read: (objects: Pick<OwnObjects, 'readSecret'>) => Promise<string>;
}

/** Who makes the certificates. */
export type AuthoritySource =
  | { readonly kind: 'own'; readonly lifetimes: CertificateLifetimes }
  | { readonly kind: 'external'; readonly authority: ExternalAuthority };

interface CertificateControllerContext extends ControllerContext {
  readonly metrics: CertificateControllerMetrics;
}

interface ObservedState {
  readonly installed: InstalledWebhooks;
  readonly reports: readonly (ReplicaReport & { readonly steadyMs: number })[];
  readonly served: Issued | undefined;
  readonly now: number;
}

/**
 * Keeps what the replicas serve and what the API server trusts: the CA and the certificate, or somebody's CA; the path;
 * and both fields of the webhook configurations. One acts, however many run.
 */
export function startCertificateController(
  objects: OwnObjects,
  source: AuthoritySource,
  name: string,
  surroundings: CertificateControllerContext,
): ReconcileLoop {
  const controller = new CertificateController(objects, source, name, surroundings);
  const { reconciled } = surroundings.metrics;
  const what = 'the certificate controller';
  const loop = reconcileLoop(what, () => controller.reconcile(), reconcileMs, surroundings, reconciled);
  return { ...loop, ended: loop.ended.then(() => controller.release()) };
}

class CertificateController {
  readonly #objects: OwnObjects;
  readonly #source: AuthoritySource;
  readonly #surroundings: CertificateControllerContext;
  readonly #leader: LeaderElection;
  readonly #live: LiveReports;
  readonly #serverName: string;
  #prefix: string | undefined;
  #seenLeader: string | undefined = 'unknown';

  constructor(
    objects: OwnObjects,
    source: AuthoritySource,
    name: string,
    surroundings: CertificateControllerContext,
  ) {
    this.#objects = objects;
    this.#source = source;
    this.#surroundings = surroundings;
    this.#leader = new LeaderElection(objects, name, surroundings.clock);
    this.#live = new LiveReports(surroundings.clock);
    this.#serverName = serverNameIn(objects.namespace);
  }

  /** Throws `NotReady`. */
  async reconcile(): Promise<void> {
    const leader = await this.#leader.acquire();
    if (leader !== this.#seenLeader) this.#surroundings.log.info(leaderLine(leader));
    this.#seenLeader = leader;
    this.#surroundings.metrics.leading(leader === undefined);
    if (leader !== undefined) return;
    const installed = await readInstalled(this.#objects);
    // Of another install nothing is touched, and nothing is made for one that will not be used.
    const theirs = claimedElsewhere(installed, this.#objects.namespace);
    if (theirs !== undefined) throw new NotReady(theirs);

    const stored = await this.#objects.readSecret('sallyport-webhook');
    const served = pairIn(stored);
    const reports = this.#live.of(await this.#objects.reports());
    const situation = { installed, reports, served, now: this.#surroundings.clock.now() };
    const trust = await this.#keepTrust(situation);
    const ends = certificatesIn(trust.current ?? '').map(({ validTo }) => Date.parse(validTo));
    if (ends.length > 0) this.#surroundings.metrics.authorityEnds(Math.min(...ends));
    const publication = { caBundle: bundleOf(trust), prefix: await this.#keepPrefix(installed) };
    for (const entry of await publish(this.#objects, installed, publication)) {
      this.#surroundings.log.info(`wrote CA bundle and path into ${entry}`);
      this.#surroundings.metrics.wrote('bundle');
    }
    if (this.#source.kind === 'own') await this.#keepLeaf(this.#source.lifetimes, trust, situation, stored);
    const missing = missingOf(installed);
    if (missing.length > 0) throw new NotReady(missing.join('; '));
  }

  release(): Promise<void> {
    return this.#leader.release().catch(() => undefined);
  }

  async #keepTrust(situation: ObservedState): Promise<Trust> {
    const stored = await this.#objects.readSecret('sallyport-authority');
    const before = stored ? decodeTrust(stored.values) : noTrust;
    const begun =
      before.current === undefined
        ? { ...before, previous: inUse(situation, before, this.#serverName) }
        : before;
    const { reports, served, now } = situation;
    const anchors = certificatesIn([begun.current ?? '', ...begun.previous].join('\n'));
    const leafHolds = served !== undefined && this.#verifies(served, anchors).length > 0;
    const seen = { now, reports, leafHolds };
    const wanted =
      this.#source.kind === 'own'
        ? await this.#own(this.#source.lifetimes, begun, now)
        : await this.#external(this.#source.authority, begun);
    const after = settled(promoted(wanted, seen), seen);
    const values = encodeTrust(after);
    if (stored && sameValues(stored.values, values)) return after;
    await this.#write('sallyport-authority', values, stored);
    const { log } = this.#surroundings;
    if (after.next && after.next.certificate !== before.next?.certificate)
      log.info('created the next CA; it signs certificates once every replica trusts it');
    if (after.current !== before.current) log.info('the next CA signs certificates from now on');
    if (after.previous.length < begun.previous.length) log.info('removed the previous CA from the CA bundle');
    return after;
  }

  async #own({ authorityMs }: CertificateLifetimes, trust: Trust, now: number): Promise<Trust> {
    if (!needsNext(trust, now)) return trust;
    // Names differ, because a verifier looks for an issuer by name first.
    const name = `sallyport-ca-${randomBytes(4).toString('hex')}`;
    const { certificate, key } = await createAuthority(name, { now, lifeMs: authorityMs });
    return { ...trust, next: { certificate, key } };
  }

  async #external({ from, read }: ExternalAuthority, trust: Trust): Promise<Trust> {
    const pem = certificatesIn(await read(this.#objects)).map(String);
    // Publishing nothing would refuse every review.
    if (pem.length === 0) throw new NotReady(`${from} contains no CA certificate in PEM`);
    const before = certificatesIn(bundleOf({ ...trust, next: undefined, previous: [] })).map(String);
    if (pem.join('') === before.join('') && trust.key === undefined && !trust.next) return trust;
    const previous = [...before.filter((one) => !pem.includes(one)), ...trust.previous];
    return { current: pem.join('\n'), key: undefined, next: undefined, previous };
  }

  async #keepLeaf(
    { leafMs }: CertificateLifetimes,
    { current, key }: Trust,
    { served, now }: ObservedState,
    stored: StoredSecret | undefined,
  ): Promise<void> {
    if (current === undefined || key === undefined) return;
    const leaf = served && this.#verifies(served, certificatesIn(current)).length > 0 && leafOf(served);
    if (leaf && now < renewalOf(leaf)) return;
    const name = this.#serverName;
    const issued = await authorityOf({ certificate: current, key }).issue(
      { commonName: name, names: [name], usage: 'server' },
      { now, lifeMs: leafMs },
    );
    const values = { 'tls.crt': issued.certificate, 'tls.key': issued.key, 'ca.crt': current };
    await this.#write('sallyport-webhook', new Map(Object.entries(values)), stored);
    this.#surroundings.log.info('issued a certificate');
  }

  /** Where the webhooks answer. What was called until now is likelier to be answered than a new one. */
  async #keepPrefix(installed: InstalledWebhooks): Promise<string> {
    const stored = await this.#objects.readSecret('sallyport-path');
    const found = `/${stored?.values.get('path') ?? ''}`;
    const [called, ...others] = prefixesOf(installed);
    const random = `/${randomBytes(pathBytes).toString('hex')}`;
    const wanted = isPrefix(found)
      ? found
      : (this.#prefix ?? (others.length === 0 ? called : undefined) ?? random);
    if (wanted !== found) await this.#write('sallyport-path', new Map([['path', wanted.slice(1)]]), stored);
    return (this.#prefix = wanted);
  }

  #verifies({ certificate: chain }: Issued, anchors: readonly X509Certificate[]) {
    const now = this.#surroundings.clock.now();
    return verifiesUnder({ chain, anchors, name: this.#serverName, now });
  }

  async #write(...args: Parameters<OwnObjects['writeSecret']>): Promise<void> {
    const [secret] = args;
    if (!(await this.#objects.writeSecret(...args)))
      throw new Error(`another process wrote the Secret ${secret} first`);
    this.#surroundings.metrics.wrote(contents[secret]);
  }
}

/** What each Secret holds, in the words of the metrics. */
const contents = {
  'sallyport-authority': 'authority',
  'sallyport-webhook': 'certificate',
  'sallyport-path': 'path',
} as const satisfies Record<OwnSecret, string>;

const leaderLine = (leader: string | undefined): string =>
  leader === undefined
    ? 'became the leader, which renews certificates and publishes the CA'
    : `not the leader; the leader is ${leader || 'another process'}`;

/** The host name under which the API server calls the webhooks. */
export const serverNameIn = (namespace: string): string => `sallyport.${namespace}.svc`;

/** Where the Secret of the CA is gone: those that a certificate in use still needs. No other one stays trusted. */
function inUse(
  { installed, served, reports, now }: ObservedState,
  before: Trust,
  name: string,
): readonly string[] {
  const bundles = [...installed.values()].flatMap(oursOf).map(({ caBundle }) => caBundle ?? '');
  const known = [...new Set(certificatesIn([...bundles, ...before.previous].join('\n')).map(String))];
  const reported = new Set(reports.flatMap(({ servesUnder }) => servesUnder));
  const needed = (ca: X509Certificate) =>
    reported.has(fingerprint(ca)) ||
    (served !== undefined &&
      verifiesUnder({ chain: served.certificate, anchors: [ca], name, now }).length > 0);
  return known.filter((pem) => certificatesIn(pem).some(needed));
}

const sameValues = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...b].every(([key, value]) => a.get(key)?.trim() === value.trim());
