import type { X509Certificate } from 'node:crypto';
import { certificatesIn, fingerprint, isValid, leafOf } from './chain.ts';
import { renewalOf, type Issued } from './issue.ts';
import type { ReplicaReport } from './own-objects.ts';

/**
 * Which CAs are trusted, and how one takes the place of another without a call that fails: the next is published beside
 * the current one, signs when every replica has read it back, and the one before goes when no replica serves under it.
 */
export interface Trust {
  /** PEM: the CA that signs now. Several where the CA is external. */
  readonly current: string | undefined;
  /** Of the current one, where it is ours. */
  readonly key: string | undefined;
  readonly next: Issued | undefined;
  readonly previous: readonly string[];
}

export const noTrust: Trust = { current: undefined, key: undefined, next: undefined, previous: [] };

const pemOf = (certificate: X509Certificate): string => certificate.toString().trim();

/** Every CA that is published, once, in one PEM text. */
export function bundleOf({ current, next, previous }: Trust): string {
  const all = [current ?? '', next?.certificate ?? '', ...previous].flatMap(certificatesIn);
  return `${[...new Set(all.map(pemOf))].join('\n')}\n`;
}

/** What a live replica says of itself, and for how long. */
export type LiveReport = ReplicaReport & { readonly steadyMs: number };

export interface ObservedTrust {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly reports: readonly LiveReport[];
  /** Whether there is a certificate that is good as long as nothing changes. */
  readonly leafHolds: boolean;
}

/** An API server learns of a changed bundle within a moment; after this long every one of them has. */
export const settleMs = 60_000;

/** A CA that signs from now on is needed: there is none, its time is near, or it is not the one that was published. */
export function needsNext({ current, key, next }: Trust, now: number): boolean {
  if (next && usable(next, now)) return false;
  const ours = current !== undefined && key !== undefined && { certificate: current, key };
  if (!ours || !usable(ours, now)) return true;
  return certificatesIn(current).some((ca) => now >= renewalOf(ca));
}

/** The next CA signs now; the one before stays trusted. */
export function promoted(trust: Trust, { reports, leafHolds }: ObservedTrust): Trust {
  const { current, next, previous } = trust;
  if (!next) return trust;
  const [print = ''] = certificatesIn(next.certificate).map(fingerprint);
  // Without a certificate that holds there is nothing to protect, and waiting would only lengthen the outage.
  if (leafHolds && !everybody(reports, ({ bundle }) => bundle.includes(print))) return trust;
  return {
    current: next.certificate,
    key: next.key,
    next: undefined,
    previous: current === undefined ? previous : [current, ...previous],
  };
}

/** Those before go when every replica serves under the current one. */
export function settled(trust: Trust, { reports, now }: ObservedTrust): Trust {
  const { current, previous } = trust;
  const prints = certificatesIn(current ?? '').map(fingerprint);
  const done = everybody(reports, ({ servesUnder }) => prints.some((print) => servesUnder.includes(print)));
  const kept = done ? [] : previous.filter((pem) => certificatesIn(pem).some((ca) => isValid(ca, now)));
  return kept.length === previous.length ? trust : { ...trust, previous: kept };
}

/** No live replica is not every replica: they may only be unable to report. */
const everybody = (reports: readonly LiveReport[], says: (report: LiveReport) => boolean): boolean =>
  reports.length > 0 && reports.every((report) => says(report) && report.steadyMs >= settleMs);

function usable(pair: Issued, now: number): boolean {
  const ca = leafOf(pair);
  return ca !== undefined && ca.ca && isValid(ca, now);
}

const keys = {
  current: 'ca.crt',
  key: 'ca.key',
  nextCertificate: 'next.crt',
  nextKey: 'next.key',
  previous: 'previous.crt',
} as const;

export function encodeTrust({ current, key, next, previous }: Trust): ReadonlyMap<string, string> {
  const all: readonly (readonly [string, string | undefined])[] = [
    [keys.current, current],
    [keys.key, key],
    [keys.nextCertificate, next?.certificate],
    [keys.nextKey, next?.key],
    [keys.previous, previous.length === 0 ? undefined : previous.join('\n')],
  ];
  return new Map(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** What cannot be used is not read: an edited Secret costs a rotation, never a crash. */
export function decodeTrust(values: ReadonlyMap<string, string>): Trust {
  const authorities = (name: string) => {
    const found = certificatesIn(values.get(name) ?? '');
    return found.length === 0 ? undefined : found.map(pemOf).join('\n');
  };
  const [next, nextKey] = [authorities(keys.nextCertificate), values.get(keys.nextKey)];
  return {
    current: authorities(keys.current),
    key: values.get(keys.key),
    next: next === undefined || nextKey === undefined ? undefined : { certificate: next, key: nextKey },
    previous: certificatesIn(values.get(keys.previous) ?? '').map(pemOf),
  };
}
