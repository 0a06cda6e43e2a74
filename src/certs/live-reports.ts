import type { Clock, StoredReplicaReport } from './own-objects.ts';

/** Which replicas are alive: those that renewed their Lease lately, by our own clock and not by what theirs says. */
export class LiveReports {
  readonly #clock: Clock;
  #seen = new Map<string, { readonly renewed: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(stored: readonly StoredReplicaReport[]): readonly StoredReplicaReport[] {
    const at = this.#clock.elapsed();
    const seen = stored.map((report) => {
      const known = this.#seen.get(report.replica);
      const last = known?.renewed === report.renewed ? known : { renewed: report.renewed, at };
      return { report, last };
    });
    this.#seen = new Map(seen.map(({ report, last }) => [report.replica, last]));
    return seen.flatMap(({ report, last }) => (at - last.at < report.lifeMs ? [report] : []));
  }
}
