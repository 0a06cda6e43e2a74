import { maxStepsPerReview, type objectLimits } from './limits.ts';
import { Path } from './path.ts';

/** Which limit an object is over, and where. `steps`: judging it takes more work than a review may. */
export interface Excess {
  readonly limit: keyof typeof objectLimits | 'steps';
  readonly at: Path;
}

/** Stops what reads or judges an object that is over a limit. The engine turns it into MCP002: a denial that says so. */
export class OverLimit extends Error implements Excess {
  override readonly name = 'OverLimit';
  readonly limit: Excess['limit'];
  readonly at: Path;
  constructor(limit: Excess['limit'], at = Path.root) {
    super(`an object is over the limit of ${limit}`);
    this.limit = limit;
    this.at = at;
  }
}

/** The elementary steps of one review. Whatever visits values of an object pays for them here; with no steps left it stops. */
export class Work {
  readonly #most: number;
  #steps = 0;
  constructor(most = maxStepsPerReview) {
    this.#most = most;
  }
  get steps(): number {
    return this.#steps;
  }
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#most) throw new OverLimit('steps');
  }
  /** A list that pays for each item that is visited, so that a rule need not count what it does. */
  counted<T>(items: readonly T[]): readonly T[] {
    // To visit nothing costs nothing, and most lists of a server are empty.
    if (items.length === 0) return items;
    const list = new CountedList<T>(this);
    for (const item of items) list.push(item);
    return list;
  }
}

/** One step is at most as many characters: a text is searched for shapes of credentials. */
const charactersOfAStep = 32;

export const stepsOfText = (text: string): number => 1 + Math.floor(text.length / charactersOfAStep);

/** Each word of an argument or a script is searched alone, with the names before it, for about as long as 128 characters. */
const stepsOfAWord = 4;

/** A text that is judged as arguments of a process: whole, and word by word. Operators of a shell part words as blanks do. */
export function stepsOfWords(text: string): number {
  let words = 1;
  for (let i = 0; i < text.length; i++) if (' \t\n\r;|&()'.includes(text[i]!)) words += 1;
  return stepsOfText(text) + stepsOfAWord * words;
}

const visiting = [
  'entries',
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'forEach',
  'includes',
  'indexOf',
  'map',
  'reduce',
  'some',
  'toSorted',
  'values',
] as const satisfies readonly (keyof unknown[])[];

class CountedList<T> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  readonly #work: Work;
  constructor(work: Work) {
    super();
    this.#work = work;
  }
  pay(): void {
    this.#work.spend(this.length);
  }
  /** Half of all visits. V8's own is slow for anything but a plain array. */
  override flatMap<U, This = undefined>(
    each: (this: This, value: T, index: number, list: T[]) => U | readonly U[],
    self?: This,
  ): U[] {
    this.pay();
    const found: U[] = [];
    for (let i = 0; i < this.length; i += 1) {
      const some = each.call(self as This, this[i]!, i, this);
      if (!Array.isArray(some)) found.push(some as U);
      else for (const one of some as readonly U[]) found.push(one);
    }
    return found;
  }
}

type Method = (...given: readonly unknown[]) => unknown;

/** Each method takes at most two arguments that matter here, and tells none from `undefined` only in `reduce`. */
const paidFor = (method: Method) => ({
  value(this: CountedList<unknown>, ...given: readonly unknown[]): unknown {
    this.pay();
    return given.length < 2 ? method.call(this, given[0]) : method.call(this, given[0], given[1]);
  },
});
for (const name of visiting)
  Object.defineProperty(CountedList.prototype, name, paidFor(Array.prototype[name] as Method));
Object.defineProperty(CountedList.prototype, Symbol.iterator, paidFor(Array.prototype.values));
