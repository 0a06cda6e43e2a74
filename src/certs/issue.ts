import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

/** PEM, all three. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Issued {
  /** Valid for a year, or so many days. */
  readonly issue: (subject: LeafSubject, days?: number) => Promise<Issued>;
}

export interface LeafSubject {
  readonly commonName: string;
  /** DNS names and IP addresses; empty for a client. */
  readonly names: readonly string[];
  readonly usage: 'server' | 'client';
}

// The library's defaults are RSA and SHA-1; every certificate of ours is EC P-256 with SHA-256.
const strong = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
/** Ten years: an authority is replaced when it is published anew, not when it runs out under somebody. */
const authorityDays = 3650;
const leafDays = 365;
const dayMs = 24 * 60 * 60 * 1000;
/** Clocks differ between machines; a certificate that is valid "from now" is not valid everywhere. */
const skewMs = 5 * 60 * 1000;

const validity = (days: number) => ({
  notBeforeDate: new Date(Date.now() - skewMs),
  notAfterDate: new Date(Date.now() + days * dayMs),
});

/** A certificate authority of its own. The only importer of `selfsigned`. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...strong,
    ...validity(authorityDays),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return authorityOf({ certificate: made.cert, key: made.private });
}

/** An authority that was made before. */
export const authorityOf = (pair: Issued): Authority => ({
  ...pair,
  issue: (subject, days = leafDays) => issueLeaf(pair, subject, days),
});

async function issueLeaf(
  authority: Issued,
  { commonName, names, usage }: LeafSubject,
  days: number,
): Promise<Issued> {
  const altNames = names.map((name) =>
    /^[\d.]+$|:/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...strong,
    ...validity(days),
    ca: { cert: authority.certificate, key: authority.key },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: usage === 'server', clientAuth: usage === 'client' },
      ...(altNames.length > 0 ? [{ name: 'subjectAltName' as const, altNames }] : []),
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** When two thirds of its life are over, in milliseconds since 1970: time enough to try again before it ends. */
export function renewalOf({ certificate }: Issued): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return from + ((to - from) * 2) / 3;
}
