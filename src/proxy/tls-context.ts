import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { ProxyTls } from '../core/contracts/proxy-contract.ts';
import type { TlsFiles } from './tls-files.ts';

/** Throws when OpenSSL refuses what the checks before let through, a key below its security level for example. */
export function secureContext(tls: ProxyTls | null, files: TlsFiles): SecureContext {
  const pair = files.cert !== null && files.key !== null ? { cert: files.cert, key: files.key } : {};
  const options = { ...pair, minVersion: 'TLSv1.2' } as const;
  if (tls?.roots === 'replace') return createSecureContext({ ...options, ca: [...(files.ca ?? [])] });
  const context = createSecureContext(options);
  if (files.ca === null) return context;
  // `ca` replaces the system's roots. Naming all 144 of them beside ours takes up to half a second of a busy
  // core; adding ours to the context takes less than a millisecond. A test proves that others do not see it.
  const native: unknown = context.context;
  if (!canAddRoot(native)) return createSecureContext({ ...options, ca: [...rootCertificates, ...files.ca] });
  for (const root of files.ca) native.addCACert(root);
  return context;
}

const canAddRoot = (native: unknown): native is { addCACert: (pem: string) => void } =>
  typeof native === 'object' &&
  native !== null &&
  'addCACert' in native &&
  typeof native.addCACert === 'function';
