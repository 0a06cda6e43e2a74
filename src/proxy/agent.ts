import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { ProxyServer, ProxyTls } from '../core/proxy-contract.ts';
import { idleUpstreamMs, maxIdleUpstreams, maxUpstreamAgeMs, tcpKeepAliveMs } from './limits.ts';
import { guardedLookup, type Target } from './target.ts';
import type { TlsFiles } from './tls-files.ts';

/** The connections of one generation, or null when OpenSSL refuses its certificate. */
export function createAgent(server: ProxyServer, target: Target, files: TlsFiles): HttpAgent | null {
  const options: AgentOptions & { lookup: ReturnType<typeof guardedLookup> } = {
    keepAlive: true,
    keepAliveMsecs: tcpKeepAliveMs,
    maxFreeSockets: maxIdleUpstreams,
    // Closes idle sockets; one in use has no listener for this timeout, so a silent stream lives on.
    timeout: idleUpstreamMs,
    lookup: guardedLookup(),
  };
  if (!target.secure) return closeAged(new HttpAgent(options));
  try {
    // Never as `key` and `cert`: Node would write the key into the name of each socket pool.
    const agent = new HttpsAgent({
      ...options,
      secureContext: secureContext(server.tls, files),
      rejectUnauthorized: server.tls?.verify ?? true,
      servername: target.servername,
    });
    return closeAged(agent);
  } catch {
    return null;
  }
}

/** Closes what is idle and lets what is busy finish; nothing of it is used again. */
export function retireAgent(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

/** Only a new connection asks DNS again, so none is used for ever. */
function closeAged(agent: HttpAgent): HttpAgent {
  const since = new WeakMap<Socket, number>();
  agent.on('free', (socket: Socket) => {
    const now = Date.now();
    const first = since.get(socket);
    if (first === undefined) since.set(socket, now);
    else if (now - first > maxUpstreamAgeMs) socket.destroy();
  });
  return agent;
}

/** Throws when OpenSSL refuses what the checks above let through, a key below its security level for example. */
function secureContext(tls: ProxyTls | null, files: TlsFiles): SecureContext {
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
