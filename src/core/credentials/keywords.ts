/**
 * Which of many keywords occur in a text, found in one pass over it (Aho-Corasick), so that a rule costs nothing where
 * its keyword is missing. ASCII letters count in either case; what is not ASCII is in no keyword.
 */
export class Keywords {
  /** For each state and class of characters, the next state. */
  readonly #next: Int32Array;
  readonly #classes: Uint8Array;
  readonly #width: number;
  /** Indexes of the keywords that end in a state, its suffixes' included. */
  readonly #ends: readonly (readonly number[])[];

  constructor(keywords: readonly string[]) {
    const alphabet = [...new Set(keywords.join('').toLowerCase())];
    this.#width = alphabet.length + 1;
    this.#classes = new Uint8Array(128);
    for (const [i, char] of alphabet.entries()) {
      this.#classes[char.charCodeAt(0)] = i + 1;
      this.#classes[char.toUpperCase().charCodeAt(0)] = i + 1;
    }
    const size = keywords.reduce((sum, keyword) => sum + keyword.length, 1);
    const next = new Int32Array(size * this.#width).fill(-1);
    const ends: number[][] = [[]];
    for (const [index, keyword] of keywords.entries()) {
      let state = 0;
      for (let i = 0; i < keyword.length; i++) {
        const edge = state * this.#width + this.#classOf(keyword.charCodeAt(i));
        if (next[edge] === -1) next[edge] = ends.push([]) - 1;
        state = next[edge]!;
      }
      ends[state]!.push(index);
    }
    this.#next = complete(next, ends, this.#width);
    this.#ends = ends;
  }

  #classOf(code: number): number {
    return code < 128 ? this.#classes[code]! : 0;
  }

  /** Indexes of the keywords in the text, each once. */
  in(text: string): ReadonlySet<number> {
    const [next, classes, ends, width] = [this.#next, this.#classes, this.#ends, this.#width];
    let found: Set<number> | undefined;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      state = next[state * width + (code < 128 ? classes[code]! : 0)]!;
      if (ends[state]!.length > 0) {
        found ??= new Set();
        for (const end of ends[state]!) found.add(end);
      }
    }
    return found ?? nothing;
  }
}

const nothing: ReadonlySet<number> = new Set();

/** From a trie to an automaton: where an edge is missing, it goes on from the longest suffix that is in the trie. */
function complete(next: Int32Array, ends: number[][], width: number): Int32Array {
  const suffix = new Int32Array(ends.length);
  const queue: number[] = [0];
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!;
    for (let char = 0; char < width; char++) {
      const edge = state * width + char;
      const beyond = state === 0 ? 0 : next[suffix[state]! * width + char]!;
      const target = next[edge]!;
      if (target === -1) next[edge] = beyond;
      else {
        suffix[target] = beyond;
        ends[target]!.push(...ends[beyond]!);
        queue.push(target);
      }
    }
  }
  return next;
}
