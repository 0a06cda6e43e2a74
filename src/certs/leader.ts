import type { Clock, Leadership, OwnObjects } from './ports.ts';

/** How long a keeper may be silent before another takes its place: six of its looks. */
const lifeMs = 30_000;

/** Of several keepers one acts: who writes the Lease. Silence is measured by one's own clock, as renewals that do not come. */
export class Leader {
  readonly #objects: Pick<OwnObjects, 'leadership' | 'lead'>;
  readonly #name: string;
  readonly #clock: Clock;
  #seen: { readonly renewed: string; readonly at: number } | undefined;

  constructor(objects: Pick<OwnObjects, 'leadership' | 'lead'>, name: string, clock: Clock) {
    this.#objects = objects;
    this.#name = name;
    this.#clock = clock;
  }

  /** Takes or renews the Lease; the name of who has it otherwise, empty when somebody was faster just now. */
  async otherThanMe(): Promise<string | undefined> {
    const found = await this.#objects.leadership();
    const free = !found || found.holder === '' || found.holder === this.#name || this.#isSilent(found);
    if (!free) return found.holder;
    return (await this.#objects.lead(this.#name, lifeMs, found)) ? undefined : '';
  }

  /** So that the next one need not wait for our silence. */
  async release(): Promise<void> {
    const found = await this.#objects.leadership();
    if (found?.holder === this.#name) await this.#objects.lead('', lifeMs, found);
  }

  #isSilent({ renewed }: Leadership): boolean {
    const at = this.#clock.elapsed();
    if (this.#seen?.renewed !== renewed) this.#seen = { renewed, at };
    return at - this.#seen.at >= lifeMs;
  }
}
