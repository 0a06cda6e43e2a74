import { generate } from 'selfsigned';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A name that no DNS knows, for a server behind an egress proxy. */
export const serverName = 'mcp.example';

const day = 86_400_000;

export async function makeCa(name: string): Promise<Pair> {
  const pems = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: pems.cert, key: pems.private };
}

/** A certificate for 127.0.0.1 that serves and authenticates, ended already when `days` is negative. */
export async function makeLeaf(ca: Pair, name: string, days = 30): Promise<Pair> {
  const end = Date.now() + days * day;
  const pems = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    keyType: 'ec',
    ca,
    notBeforeDate: new Date(Math.min(Date.now(), end) - day),
    notAfterDate: new Date(end),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: serverName },
        ],
      },
    ],
  });
  return { cert: pems.cert, key: pems.private };
}
