import { X509Certificate } from 'node:crypto';
import { certificatesIn, fingerprint } from '../../src/certs/chain.ts';
import { Kubectl, type ClusterAddress } from '../cluster/kubectl.ts';
import { run, until } from '../cluster/processes.ts';
import { replicas } from '../cluster/sallyport.ts';

/** Two steps of a minute, and what starts in between. */
export const patience = 300;

/** Fingerprints of CAs. */
export type Cas = readonly string[];

export const printsOf = (pem: string): Cas => certificatesIn(pem).map(fingerprint);

/** Whom the API server was told to believe. */
export async function trusted(kubectl: Kubectl): Promise<Cas> {
  const text = await kubectl.run([
    'get',
    'mutatingwebhookconfigurations',
    'sallyport',
    '-o',
    'jsonpath={.webhooks[0].clientConfig.caBundle}',
  ]);
  return printsOf(Buffer.from(text, 'base64').toString());
}

/** Gives the CAs when they are as they should be. */
export const untilTrusted = (
  kubectl: Kubectl,
  what: string,
  look: (cas: Cas) => boolean | Promise<boolean>,
): Promise<Cas> =>
  until(what, patience, async () => {
    const cas = await trusted(kubectl);
    return (await look(cas)) ? cas : undefined;
  });

/** Serial numbers of what the replicas serve at this moment, as a TLS client sees them. */
export async function served(cluster: ClusterAddress): Promise<readonly string[]> {
  const pods = await replicas(new Kubectl(cluster));
  const [program, ...first] = [...cluster.inside, 'openssl'];
  const serials = pods.map(async ({ status }) => {
    const text = await run(program, [...first, 's_client', '-connect', `${status.podIP}:8443`]);
    return new X509Certificate(text.slice(text.indexOf('-----BEGIN'))).serialNumber;
  });
  return [...new Set(await Promise.all(serials))];
}

export const untilServed = (cluster: ClusterAddress, pem: () => Promise<string>): Promise<true> =>
  until('all replicas to serve that certificate', patience, async () =>
    (await served(cluster)).join() === new X509Certificate(await pem()).serialNumber ? true : undefined,
  );
