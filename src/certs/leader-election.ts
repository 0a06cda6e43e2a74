import type { Clock, LeaderLease, OwnObjects } from './own-objects.ts';

/** How long the leader may not renew its Lease before another process takes it: six reconciles. */
const lifeMs = 30_000;

/** Of several certificate controllers one acts: the holder of the Lease. Expiry is measured with the local clock, from the last renewal seen. */
export class LeaderElection {
  readonly #objects: Pick<OwnObjects, 'leadership' | 'lead'>;
  readonly #name: string;
  readonly #clock: Clock;
  #seen: { readonly renewed: string; readonly at: number } | undefined;

  constructor(objects: Pick<OwnObjects, 'leadership' | 'lead'>, name: string, clock: Clock) {
    this.#objects = objects;
    this.#name = name;
    this.#clock = clock;
  }

  /** Takes or renews the Lease. Returns the name of the holder otherwise; empty when another process was faster. */
  async acquire(): Promise<string | undefined> {
    const found = await this.#objects.leadership();
    const free = !found || found.holder === '' || found.holder === this.#name || this.#isExpired(found);
    if (!free) return found.holder;
    return (await this.#objects.lead(this.#name, lifeMs, found)) ? undefined : '';
  }

  /** Gives the Lease up, so that the next leader need not wait for it to expire. */
  async release(): Promise<void> {
    const found = await this.#objects.leadership();
    if (found?.holder === this.#name) await this.#objects.lead('', lifeMs, found);
  }

  #isExpired({ renewed }: LeaderLease): boolean {
    const at = this.#clock.elapsed();
    if (this.#seen?.renewed !== renewed) this.#seen = { renewed, at };
    return at - this.#seen.at >= lifeMs;
  }
}
