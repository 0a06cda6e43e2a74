/** Waiting reviews of all namespaces. */
export const maxWaiting = 32;
/** Waiting reviews of one namespace. */
export const maxWaitingPerNamespace = 4;

/**
 * A bounded queue that serves namespaces in turn, and one entry of a namespace at a time, so that the large objects of one
 * tenant do not delay those of another.
 */
export class FairQueue<T extends { readonly namespace: string }> {
  /** In the order in which namespaces get their turn. */
  readonly #waiting = new Map<string, T[]>();
  readonly #running = new Set<string>();
  #size = 0;

  /** False if there is no room. */
  add(entry: T): boolean {
    const same = this.#waiting.get(entry.namespace) ?? [];
    if (this.#size >= maxWaiting || same.length >= maxWaitingPerNamespace) return false;
    same.push(entry);
    this.#waiting.set(entry.namespace, same);
    this.#size += 1;
    return true;
  }

  /** The next entry, of a namespace that has none running. Call `done` when it is no longer running. */
  next(): T | undefined {
    for (const [namespace, entries] of this.#waiting) {
      if (this.#running.has(namespace)) continue;
      const [entry] = entries;
      if (!entry) continue;
      this.#remove(entry);
      this.#running.add(namespace);
      return entry;
    }
    return undefined;
  }

  done({ namespace }: T): void {
    this.#running.delete(namespace);
  }

  /** Takes back an entry that has waited too long. False if it does not wait. */
  withdraw(entry: T): boolean {
    return this.#remove(entry);
  }

  /** What is left of its namespace goes to the end. */
  #remove(entry: T): boolean {
    const entries = this.#waiting.get(entry.namespace) ?? [];
    const rest = entries.filter((one) => one !== entry);
    if (rest.length === entries.length) return false;
    this.#size -= 1;
    this.#waiting.delete(entry.namespace);
    if (rest.length > 0) this.#waiting.set(entry.namespace, rest);
    return true;
  }
}
