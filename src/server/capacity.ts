/**
 * How much is answered at once. A review takes milliseconds, so this many together are what several API servers send in a
 * storm; more would wait here until the caller's timeout, and take memory meanwhile.
 */
const maxReviews = 256;
/** Bodies held at once: four of the largest, or thousands of the usual. The manifests' memory limit has room for them. */
const maxHeldBytes = 32 * 1024 * 1024;
/** Of these, for large reviews: the rest is enough for all small ones, which a flood of large ones must not refuse. */
const maxLargeBytes = 24 * 1024 * 1024;
/** Of these, for one namespace: one of the largest, so that two more namespaces have room for theirs. */
const maxLargeBytesPerNamespace = 8 * 1024 * 1024;
/** Of these, for one requester: two of the largest, so that another requester has room for one. */
const maxLargeBytesPerRequester = 16 * 1024 * 1024;

/** Who shares the room for large reviews. */
export interface Sender {
  readonly namespace: string;
  /** The requester's name; empty if it is not known. */
  readonly username: string;
}

/** One review's share of it. */
export interface Slot {
  /** False when there is no room for so many bytes more. */
  hold(bytes: number): boolean;
  /** It is a large review of this sender. False when there is no room for it. */
  enlarge(sender: Sender): boolean;
  leave(): void;
}

export class Capacity {
  readonly #most: number;
  #reviews = 0;
  #heldBytes = 0;
  #largeBytes = 0;
  readonly #ofNamespace = new Map<string, number>();
  readonly #ofRequester = new Map<string, number>();

  constructor(most = maxReviews) {
    this.#most = most;
  }

  /** `undefined` when there is no room for another review. */
  enter(): Slot | undefined {
    if (this.#reviews >= this.#most) return undefined;
    this.#reviews += 1;
    let [held, left] = [0, false];
    let large: Sender | undefined;
    return {
      hold: (bytes) => {
        if (this.#heldBytes + bytes > maxHeldBytes) return false;
        if (large !== undefined && !this.#holdLarge(large, bytes)) return false;
        held += bytes;
        this.#heldBytes += bytes;
        return true;
      },
      enlarge: (sender) => {
        if (!this.#holdLarge(sender, held)) return false;
        large = sender;
        return true;
      },
      leave: () => {
        if (left) return;
        left = true;
        this.#reviews -= 1;
        this.#heldBytes -= held;
        if (large !== undefined) this.#holdLarge(large, -held);
      },
    };
  }

  #holdLarge({ namespace, username }: Sender, bytes: number): boolean {
    const ofNamespace = (this.#ofNamespace.get(namespace) ?? 0) + bytes;
    const ofRequester = (this.#ofRequester.get(username) ?? 0) + bytes;
    const isOver =
      this.#largeBytes + bytes > maxLargeBytes ||
      ofNamespace > maxLargeBytesPerNamespace ||
      ofRequester > maxLargeBytesPerRequester;
    if (bytes > 0 && isOver) return false;
    this.#largeBytes += bytes;
    note(this.#ofNamespace, namespace, ofNamespace);
    note(this.#ofRequester, username, ofRequester);
    return true;
  }
}

/** Keeps no entry for who holds nothing. */
function note(held: Map<string, number>, key: string, bytes: number): void {
  if (bytes > 0) held.set(key, bytes);
  else held.delete(key);
}
