import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

/** PEM, all three. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Issued {
  readonly issue: (subject: LeafSubject, life?: Life) => Promise<Issued>;
}

/** From when, and how long, in milliseconds; a year from now when left out. */
export interface Life {
  readonly now?: number;
  readonly lifeMs?: number;
}

export interface LeafSubject {
  readonly commonName: string;
  /** DNS names and IP addresses; empty for a client. */
  readonly names: readonly string[];
  readonly usage: 'server' | 'client';
}

// The library's defaults are RSA and SHA-1; every certificate of ours is EC P-256 with SHA-256.
const strong = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
const yearMs = 365 * 24 * 60 * 60 * 1000;
/** Clocks differ between machines; a certificate that is valid "from now" is not valid everywhere. */
const skewMs = 5 * 60 * 1000;

const validity = ({ now = Date.now(), lifeMs = yearMs }: Life, latest = Infinity) => ({
  notBeforeDate: new Date(now - skewMs),
  notAfterDate: new Date(Math.min(now + lifeMs, latest)),
});

/** A certificate authority of its own. The only importer of `selfsigned`. */
export async function createAuthority(commonName: string, life: Life = {}): Promise<Authority> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...strong,
    ...validity(life),
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
  issue: (subject, life = {}) => issueLeaf(pair, subject, life),
});

async function issueLeaf(
  authority: Issued,
  { commonName, names, usage }: LeafSubject,
  life: Life,
): Promise<Issued> {
  const altNames = names.map((name) =>
    /^[\d.]+$|:/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...strong,
    // What outlives its authority is not valid then anyway, and would be renewed too late.
    ...validity(life, validityOf(new X509Certificate(authority.certificate)).to),
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

/** In milliseconds since 1970. */
export const validityOf = ({ validFrom, validTo }: X509Certificate) => ({
  from: Date.parse(validFrom),
  to: Date.parse(validTo),
});

/** When two thirds of its life are over, in milliseconds since 1970: time enough to try again before it ends. */
export function renewalOf(certificate: X509Certificate): number {
  const { from, to } = validityOf(certificate);
  return from + ((to - from) * 2) / 3;
}
