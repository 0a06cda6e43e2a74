import type { Sender } from '../capacity.ts';

/** Waiting reviews of all requesters. */
export const maxWaiting = 32;
/** Waiting reviews of one requester: others have as much room. */
export const maxWaitingPerRequester = 16;
/** Waiting reviews of one namespace. */
export const maxWaitingPerNamespace = 4;

/**
 * A bounded queue, so that the large objects of one tenant do not delay those of another. Requesters take turns, those with
 * fewer running entries first, and within one the namespaces. One entry of a namespace runs at a time.
 */
export class FairQueue<T extends Sender> {
  /** Both in the order of their turns. */
  readonly #waiting = new Map<string, Map<string, T[]>>();
  readonly #runningNamespaces = new Set<string>();
  readonly #runningOf = new Map<string, number>();

  /** False if there is no room. */
  add(entry: T): boolean {
    const all = [...this.#waiting.values()].flatMap((namespaces) => [...namespaces.values()].flat());
    const count = (counts: (other: T) => boolean) => all.filter(counts).length;
    if (
      all.length >= maxWaiting ||
      count(({ username }) => username === entry.username) >= maxWaitingPerRequester ||
      count(({ namespace }) => namespace === entry.namespace) >= maxWaitingPerNamespace
    )
      return false;
    const namespaces = this.#waiting.get(entry.username) ?? new Map<string, T[]>();
    namespaces.set(entry.namespace, [...(namespaces.get(entry.namespace) ?? []), entry]);
    this.#waiting.set(entry.username, namespaces);
    return true;
  }

  /** The next entry, of a namespace that has none running. Call `done` when it is no longer running. */
  next(): T | undefined {
    const running = (username: string) => this.#runningOf.get(username) ?? 0;
    const turns = [...this.#waiting].toSorted(([a], [b]) => running(a) - running(b));
    for (const [username, namespaces] of turns)
      for (const [namespace, [entry]] of namespaces) {
        if (!entry || this.#runningNamespaces.has(namespace)) continue;
        this.#remove(entry);
        this.#runningNamespaces.add(namespace);
        this.#runningOf.set(username, running(username) + 1);
        return entry;
      }
    return undefined;
  }

  done({ namespace, username }: T): void {
    this.#runningNamespaces.delete(namespace);
    const running = (this.#runningOf.get(username) ?? 0) - 1;
    if (running > 0) this.#runningOf.set(username, running);
    else this.#runningOf.delete(username);
  }

  /** Takes back an entry that has waited too long. False if it does not wait. */
  withdraw(entry: T): boolean {
    return this.#remove(entry);
  }

  /** What is left of its namespace, and of its requester, goes to the end. */
  #remove(entry: T): boolean {
    const namespaces = this.#waiting.get(entry.username);
    const entries = namespaces?.get(entry.namespace) ?? [];
    const rest = entries.filter((one) => one !== entry);
    if (!namespaces || rest.length === entries.length) return false;
    namespaces.delete(entry.namespace);
    if (rest.length > 0) namespaces.set(entry.namespace, rest);
    this.#waiting.delete(entry.username);
    if (namespaces.size > 0) this.#waiting.set(entry.username, namespaces);
    return true;
  }
}
