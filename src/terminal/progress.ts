import type { Style } from './style.ts';

/** One line about how far a long task is. */
export interface Progress {
  /** Replaces the line. */
  readonly show: (text: string) => void;
  /** Removes the line, before anything else is printed. */
  readonly clear: () => void;
}

/** Often enough to be read, and seldom enough to cost nothing. In milliseconds. */
const interval = 100;
const eraseLine = '\r\u001B[K';

const none: Progress = { show: () => undefined, clear: () => undefined };

interface Output {
  readonly err: (text: string) => void;
  readonly now: () => number;
  readonly errStyle: Style;
  readonly quiet: boolean;
}

/** The line is on standard error, if that is a terminal and the user wants more than findings. */
export function progressOn({ err, now, errStyle: { columns }, quiet }: Output): Progress {
  if (columns === undefined || quiet) return none;
  let [shown, last] = [false, -Infinity];
  return {
    show(text) {
      if (now() - last < interval) return;
      [shown, last] = [true, now()];
      // A line that is wrapped could not be erased.
      err(`${eraseLine}${text.slice(0, Math.max(0, columns - 1))}`);
    },
    clear() {
      if (shown) err(eraseLine);
      [shown, last] = [false, -Infinity];
    },
  };
}

/** `1,200` */
const grouped = (count: number): string => count.toLocaleString('en-US');

/** `checked 1,200 of 20,000 objects` */
export const checkedText = (done: number, total?: number): string =>
  `checked ${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`} object${(total ?? done) === 1 ? '' : 's'}`;

/** `read 1,200 files` */
export const readText = (files: number): string => `read ${grouped(files)} files`;
