import { minSecretScanLength } from './limits.ts';

/**
 * Finds injected credentials in response headers: a Secret's value, the header as it is sent, the token after the
 * scheme, and each of these in base64, base64url, hexadecimal or percent-encoding.
 */
export interface EchoFilter {
  /** Whether a text contains a credential. Linear in its length; five searches for each secret. */
  readonly isIn: (text: string) => boolean;
  /** Whether a whole value is a short credential, which as a part of a text would be in every header. */
  readonly isWhole: (value: string) => boolean;
}

/** `Bearer TOKEN`: the scheme alone is no secret. */
const scheme = /^[A-Za-z][\w-]* +(?=.)/;

export function echoFilter(secrets: readonly string[]): EchoFilter {
  const known = new Set(secrets);
  for (const value of secrets) {
    const token = value.replace(scheme, '');
    known.add(token);
    if (/^basic /i.test(value)) known.add(passwordOf(token));
  }
  known.delete('');
  const long = [...known].filter((secret) => secret.length >= minSecretScanLength);
  const base64Long = long.flatMap(base64Forms);
  const hexLong = long.map(hex);
  const contains = (text: string): boolean => {
    if (long.some((secret) => text.includes(secret))) return true;
    const standard = text.replaceAll('-', '+').replaceAll('_', '/');
    if (base64Long.some((form) => standard.includes(form))) return true;
    const lower = text.toLowerCase();
    return hexLong.some((form) => lower.includes(form));
  };
  const short = [...known].filter((secret) => secret.length < minSecretScanLength);
  const wholes = new Set(
    short.flatMap((secret) => [secret, base64(secret), unpadded(base64(secret)), hex(secret)]),
  );
  return {
    isIn: (text) => contains(text) || percentDecoded(text).some(contains),
    isWhole: (value) => wholes.size > 0 && [value, ...percentDecoded(value)].some((one) => wholes.has(one)),
  };
}

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const unpadded = (encoded: string): string => encoded.replace(/(?<!=)=+$/, '');
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** A text inside a longer one has three encodings in base64. Characters that its neighbors change are left out. */
const base64Forms = (text: string): string[] =>
  [0, 1, 2].map((before) =>
    base64('x'.repeat(before) + text).slice(
      Math.ceil((before * 8) / 6),
      Math.floor(((before + text.length) * 8) / 6),
    ),
  );

/** Of the token of a Basic header that a Secret holds as a whole. */
function passwordOf(token: string): string {
  const pair = Buffer.from(token, 'base64').toString('latin1');
  return pair.slice(pair.indexOf(':') + 1);
}

/** With both meanings of `+`. What is no escape stays as it is. */
function percentDecoded(text: string): string[] {
  if (!/[%+]/.test(text)) return [];
  const decoded = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return text.includes('+') ? [decoded, decoded.replaceAll('+', ' ')] : [decoded];
}
