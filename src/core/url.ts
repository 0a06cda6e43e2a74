const ascii = /^[\u0000-\u007f]*$/;

/**
 * The URL, or undefined. `URL.canParse` by itself will not do: once V8 has optimised the call, Node 20 says no to every URL with
 * a letter such as `ü`. Where it can be trusted it comes first, because an exception costs forty times as much.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  if (ascii.test(text) && ascii.test(base ?? '') && !URL.canParse(text, base)) return undefined;
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
