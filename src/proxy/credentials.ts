import type { ProxyServer } from '../core/contracts/proxy-contract.ts';
import { tlsFiles, type TlsFiles } from './tls-files.ts';
import { headerValues, type HeaderValues } from './values.ts';
import { readVolume, type FileProblem } from './volume.ts';

export interface Credentials {
  readonly values: HeaderValues;
  readonly tls: TlsFiles;
}

export type CredentialsRead =
  | { readonly kind: 'read'; readonly credentials: Credentials }
  | { readonly kind: 'failed'; readonly problems: readonly FileProblem[] };

/** Reads and checks all files of a server. Without side effects: the startup probe asks the same question. */
export function readCredentials(server: ProxyServer, root: string): CredentialsRead {
  const { content, problems } = readVolume(server, root);
  if (content === null) return { kind: 'failed', problems };
  const values = headerValues(server, content);
  const tls = tlsFiles(server, content);
  wipe([content.files, ...content.bundles]);
  if (!Array.isArray(values) && !Array.isArray(tls)) return { kind: 'read', credentials: { values, tls } };
  const found = [values, tls].flatMap((result) => (Array.isArray(result) ? result : []));
  return { kind: 'failed', problems: found };
}

/** Strings cannot be cleared, but there need not be a second copy. */
function wipe(read: readonly ReadonlyMap<string, Buffer>[]): void {
  for (const files of read) for (const bytes of files.values()) bytes.fill(0);
}
