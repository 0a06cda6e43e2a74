import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './processes.ts';

/** Certificates of a cluster: the common name is the user, the organisation its group. */
export interface Subject {
  readonly name: string;
  readonly group?: string;
  /** `DNS:a`, `IP:1.2.3.4`: what a server may be called. */
  readonly hosts?: readonly string[];
}

export interface Files {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Files {
  /** Signs a certificate for a client, or for a server when it has hosts, and writes both files. */
  readonly issue: (file: string, subject: Subject) => Promise<Files>;
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export async function createAuthority(folder: string): Promise<Authority> {
  const ca = await request(folder, 'ca', '/CN=test-ca', [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);
  return {
    ...ca,
    issue: (file, { name, group, hosts = [] }) =>
      request(folder, file, `${group === undefined ? '' : `/O=${group}`}/CN=${name}`, [
        '-CA',
        ca.certificate,
        '-CAkey',
        ca.key,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-addext',
        'extendedKeyUsage=clientAuth,serverAuth',
        ...(hosts.length > 0 ? ['-addext', `subjectAltName=${hosts.join(',')}`] : []),
      ]),
  };
}

async function request(
  folder: string,
  file: string,
  subject: string,
  more: readonly string[],
): Promise<Files> {
  const made = { certificate: path.join(folder, `${file}.crt`), key: path.join(folder, `${file}.key`) };
  const output = ['-keyout', made.key, '-out', made.certificate];
  await run('openssl', ['req', '-x509', ...elliptic, '-subj', subject, ...output, ...more]);
  return made;
}

/** A kubeconfig that holds its certificates. JSON is YAML. */
export async function writeKubeconfig(
  file: string,
  server: string,
  ca: string,
  client: Files,
): Promise<string> {
  const base64 = async (name: string) => (await readFile(name)).toString('base64');
  const name = 'test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': await base64(ca) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': await base64(client.certificate),
          'client-key-data': await base64(client.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}
