/** Suggestions for misspelt names. */

/** Names longer than this are not compared: the work grows with the product of two lengths. */
const longestCompared = 64;
/** Of a long name; a short one may differ by less. */
const mostEdits = 3;

/** Without what people change first: capital letters, underscores, dashes and blanks. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '');

const editsAllowed = ({ length }: string): number =>
  length < 2 ? 0 : Math.max(1, Math.min(mostEdits, Math.floor(length / 3)));

/**
 * The name that was probably meant, or `undefined`. Spellings that differ only in capitals, dashes or underscores come
 * first; then one edit for every three letters is allowed, at least one and at most three. Of equally near names the first one wins.
 */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > longestCompared) return undefined;
  const word = folded(written);
  const most = editsAllowed(word);
  let best: string | undefined;
  let fewest = most + 1;
  for (const name of known) {
    if (name === written || name.length > longestCompared) continue;
    const edits = editsBetween(word, folded(name), fewest - 1);
    if (edits === undefined) continue;
    best = name;
    fewest = edits;
    if (edits === 0) break;
  }
  return best;
}

/** ` (did you mean NAME?)`, or nothing. */
export const suggestion = (name: string | undefined): string =>
  name === undefined ? '' : ` (did you mean ${name}?)`;

/**
 * Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`; `undefined` for more than `most`.
 * The optimal string alignment distance, in time proportional to the product of the lengths.
 */
export function editsBetween(a: string, b: string, most: number): number | undefined {
  if (most < 0 || Math.abs(a.length - b.length) > most) return undefined;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    if (Math.min(...row) > most) return undefined;
    before = above;
    above = row;
  }
  const edits = above[b.length] ?? 0;
  return edits > most ? undefined : edits;
}
