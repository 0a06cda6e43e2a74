/** How random a text is, and what it says once base64 is taken off. Linear in its length. */

/** Bits per character, by Shannon. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Shorter ones are words, regions, versions. */
const shortestOpaque = 16;
const longestOpaque = 512;
/** Lower than what random letters and digits of that length have, higher than words and dates. */
const opaqueEntropy = 3.2;

/** One run of random letters and digits: no words, no date, no version, no host, no path. */
export function isOpaque(value: string): boolean {
  const text = value.trim();
  if (text.length < shortestOpaque || text.length > longestOpaque) return false;
  if (!/^[A-Za-z0-9+/=_~.-]+$/.test(text) || !/\d/.test(text) || !/[A-Za-z]/.test(text)) return false;
  if (uuid.test(text)) return true;
  // Words between separators: `eu-west-1.compute.internal`, `team-blue-2026-11-01`.
  const pieces = text.split(/[-_.~/+=]+/).filter((piece) => piece !== '');
  const longest = Math.max(
    ...pieces.map((piece) => (/\d/.test(piece) && /[A-Za-z]/.test(piece) ? piece.length : 0)),
  );
  return longest >= 10 && entropy(text) >= opaqueEntropy;
}

const shortestRun = 24;
const base64Run = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
const printable = /^[\t\n\r\x20-\x7e]+$/;

/** What is written in base64 somewhere in a text, where that is a text again. Once: base64 within base64 stays. */
export function decodedParts(value: string): string[] {
  const decoded: string[] = [];
  if (value.length < shortestRun) return decoded;
  for (const [run] of value.matchAll(base64Run)) {
    // What does not begin as a text is none, and most runs do not.
    if (!printable.test(Buffer.from(run.slice(0, shortestRun), 'base64').toString('latin1'))) continue;
    const text = Buffer.from(run, 'base64').toString('latin1');
    if (printable.test(text)) decoded.push(text);
  }
  return decoded;
}
