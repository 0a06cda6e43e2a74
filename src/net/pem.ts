const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/**
 * Returns the certificates of a PEM text, each as it is written. In time linear in the text, which a regular expression is
 * not for a text that begins certificates and never ends them.
 */
export function certificateBlocks(pem: string): string[] {
  const blocks: string[] = [];
  for (let at = 0; ;) {
    const from = pem.indexOf(begin, at);
    const to = from < 0 ? -1 : pem.indexOf(end, from + begin.length);
    if (to < 0) return blocks;
    at = to + end.length;
    blocks.push(pem.slice(from, at));
  }
}
