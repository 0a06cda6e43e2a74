/** 8 KiB: what servers and proxies commonly accept for one header. */
export const maxHeaderValueBytes = 8 * 1024;

/** Why a value cannot be sent as a header. */
export type ValueProblem = 'empty' | 'control-characters' | 'too-long' | 'not-ascii';

export type HeaderValue =
  | { readonly kind: 'valid'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problem: ValueProblem };

/**
 * A Secret's value as it is sent, judged alike by admission and by the proxy. Bytes are kept (latin1); editors and
 * `kubectl create secret --from-file` leave line ends behind, so those go, then optional white space. `anyBytes` is
 * for Basic, whose base64 carries a password in any encoding.
 */
export function headerValue(bytes: Buffer, anyBytes = false): HeaderValue {
  // Not by regular expressions: for one that ends in `+$`, a long run in the middle takes quadratic time.
  const text = trimmed(bytes.toString('latin1'));
  if (text === '') return { kind: 'invalid', problem: 'empty' };
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) return { kind: 'invalid', problem: 'control-characters' };
  if (!anyBytes && /[^\t\x20-\x7e]/.test(text)) return { kind: 'invalid', problem: 'not-ascii' };
  if (text.length > maxHeaderValueBytes) return { kind: 'invalid', problem: 'too-long' };
  return { kind: 'valid', text };
}

/** Without line ends at its end, then without blanks at both. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (end > 0 && '\r\n'.includes(text.charAt(end - 1))) end -= 1;
  while (end > 0 && ' \t'.includes(text.charAt(end - 1))) end -= 1;
  while (start < end && ' \t'.includes(text.charAt(start))) start += 1;
  return text.slice(start, end);
}

/** The same for a value that is written in the open, and so in the proxy's configuration, where it is visible ASCII. */
export function literalValue(text: string): HeaderValue {
  const value = headerValue(Buffer.from(text));
  return value.kind === 'valid' && value.text.includes('\t')
    ? { kind: 'invalid', problem: 'control-characters' }
    : value;
}
