import { randomBytes, type X509Certificate } from 'node:crypto';
import { certificatesIn, fingerprint, leafOf, verifiesUnder } from './chain.ts';
import {
  elsewhere,
  isPrefix,
  missingOf,
  oursOf,
  prefixesOf,
  readInstalled,
  type Installed,
} from './installed.ts';
import { authorityOf, createAuthority, renewalOf, type Issued } from './issue.ts';
import { Leader } from './leader.ts';
import { LiveReports } from './live-reports.ts';
import type { KeeperMetrics } from '../telemetry/keeper-metrics.ts';
import { lookForEver, NotReady, type Loop } from './loop.ts';
import type { OwnObjects, OwnSecret, Report, Stored, Surroundings } from './ports.ts';
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

/** A bundle somebody overwrote refuses every review until it is written again. */
const patientMs = 5000;
/** 128 bits: nobody finds the path by trying. */
const pathBytes = 16;

export interface Lives {
  readonly leafMs: number;
  readonly authorityMs: number;
}

/** A CA that somebody else keeps. */
export interface BroughtAuthority {
  /** Where it is read, for people. */
  readonly from: string;
  /** PEM; empty while there is none. */
  readonly read: (objects: Pick<OwnObjects, 'readSecret'>) => Promise<string>;
}

/** Who makes the certificates. */
export type Source = { readonly own: Lives } | { readonly brought: BroughtAuthority };

interface KeeperSurroundings extends Surroundings {
  readonly metrics: KeeperMetrics;
}

interface Situation {
  readonly installed: Installed;
  readonly reports: readonly (Report & { readonly steadyMs: number })[];
  readonly served: Issued | undefined;
  readonly now: number;
}

/**
 * Keeps what the replicas serve and what the API server trusts: the CA and the certificate, or somebody's CA; the path;
 * and both fields of the webhook configurations. One acts, however many run.
 */
export function keepCertificates(
  objects: OwnObjects,
  source: Source,
  name: string,
  surroundings: KeeperSurroundings,
): Loop {
  const keeper = new Keeper(objects, source, name, surroundings);
  const { looked } = surroundings.metrics;
  const what = 'the keeper of the certificates';
  const loop = lookForEver(what, () => keeper.look(), patientMs, surroundings, looked);
  return { ...loop, ended: loop.ended.then(() => keeper.release()) };
}

class Keeper {
  readonly #objects: OwnObjects;
  readonly #source: Source;
  readonly #surroundings: KeeperSurroundings;
  readonly #leader: Leader;
  readonly #live: LiveReports;
  readonly #serverName: string;
  #prefix: string | undefined;
  #seenLeader: string | undefined = 'nobody';

  constructor(objects: OwnObjects, source: Source, name: string, surroundings: KeeperSurroundings) {
    this.#objects = objects;
    this.#source = source;
    this.#surroundings = surroundings;
    this.#leader = new Leader(objects, name, surroundings.clock);
    this.#live = new LiveReports(surroundings.clock);
    this.#serverName = serverNameIn(objects.namespace);
  }

  /** Throws `NotReady`. */
  async look(): Promise<void> {
    const leader = await this.#leader.otherThanMe();
    if (leader !== this.#seenLeader) this.#surroundings.log.info(leaderLine(leader));
    this.#seenLeader = leader;
    this.#surroundings.metrics.keeping(leader === undefined);
    if (leader !== undefined) return;
    const installed = await readInstalled(this.#objects);
    // Of another install nothing is touched, and nothing is made for one that will not be used.
    const theirs = elsewhere(installed, this.#objects.namespace);
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
    if ('own' in this.#source) await this.#keepLeaf(this.#source.own, trust, situation, stored);
    const missing = missingOf(installed);
    if (missing.length > 0) throw new NotReady(missing.join('; '));
  }

  release(): Promise<void> {
    return this.#leader.release().catch(() => undefined);
  }

  async #keepTrust(situation: Situation): Promise<Trust> {
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
      'own' in this.#source
        ? await this.#own(this.#source.own, begun, now)
        : await this.#brought(this.#source.brought, begun);
    const after = settled(promoted(wanted, seen), seen);
    const values = encodeTrust(after);
    if (stored && sameValues(stored.values, values)) return after;
    await this.#write('sallyport-authority', values, stored);
    const { log } = this.#surroundings;
    if (after.next && after.next.certificate !== before.next?.certificate)
      log.info('made the next CA; it signs when every replica has read it back');
    if (after.current !== before.current) log.info('another CA is the one that signs');
    if (after.previous.length < begun.previous.length) log.info('the CA before is no longer trusted');
    return after;
  }

  async #own({ authorityMs }: Lives, trust: Trust, now: number): Promise<Trust> {
    if (!needsNext(trust, now)) return trust;
    // Names differ, because a verifier looks for an issuer by name first.
    const name = `sallyport-ca-${randomBytes(4).toString('hex')}`;
    const { certificate, key } = await createAuthority(name, { now, lifeMs: authorityMs });
    return { ...trust, next: { certificate, key } };
  }

  async #brought({ from, read }: BroughtAuthority, trust: Trust): Promise<Trust> {
    const pem = certificatesIn(await read(this.#objects)).map(String);
    // Publishing nothing would refuse every review.
    if (pem.length === 0) throw new NotReady(`there is no CA certificate in PEM in ${from}`);
    const before = certificatesIn(bundleOf({ ...trust, next: undefined, previous: [] })).map(String);
    if (pem.join('') === before.join('') && trust.key === undefined && !trust.next) return trust;
    const previous = [...before.filter((one) => !pem.includes(one)), ...trust.previous];
    return { current: pem.join('\n'), key: undefined, next: undefined, previous };
  }

  async #keepLeaf(
    { leafMs }: Lives,
    { current, key }: Trust,
    { served, now }: Situation,
    stored: Stored | undefined,
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
  async #keepPrefix(installed: Installed): Promise<string> {
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
      throw new Error(`somebody else wrote the Secret ${secret} first`);
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
    ? 'keeping the certificates'
    : `standing by: ${leader || 'another'} keeps the certificates`;

/** What the API server calls us by. */
export const serverNameIn = (namespace: string): string => `sallyport.${namespace}.svc`;

/** Where the Secret of the CA is gone: those that a certificate in use still needs. Nobody else's is trusted on. */
function inUse(
  { installed, served, reports, now }: Situation,
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
