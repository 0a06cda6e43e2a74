import { idleUpstreamMs, maxIdleUpstreams, maxUpstreamAgeMs, sweepMs } from './limits.ts';
import { UpstreamConnection, type Dial, type UpstreamUser } from './upstream-connection.ts';

/**
 * The connections of one generation. They carry its certificate and no other, so a new generation has a pool of its
 * own: a shared one would resume old TLS sessions, under the old name.
 */
export class UpstreamPool {
  readonly #dial: Dial;
  /** The newest last: it is used first, so that the others can close. */
  #idle: UpstreamConnection[] = [];
  #retired = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  take(user: UpstreamUser): UpstreamConnection {
    const now = Date.now();
    let connection = this.#idle.pop();
    while (connection !== undefined && !isFresh(connection, now)) {
      connection.destroy();
      connection = this.#idle.pop();
    }
    const taken = connection ?? new UpstreamConnection(this.#dial);
    taken.assign(user);
    return taken;
  }

  /** `idleSeconds` is the server's own limit, where it named one. */
  give(connection: UpstreamConnection, idleSeconds: number | undefined): void {
    connection.assign(null);
    const now = Date.now();
    connection.idleSince = now;
    // A second less than the server says: our next request must not meet its closing.
    connection.idleMs = Math.min(idleUpstreamMs, ((idleSeconds ?? Number.POSITIVE_INFINITY) - 1) * 1000);
    if (this.#retired || this.#idle.length >= maxIdleUpstreams || !isFresh(connection, now))
      return connection.destroy();
    // Paused for its last reader, it would not hear the server close.
    connection.resume();
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#closeStale(), sweepMs).unref();
  }

  /** Closes what is idle and lets what is busy finish; nothing of it is used again. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle) connection.destroy();
    this.#idle = [];
    clearInterval(this.#sweep);
  }

  #closeStale(): void {
    const now = Date.now();
    const [fresh, stale] = [
      this.#idle.filter((c) => isFresh(c, now)),
      this.#idle.filter((c) => !isFresh(c, now)),
    ];
    this.#idle = fresh;
    for (const connection of stale) connection.destroy();
    if (fresh.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

const isFresh = (connection: UpstreamConnection, now: number): boolean =>
  connection.usable &&
  now - connection.idleSince < connection.idleMs &&
  now - connection.openedAt < maxUpstreamAgeMs;
