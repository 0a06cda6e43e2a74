import { createAuthority, type Authority, type Issued } from '../../src/certs/issue.ts';
import { crAnnotations } from '../../src/core/annotations.ts';
import { clusterIp } from './app.ts';
import type { Kubectl, Manifest } from './kubectl.ts';
import { configMap, fromSecret, secret, serverEntry, upstreamPod, upstreamService } from './objects.ts';

/** A server that demands a header and a client certificate, and an entry that says so. */
export interface SecureUpstream {
  readonly address: string;
  /** Who signed its certificate. */
  readonly authority: string;
  /** What a resource that is about it says of certificates: ours in Secret `client`, and its authority. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Makes a certificate that the server accepts. */
  readonly client: (commonName: string) => Promise<Issued>;
  /** `mcpserverentry/secure`, with its header in Secret `token` and its certificate in Secret `client`. */
  readonly entry: Manifest;
}

/** `names`: what else it may be called by. The image is `upstream:test` unless it is to be another. */
export async function secureUpstream(
  kubectl: Kubectl,
  namespace: string,
  names: readonly string[] = [],
  image?: string,
): Promise<SecureUpstream> {
  // Its address stands in its certificate, so there is a Service before there is a pod.
  await kubectl.apply(upstreamService(namespace));
  const address = await clusterIp(kubectl, namespace);
  const authority: Authority = await createAuthority('upstream-ca');
  const server = await authority.issue({
    commonName: 'upstream',
    names: [address, ...names],
    usage: 'server',
  });
  await kubectl.apply(
    secret(namespace, 'upstream', { ...tlsKeys(server), 'ca.crt': authority.certificate }),
    configMap(namespace, 'upstream-ca', { 'authority.pem': authority.certificate }),
    upstreamPod(namespace, 'upstream', image),
  );
  const annotations = {
    [crAnnotations.clientTlsSecret]: 'client',
    [crAnnotations.caConfigMap]: 'upstream-ca/authority.pem',
  };
  return {
    address,
    authority: authority.certificate,
    annotations,
    client: (commonName) => authority.issue({ commonName, names: [], usage: 'client' }),
    entry: serverEntry(
      namespace,
      'secure',
      fromSecret('token', 'authorization'),
      `https://${address}/mcp`,
      annotations,
    ),
  };
}

/** As a Secret of type kubernetes.io/tls has them. */
export const tlsKeys = ({ certificate, key }: Issued) => ({ 'tls.crt': certificate, 'tls.key': key });

/** The lines of a private key that only this key has: wherever one of them is, the key is. */
export const privateLines = ({ key }: Issued): readonly string[] =>
  key.split('\n').filter((line) => line.length > 20 && !line.startsWith('---'));
