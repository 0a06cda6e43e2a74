import { generate } from 'selfsigned';

/** PEM, all three. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Issued {
  readonly issue: (subject: LeafSubject) => Promise<Issued>;
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
  issue: (subject) => issueLeaf(pair.certificate, pair.key, subject),
});

async function issueLeaf(
  caCertificate: string,
  caKey: string,
  { commonName, names, usage }: LeafSubject,
): Promise<Issued> {
  const altNames = names.map((name) =>
    /^[\d.]+$|:/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...strong,
    ...validity(leafDays),
    ca: { cert: caCertificate, key: caKey },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: usage === 'server', clientAuth: usage === 'client' },
      ...(altNames.length > 0 ? [{ name: 'subjectAltName' as const, altNames }] : []),
    ],
  });
  return { certificate: made.cert, key: made.private };
}
