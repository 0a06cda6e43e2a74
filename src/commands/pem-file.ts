import { readFile } from 'node:fs/promises';
import { leafOf } from '../certs/chain.ts';
import type { Issued } from '../certs/issue.ts';
import { InputError } from '../files/documents.ts';

export async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file}: cannot be read (${error.code ?? 'unknown error'})`);
  });
}

/** A certificate with the key that is its own. Throws `InputError`. */
export async function readPair(certificateFile: string, keyFile: string): Promise<Issued> {
  const [certificate, key] = await Promise.all([readPem(certificateFile), readPem(keyFile)]);
  if (leafOf({ certificate, key })) return { certificate, key };
  throw new InputError(
    `${certificateFile} and ${keyFile} are not a certificate and its private key in PEM without a passphrase`,
  );
}
