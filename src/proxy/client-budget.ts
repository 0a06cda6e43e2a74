import { maxClientConnections, maxHeldBytes, maxWaitingClients } from './limits.ts';

/** What the budget may do with a connection of the app. */
export interface Budgeted {
  readonly destroy: () => void;
}

/**
 * The client connections of all listeners, and the bytes they hold that are not a whole request yet. A connection is
 * active while it has a request or a tunnel, otherwise it waits for its client: for the rest of a request head, or idle after
 * a response. Over a limit, the budget closes the oldest of the two kinds that has more connections, so that a flood of one
 * kind displaces its own.
 */
export class ClientBudget {
  readonly #active = new Set<Budgeted>();
  /** Both in the order in which they began to wait. */
  readonly #unfinished = new Set<Budgeted>();
  readonly #idle = new Set<Budgeted>();
  readonly #held = new Map<Budgeted, number>();
  #heldBytes = 0;

  /** A new connection. False if there is no room for it, and it must be closed. */
  add(connection: Budgeted): boolean {
    const waiting = this.#unfinished.size + this.#idle.size;
    const full = waiting + this.#active.size >= maxClientConnections || waiting >= maxWaitingClients;
    if (full && !this.#shed()) return false;
    this.#unfinished.add(connection);
    return true;
  }

  /** Has a request or a tunnel. */
  active(connection: Budgeted): void {
    this.#unfinished.delete(connection);
    this.#idle.delete(connection);
    this.#active.add(connection);
  }

  /** Waits for the first byte of its next request. */
  idle(connection: Budgeted): void {
    this.#move(connection, this.#idle);
  }

  /** Waits for the rest of a request head, or for its client to close. */
  unfinished(connection: Budgeted): void {
    this.#move(connection, this.#unfinished);
  }

  /** How many bytes it holds from now on. The budget may close connections, this one among them. */
  hold(connection: Budgeted, bytes: number): void {
    this.#heldBytes += bytes - (this.#held.get(connection) ?? 0);
    if (bytes === 0) this.#held.delete(connection);
    else this.#held.set(connection, bytes);
    while (this.#heldBytes > maxHeldBytes && this.#shedHolder());
  }

  remove(connection: Budgeted): void {
    for (const set of [this.#active, this.#unfinished, this.#idle]) set.delete(connection);
    this.#heldBytes -= this.#held.get(connection) ?? 0;
    this.#held.delete(connection);
  }

  #move(connection: Budgeted, to: Set<Budgeted>): void {
    if (to.has(connection)) return;
    this.active(connection);
    this.#active.delete(connection);
    to.add(connection);
    if (this.#unfinished.size + this.#idle.size > maxWaitingClients) this.#shed();
  }

  #shed(): boolean {
    const [oldest] = this.#unfinished.size > this.#idle.size ? this.#unfinished : this.#idle;
    return this.#close(oldest);
  }

  /** Of those that hold bytes. One that sends requests ahead of a response is the last to go. */
  #shedHolder(): boolean {
    for (const connection of this.#unfinished) if (this.#held.has(connection)) return this.#close(connection);
    const [oldest] = this.#held.keys();
    return this.#close(oldest);
  }

  #close(connection: Budgeted | undefined): boolean {
    if (connection === undefined) return false;
    this.remove(connection);
    connection.destroy();
    return true;
  }
}
