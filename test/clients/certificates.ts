import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';

type Files = Readonly<Record<string, string>>;

export interface Certificates {
  /** What a server reads. */
  readonly folder: string;
  /** What a proxy is given that trusts this authority. */
  readonly authority: Files;
  /** What a proxy is given to show a certificate of this name. */
  readonly client: (commonName: string) => Promise<Files>;
}

/** A name no resolver knows, for a server behind a proxy on the way out. */
export const hiddenName = 'mcp.test';

/** A private authority, a server of it on 127.0.0.1, and client certificates. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await createAuthority('private authority of the tests');
  const server = await authority.issue({
    commonName: 'server',
    names: ['127.0.0.1', hiddenName],
    usage: 'server',
  });
  const client = async (commonName: string) => {
    const { certificate, key } = await authority.issue({ commonName, names: [], usage: 'client' });
    return { '+/tls.crt': certificate, '+/tls.key': key };
  };
  const folder = mkdtempSync(path.join(inject('folder'), 'certificates-'));
  writeFileSync(path.join(folder, 'ca.crt'), authority.certificate);
  writeFileSync(path.join(folder, 'tls.crt'), server.certificate);
  writeFileSync(path.join(folder, 'tls.key'), server.key, { mode: 0o600 });
  return {
    folder,
    authority: { '+/ca.crt': authority.certificate },
    client,
  };
}
