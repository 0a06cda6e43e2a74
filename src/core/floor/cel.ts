/** The few parts of CEL that the floor is written in. An expression is a text; these put texts together. */

export const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;

export const list = (items: Iterable<string>): string => `[${[...items].join(', ')}]`;

export const map = (entries: Readonly<Record<string, string>>): string =>
  `{${Object.entries(entries)
    .map(([key, value]) => `${literal(key)}: ${value}`)
    .join(', ')}}`;

/** Words CEL keeps for itself: a field of that name is reached as a key. */
const reserved = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(
    ' ',
  ),
);

/** One field below: what is missing stays missing, all the way down. */
export const field = (of: string, name: string): string =>
  reserved.has(name) || /\W/.test(name) ? `${of}[?${literal(name)}]` : `${of}.?${name}`;

/** A text of several parts, each an expression; neighbours that are literals become one. */
export function concat(parts: readonly string[]): string {
  const joined: string[] = [];
  for (const part of parts.filter((one) => one !== "''")) {
    const before = joined.at(-1);
    if (before?.startsWith("'") && part.startsWith("'"))
      joined[joined.length - 1] = before.slice(0, -1) + part.slice(1);
    else joined.push(part);
  }
  return joined.length === 0 ? "''" : joined.join(' + ');
}

/** The parts of a regular expression that JavaScript and RE2 both have. Throws for one that looks ahead or behind. */
export function re2({ source, flags }: RegExp): string {
  if (/\(\?[=!<]/.test(source)) throw new Error(`RE2 has no ${source}`);
  return flags.includes('i') ? `(?i:${source})` : source;
}
