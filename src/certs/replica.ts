import type { X509Certificate } from 'node:crypto';
import { fingerprint, verifiesUnder } from './chain.ts';
import {
  anchorsOf,
  calledOf,
  claimedElsewhere,
  isPrefix,
  missingOf,
  prefixesOf,
  readInstalled,
  type InstalledWebhooks,
} from './installed-webhooks.ts';
import { createAuthority, type Issued } from './issue.ts';
import { serverNameIn } from './certificate-controller.ts';
import { codeOf, reconcileLoop, NotReady } from './reconcile-loop.ts';
import type { OwnObjects, ControllerContext } from './own-objects.ts';
import { settleMs } from './trust.ts';
import type { WebhookIdentity } from './webhook-identity.ts';

/** A renewed certificate has weeks. A CA bundle that was overwritten is restored by the certificate controller; a replica reports it. */
const reconcileMs = 10_000;
/** How long after its last report a replica counts as alive: three reports may be lost. */
const lifeMs = 40_000;

/** The certificate that is there to be served now; `undefined` when there is none. */
export type Leaf = () => Promise<Issued | undefined>;

/**
 * What a replica serves in the cluster it runs in. It reads its certificate and its path, reads back what the API server
 * was told to trust, and serves nothing that would be refused: ready means that the chain it serves verifies.
 */
export async function replicaIdentity(
  objects: OwnObjects,
  leaf: Leaf,
  surroundings: ControllerContext,
): Promise<WebhookIdentity> {
  const replica = new Replica(objects, leaf, surroundings);
  const loop = reconcileLoop('this replica', () => replica.reconcile(), reconcileMs, surroundings);
  return {
    // Probes are answered from the first moment on; no client that verifies the certificate is called yet.
    certificate: await placeholder(),
    answersBelow: (prefix) => replica.prefixes.includes(prefix),
    notReady: loop.notReady,
    onRenewal: (use) => replica.hear(use),
  };
}

const placeholder = async (): Promise<Issued> => {
  const { certificate, key } = await createAuthority('sallyport-not-ready-yet');
  return { certificate, key };
};

class Replica {
  readonly #objects: OwnObjects;
  readonly #leaf: Leaf;
  readonly #surroundings: ControllerContext;
  readonly #name: string;
  /** When each CA was first read back, without a gap since. */
  #trusted = new Map<string, number>();
  #serving: Issued | undefined;
  #former: Issued | undefined;
  #said = { text: '', since: 0 };
  #unheard = false;
  #wasReady = false;
  #use: ((certificate: Issued) => void) | undefined;
  /** Where it answers: what the Secret says, and what it said before, until no API server can call there. */
  prefixes: readonly string[] = [];

  constructor(objects: OwnObjects, leaf: Leaf, surroundings: ControllerContext) {
    this.#objects = objects;
    this.#leaf = leaf;
    this.#surroundings = surroundings;
    this.#name = serverNameIn(objects.namespace);
  }

  hear(use: (certificate: Issued) => void): void {
    this.#use = use;
    if (this.#serving) use(this.#serving);
  }

  /** Throws `NotReady`. */
  async reconcile(): Promise<void> {
    const [installed, candidate] = await Promise.all([
      readInstalled(this.#objects),
      this.#leaf(),
      this.#readPrefix(),
    ]);
    const anchors = anchorsOf(installed);
    this.#remember(anchors);
    this.#choose(candidate, anchors);
    await this.#report(anchors, this.#servesUnder(anchors));
    const reason = claimedElsewhere(installed, this.#objects.namespace) ?? this.#fault(installed);
    if (reason !== undefined) throw new NotReady(reason);
    this.#wasReady = true;
  }

  /**
   * Why the API server could not call here. Once it could, only what it calls now counts: a configuration that was deleted
   * or replaced is called again only after its CA bundle is written, and must then find replicas that are still ready.
   */
  #fault(installed: InstalledWebhooks): string | undefined {
    if (!this.#serving)
      return 'there is no certificate to serve: the Secret sallyport-webhook does not exist, or has no certificate';
    const called = this.#wasReady ? calledOf(installed) : installed;
    if (called.size === 0) return undefined;
    const [missing] = missingOf(called);
    if (missing !== undefined) return missing;
    if (this.#servesUnder(anchorsOf(called)).length === 0)
      return 'the certificate that is served does not verify under the CA bundle of the webhook configurations';
    const answered = (prefix: string | undefined) => prefix !== undefined && this.prefixes.includes(prefix);
    if ([...prefixesOf(called)].every(answered)) return undefined;
    return 'the path in the webhook configurations differs from the path in the Secret sallyport-path';
  }

  #servesUnder(anchors: readonly X509Certificate[]): readonly X509Certificate[] {
    return this.#serving ? this.#verifies(this.#serving, anchors) : [];
  }

  async #readPrefix(): Promise<void> {
    const stored = await this.#objects.readSecret('sallyport-path');
    const prefix = `/${stored?.values.get('path') ?? ''}`;
    // The Secret may be gone for a moment; the API server keeps calling there.
    if (!isPrefix(prefix) || this.prefixes[0] === prefix) return;
    this.prefixes = [prefix, ...this.prefixes.slice(0, 1)];
  }

  #remember(anchors: readonly X509Certificate[]): void {
    const at = this.#surroundings.clock.elapsed();
    this.#trusted = new Map(
      anchors.map(fingerprint).map((print) => [print, this.#trusted.get(print) ?? at] as const),
    );
  }

  /** The one that is there to be served, unless only the one served until now would be believed. */
  #choose(candidate: Issued | undefined, anchors: readonly X509Certificate[]): void {
    const verifies = (one: Issued) => this.#verifies(one, anchors).length > 0;
    const at = this.#surroundings.clock.elapsed();
    const settled = (one: Issued) =>
      this.#verifies(one, anchors).some((ca) => at - (this.#trusted.get(fingerprint(ca)) ?? at) >= settleMs);
    const serving = this.#serving;
    if (candidate && candidate.certificate === serving?.certificate && verifies(serving)) return;
    const serves = serving !== undefined && verifies(serving);
    if (candidate && verifies(candidate) && (settled(candidate) || !serves)) this.#serve(candidate);
    else if (!serves && this.#former && verifies(this.#former)) this.#serve(this.#former);
    else if (!serving && candidate) this.#serve(candidate);
  }

  #serve(chosen: Issued): void {
    if (chosen.certificate === this.#serving?.certificate) return;
    this.#former = this.#serving;
    this.#serving = chosen;
    this.#use?.(chosen);
    this.#surroundings.log.info('serving a new certificate');
  }

  async #report(anchors: readonly X509Certificate[], under: readonly X509Certificate[]): Promise<void> {
    const report = { bundle: anchors.map(fingerprint), servesUnder: under.map(fingerprint) };
    const [text, at] = [JSON.stringify(report), this.#surroundings.clock.elapsed()];
    if (text !== this.#said.text) this.#said = { text, since: at };
    try {
      await this.#objects.report({ ...report, steadyMs: at - this.#said.since, lifeMs });
      this.#unheard = false;
    } catch (error) {
      // Reviews can be answered all the same; only a CA that is to be replaced waits for what was not said.
      if (!this.#unheard)
        this.#surroundings.log.error(`the Lease of this replica could not be written${codeOf(error)}`, error);
      this.#unheard = true;
    }
  }

  #verifies({ certificate: chain }: Issued, anchors: readonly X509Certificate[]): readonly X509Certificate[] {
    return verifiesUnder({ chain, anchors, name: this.#name, now: this.#surroundings.clock.now() });
  }
}
