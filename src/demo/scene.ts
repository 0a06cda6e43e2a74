import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Authority, Issued } from '../certs/issue.ts';

/** What the demo's folder holds: a cluster, its configuration, and three resources somebody is about to apply. */

export const namespace = 'team-a';
const tokenSecret = 'orders-token';
const clientSecret = 'orders-client';
const serverApi = 'toolhive.stacklok.dev/v1beta1';

/** A generation of the credential: a random token, and a client certificate with a name of its own. */
export interface Credential {
  readonly token: string;
  readonly certificate: Issued;
  readonly commonName: string;
}

export async function makeCredential(authority: Authority, commonName: string): Promise<Credential> {
  const certificate = await authority.issue({ commonName, names: [], usage: 'client' });
  return { token: randomBytes(24).toString('base64url'), certificate, commonName };
}

const metadata = (name: string) => ({ name, namespace });

function serverEntry(
  name: string,
  remoteUrl: string,
  headerForward: object,
  annotations?: Record<string, string>,
) {
  return {
    apiVersion: serverApi,
    kind: 'MCPServerEntry',
    metadata: { ...metadata(name), ...(annotations ? { annotations } : {}) },
    spec: {
      remoteUrl,
      transport: 'streamable-http',
      groupRef: { name: 'tools' },
      headerForward,
      ...(annotations ? { caBundleRef: { configMapRef: { name: 'orders-ca', key: 'ca.crt' } } } : {}),
    },
  };
}

const fromSecret = (name: string) => ({
  addHeadersFromSecret: [{ headerName: 'Authorization', valueSecretRef: { name, key: 'authorization' } }],
});

/** The resources of step 2, by the file a person would call them. */
export function resources(serverUrl: string) {
  return {
    'missing-secret.yaml': serverEntry(
      'weather',
      'https://weather.example.com/mcp',
      fromSecret('weather-token'),
    ),
    'inline-credential.yaml': serverEntry('tickets', 'https://tickets.example.com/mcp', {
      addPlaintextHeaders: {
        Authorization: `Bearer ${randomBytes(18).toString('base64url')}`,
        'X-Tenant': 'acme',
      },
    }),
    'orders.yaml': serverEntry('orders', serverUrl, fromSecret(tokenSecret), {
      'sallyport.dev/client-tls-secret': clientSecret,
    }),
  };
}

export const agentPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...metadata('agent'),
    labels: { 'sallyport.dev/inject': 'true' },
    annotations: { 'sallyport.dev/servers': 'mcpserverentry/orders' },
  },
  spec: { containers: [{ name: 'agent', image: 'example.com/agent:1' }] },
};

export function configuration(ports: readonly [number, number]) {
  return {
    apiVersion: 'sallyport.dev/v1',
    kind: 'Configuration',
    inject: { ports },
    exemptions: [
      {
        codes: ['MCP405'],
        kind: 'mcpserverentries.toolhive.stacklok.dev',
        namespace,
        name: 'orders',
        reason: 'the demo runs its MCP server on this machine',
      },
    ],
  };
}

/** The Secrets as an operator or a person would keep them, and the CA the server's certificate came from. */
function credentialObjects(credential: Credential, ca: string) {
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(tokenSecret),
      stringData: { authorization: `Bearer ${credential.token}\n` },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: metadata(clientSecret),
      stringData: { 'tls.crt': credential.certificate.certificate, 'tls.key': credential.certificate.key },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('orders-ca'), data: { 'ca.crt': ca } },
  ];
}

/** Writes objects as one YAML file, readable by its owner alone: some of them are Secrets. */
export function writeObjects(folder: string, file: string, objects: readonly object[]): string {
  mkdirSync(folder, { recursive: true });
  const full = path.join(folder, file);
  writeFileSync(
    full,
    objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'),
    { mode: 0o600 },
  );
  return full;
}

export const writeSecrets = (clusterFolder: string, credential: Credential, ca: string): string =>
  writeObjects(clusterFolder, 'secrets.yaml', credentialObjects(credential, ca));
