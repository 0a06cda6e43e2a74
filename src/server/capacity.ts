/**
 * How much is answered at once. A review takes milliseconds, so this many together are what several API servers send in a
 * storm; more would wait here until the caller's patience ends, and take memory meanwhile.
 */
const maxReviews = 256;
/** Bodies held at once: four of the largest, or thousands of the usual. The manifests' memory limit has room for them. */
const maxHeldBytes = 32 * 1024 * 1024;

/** One review's share of it. */
export interface Place {
  /** False when there is no room for so many bytes more. */
  hold(bytes: number): boolean;
  leave(): void;
}

export class Capacity {
  readonly #most: number;
  #reviews = 0;
  #heldBytes = 0;

  constructor(most = maxReviews) {
    this.#most = most;
  }

  /** `undefined` when there is no room for another review. */
  enter(): Place | undefined {
    if (this.#reviews >= this.#most) return undefined;
    this.#reviews += 1;
    let [held, left] = [0, false];
    return {
      hold: (bytes) => {
        if (this.#heldBytes + bytes > maxHeldBytes) return false;
        held += bytes;
        this.#heldBytes += bytes;
        return true;
      },
      leave: () => {
        if (left) return;
        left = true;
        this.#reviews -= 1;
        this.#heldBytes -= held;
      },
    };
  }
}
