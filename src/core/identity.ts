/** An identity from parts, each with its length, so that ("ab", "c") and ("a", "bc") differ. */
export const identity = (...parts: string[]): string =>
  parts.map((part) => `${part.length}:${part}`).join(',');
