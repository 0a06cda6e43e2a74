import { leafOf } from './chain.ts';
import type { Issued } from './issue.ts';
import type { StoredSecret } from './own-objects.ts';

/** The certificate and key of a Secret of type `kubernetes.io/tls`; `undefined` when they are no pair. */
export function pairIn(stored: StoredSecret | undefined): Issued | undefined {
  const [certificate, key] = [stored?.values.get('tls.crt'), stored?.values.get('tls.key')];
  if (certificate === undefined || key === undefined) return undefined;
  return leafOf({ certificate, key }) && { certificate, key };
}
