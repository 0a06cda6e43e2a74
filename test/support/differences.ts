/** What one list has and the other has not, in words: `NAME is missing in WHERE`. */
export function differences(
  nameA: string,
  a: readonly string[],
  nameB: string,
  b: readonly string[],
): string[] {
  const missing = (from: readonly string[], other: readonly string[], where: string) =>
    from.filter((name) => !other.includes(name)).map((name) => `${name} is missing in ${where}`);
  return [...missing(a, b, nameB), ...missing(b, a, nameA)];
}
