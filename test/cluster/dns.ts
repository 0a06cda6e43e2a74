import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeKubeconfig, type Authority } from './certificates.ts';
import { apiServer, type Program } from './control-plane.ts';
import { clusterDomain } from './network.ts';

interface Parts {
  readonly binary: string;
  readonly folder: string;
  readonly authority: Authority;
}

/** CoreDNS, on the node instead of in a pod: it knows the cluster's Services, and nobody else. */
export async function coreDns({ binary, folder, authority }: Parts): Promise<Program> {
  const pki = path.dirname(authority.certificate);
  const kubeconfig = path.join(pki, 'coredns.kubeconfig');
  const files = await authority.issue('coredns', { name: 'coredns', group: 'system:masters' });
  await writeKubeconfig(kubeconfig, apiServer, authority.certificate, files);
  const file = path.join(folder, 'Corefile');
  await writeFile(
    file,
    `.:53 {
  errors
  kubernetes ${clusterDomain} {
    kubeconfig ${kubeconfig}
  }
}
`,
  );
  return { name: 'coredns', command: [binary, '-conf', file] };
}
