import { leafOf } from './chain.ts';
import type { Issued } from './issue.ts';
import type { Stored } from './ports.ts';

/** The certificate and key of a Secret of the form `kubernetes.io/tls`, whoever made it; `undefined` when they are no pair. */
export function pairIn(stored: Stored | undefined): Issued | undefined {
  const [certificate, key] = [stored?.values.get('tls.crt'), stored?.values.get('tls.key')];
  if (certificate === undefined || key === undefined) return undefined;
  return leafOf({ certificate, key }) && { certificate, key };
}
