import type { ProxyServer } from '../core/contracts/proxy-contract.ts';
import { readCredentials } from './credentials.ts';
import { egressFor, noEgress, type Egress } from '../core/egress-proxy.ts';
import { headerPlan, type HeaderPlan } from './headers.ts';
import { connectTimeoutMs, tlsTimeoutMs } from './limits.ts';
import type { Target } from './target.ts';
import { secureContext } from './tls-context.ts';
import type { TlsFiles } from './tls-files.ts';
import { UpstreamPool } from './upstream-pool.ts';
import type { FileProblem } from './volume.ts';

/**
 * Everything a request needs of the credentials, from one state of the files. It never changes; a request takes
 * one at its start and keeps it, so a header and a certificate of one Secret switch together.
 */
export interface CredentialSnapshot {
  readonly id: number;
  readonly loadedAt: number;
  readonly plan: HeaderPlan;
  readonly upstreams: UpstreamPool;
  readonly notAfter: number | null;
}

/** For tests; the defaults are in `limits.ts`. */
export interface Timeouts {
  readonly connectTimeoutMs?: number | undefined;
  readonly tlsTimeoutMs?: number | undefined;
}

export interface LoadOptions extends Timeouts {
  readonly egress?: Egress | undefined;
  readonly server: ProxyServer;
  readonly target: Target;
  readonly root: string;
}

export type SnapshotResult =
  | { readonly kind: 'loaded'; readonly snapshot: CredentialSnapshot }
  | { readonly kind: 'failed'; readonly problems: readonly FileProblem[] };

/** Reads the files of a server into a snapshot. */
export function loadSnapshot(options: LoadOptions, id: number): SnapshotResult {
  const { server } = options;
  const read = readCredentials(server, options.root);
  if (read.kind === 'failed') return read;
  const { values, tls } = read.credentials;
  const upstreams = createPool(options, tls);
  if (upstreams === null) {
    const file = server.tls?.cert ?? server.tls?.ca ?? '.';
    const source = server.sources?.[file];
    return {
      kind: 'failed',
      problems: [{ kind: 'bad', file, source, reason: 'is not accepted by OpenSSL' }],
    };
  }
  const plan = headerPlan(values);
  return {
    kind: 'loaded',
    snapshot: { id, loadedAt: Date.now(), plan, upstreams, notAfter: tls.notAfter },
  };
}

/** Null when OpenSSL refuses the certificate. */
function createPool(
  { server, target, egress, ...timeouts }: LoadOptions,
  files: TlsFiles,
): UpstreamPool | null {
  const dial = {
    target,
    egress: egressFor(target, egress ?? noEgress),
    connectTimeoutMs: timeouts.connectTimeoutMs ?? connectTimeoutMs,
    tlsTimeoutMs: timeouts.tlsTimeoutMs ?? tlsTimeoutMs,
  };
  if (!target.secure) return new UpstreamPool({ ...dial, tls: null });
  try {
    const tls = { context: secureContext(server.tls, files), verify: server.tls?.verify ?? true };
    return new UpstreamPool({ ...dial, tls });
  } catch {
    return null;
  }
}
