import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ProxyServer } from '../core/contracts/proxy-contract.ts';
import { certificateBlocks } from '../net/pem.ts';
import type { FileProblem, VolumeContent } from './volume.ts';

export interface TlsFiles {
  /** PEM, the leaf first. */
  readonly cert: string | null;
  readonly key: string | null;
  /** PEM, one certificate each. */
  readonly ca: readonly string[] | null;
  /** When the client certificate ends, in milliseconds. */
  readonly notAfter: number | null;
}

/**
 * Reads the PEM files of one server. Checks with `node:crypto` only: it loads no root certificates, so the
 * startup probe stays quick.
 */
export function tlsFiles(server: ProxyServer, content: VolumeContent): TlsFiles | FileProblem[] {
  const { tls } = server;
  if (tls === null) return { cert: null, key: null, ca: null, notAfter: null };
  const problems: FileProblem[] = [];
  const bad = (file: string, reason: string) =>
    problems.push({ kind: 'bad', file, source: server.sources?.[file], reason });
  const text = (file: string | null) =>
    file === null ? null : (content.files.get(file)?.toString('latin1') ?? '');

  const key = text(tls.key);
  const chain = parseCertificates(text(tls.cert));
  const roots = parseCertificates(text(tls.ca));
  const leaf = chain[0];
  if (tls.cert !== null && leaf === undefined) bad(tls.cert, 'is not a PEM certificate');
  if (tls.key !== null && key !== null) {
    const fits = keyFits(key, leaf);
    if (fits !== true) bad(tls.key, fits);
  }
  if (tls.ca !== null && roots.length === 0) bad(tls.ca, 'is not a PEM certificate');
  if (problems.length > 0) return problems;
  return {
    // Written anew: OpenSSL overlooks a certificate that begins on the line where another ends.
    cert: leaf ? chain.map(String).join('') : null,
    key,
    ca: tls.ca === null ? null : roots.map(String),
    notAfter: leaf ? Date.parse(leaf.validTo) : null,
  };
}

/** All certificates of a PEM file in order, or none when one of them is broken. */
function parseCertificates(pem: string | null): X509Certificate[] {
  try {
    return certificateBlocks(pem ?? '').map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function keyFits(pem: string, leaf: X509Certificate | undefined): true | string {
  try {
    const key = createPrivateKey(pem);
    return leaf === undefined || leaf.checkPrivateKey(key) ? true : 'does not belong to the certificate';
  } catch {
    return 'is not a PEM private key without a passphrase';
  }
}
