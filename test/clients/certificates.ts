import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';

export interface Certificates {
  /** What a server reads. */
  readonly folder: string;
  /** What the Secret of the proxy holds. */
  readonly files: Readonly<Record<string, string>>;
}

/** A private authority, a server of it on 127.0.0.1, and a client certificate. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await createAuthority('private authority of the tests');
  const server = await authority.issue({ commonName: 'server', names: ['127.0.0.1'], usage: 'server' });
  const client = await authority.issue({ commonName: 'agent', names: [], usage: 'client' });
  const folder = mkdtempSync(path.join(inject('folder'), 'certificates-'));
  writeFileSync(path.join(folder, 'ca.crt'), authority.certificate);
  writeFileSync(path.join(folder, 'tls.crt'), server.certificate);
  writeFileSync(path.join(folder, 'tls.key'), server.key, { mode: 0o600 });
  return {
    folder,
    files: { '+/ca.crt': authority.certificate, '+/tls.crt': client.certificate, '+/tls.key': client.key },
  };
}
