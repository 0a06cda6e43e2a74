import { createPrivateKey, X509Certificate } from 'node:crypto';
import { certificateBlocks } from '../net/pem.ts';
import { validityOf, type Issued } from './issue.ts';

/** What an API server would say of a certificate, asked before it is served. */

/** The certificates of a PEM text, in its order; what cannot be read is left out. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return certificateBlocks(pem).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** SHA-256, by which replicas and the certificate controller name a CA. */
export const fingerprint = ({ fingerprint256 }: X509Certificate): string =>
  fingerprint256.replaceAll(':', '').toLowerCase();

export const isValid = (certificate: X509Certificate, now: number): boolean => {
  const { from, to } = validityOf(certificate);
  return from <= now && now < to;
};

/** The leaf of a pair whose key is the certificate's, or `undefined`. */
export function leafOf({ certificate, key }: Issued): X509Certificate | undefined {
  const [leaf] = certificatesIn(certificate);
  try {
    return leaf?.checkPrivateKey(createPrivateKey(key)) ? leaf : undefined;
  } catch {
    return undefined;
  }
}

interface ChainQuery {
  /** PEM, the leaf first, then whatever stands between it and its CA. */
  readonly chain: string;
  /** Whom the caller trusts. */
  readonly anchors: readonly X509Certificate[];
  /** What the caller calls the server. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Those of the anchors under which the chain verifies. */
export function verifiesUnder({ chain, anchors, name, now }: ChainQuery): readonly X509Certificate[] {
  const given = certificatesIn(chain);
  const [leaf] = given;
  if (!leaf || !isValid(leaf, now) || leaf.checkHost(name) === undefined) return [];
  return anchors.filter((anchor) => isValid(anchor, now) && leadsTo(anchor, leaf, given.slice(1), now));
}

function leadsTo(
  anchor: X509Certificate,
  from: X509Certificate,
  between: readonly X509Certificate[],
  now: number,
): boolean {
  // A certificate that signed itself is its own anchor.
  if (fingerprint(anchor) === fingerprint(from) || isIssuedBy(from, anchor)) return true;
  return between.some(
    (next) =>
      next.ca &&
      isValid(next, now) &&
      isIssuedBy(from, next) &&
      leadsTo(
        anchor,
        next,
        between.filter((one) => one !== next),
        now,
      ),
  );
}

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
